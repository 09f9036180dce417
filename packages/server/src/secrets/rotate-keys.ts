import { messageOf, Refusal } from '../telemetry/refusal.ts';
import { AesSecretBox, sealPrefix } from './aes-secret-box.ts';
import { writeKeyFile } from './key-file.ts';
import { type KeyRing, type MasterKey, newMasterKey } from './key-ring.ts';
import { canaryContext, canaryFact, canaryText, type KeyPlace, openKeyRing } from './open-secret-box.ts';
import { contextOf, type SealedValue, type SealedValueStore } from './sealed-values.ts';

/** Secrets sealed anew in one transaction. */
export const resealBatchMax = 200;

export interface Rotation {
  readonly activeKeyId: string;
  /** Keys that opened secrets before and are no longer needed. */
  readonly retiredKeyIds: readonly string[];
  readonly resealed: number;
  /** An earlier rotation had not come to its end; this one finished it and made no further key. */
  readonly wasUnfinished: boolean;
}

/**
 * Seals every secret of the store under a new key and forgets the old one. The caller must be alone on the store:
 * a running server would not know the new key.
 *
 * It may be killed anywhere and run again:
 *
 *     new key first in the file, old ones behind it     everything opens; from here on new secrets use the new key
 *     ─▶ batch by batch sealed under the new key        each batch all or nothing; what is done is not found again
 *     ─▶ the canary too, when nothing else is left      it proves the new key from now on
 *     ─▶ old keys leave the file                        nothing in the store names them
 *
 * A ring with more than one key is a rotation that was not finished: it is finished, and no third key is made.
 * Keys that come from a setting cannot be changed here; put the new one in front of the old one, then run this.
 */
export async function rotateKeys(place: KeyPlace, store: SealedValueStore): Promise<Rotation> {
  const found = await openKeyRing(place, store);
  const wasUnfinished = found.length > 1;
  const keys = wasUnfinished ? found : addKey(place, found);
  const [active, ...retired] = keys;
  const box = new AesSecretBox(keys);
  let resealed = 0;
  for (;;) {
    const values = await store.sealedWithout(sealPrefix(active), resealBatchMax);
    if (values.length === 0) break;
    const changes = values.map((value) => {
      return { value, sealed: reseal(box, value) };
    });
    const replaced = await store.replaceSealed(changes);
    // Nobody else may change secrets now; without this, one that could not be replaced would keep us here for ever.
    if (replaced !== changes.length) throw changedMeanwhile();
    resealed += replaced;
  }
  await store.writeFact(canaryFact, box.seal(canaryText, canaryContext));
  if (place.kind === 'file') writeKeyFile(place.path, [active]);
  return {
    activeKeyId: active.id,
    retiredKeyIds: retired.map((key: MasterKey) => key.id),
    resealed,
    wasUnfinished,
  };
}

function reseal(box: AesSecretBox, value: SealedValue): string {
  const context = contextOf(value.owner);
  try {
    return box.seal(box.open(value.sealed, context), context);
  } catch (error) {
    const owner = nameOf(value.owner);
    throw new Refusal(
      {
        en: `The secrets of ${owner} cannot be opened (${messageOf(error)}): enter them anew or delete it, then run this again.`,
        zh: `无法解开 ${owner} 的机密（${messageOf(error)}）：请重新填写或删除后再次运行。`,
      },
      { cause: error },
    );
  }
}

function nameOf(owner: SealedValue['owner']): string {
  switch (owner.kind) {
    case 'link':
      return `link ${owner.id}`;
    case 'access-key':
      return `access key ${owner.ak}`;
    case 'variable':
      return `variable ${owner.name} of ${owner.scopeId}`;
    case 'reject':
      return `the row ${owner.id} that run ${owner.runId} set aside`;
  }
}

function addKey(place: KeyPlace, keys: KeyRing): KeyRing {
  if (place.kind === 'given') {
    throw new Refusal({
      en: 'The master key comes from SLUICE_MASTER_KEY, which this program cannot change: put a new key in front of it, with a comma between, and run this again.',
      zh: '主密钥来自 SLUICE_MASTER_KEY，本程序无法修改：请将新密钥放在旧密钥之前并以逗号分隔，然后重新运行。',
    });
  }
  const fresh: KeyRing = [newMasterKey(), ...keys];
  writeKeyFile(place.path, fresh);
  return fresh;
}

function changedMeanwhile(): Refusal {
  return new Refusal({
    en: 'Secrets changed while the keys were being rotated: stop every server that uses this store and run this again.',
    zh: '轮换密钥期间机密被修改：请停止所有使用该存储的服务后重新运行。',
  });
}
