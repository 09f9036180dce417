import { join } from 'node:path';
import { Refusal } from '../telemetry/refusal.ts';
import type { Secret } from '../telemetry/secret.ts';
import { AesSecretBox } from './aes-secret-box.ts';
import { keyFileName, readKeyFile, writeKeyFile } from './key-file.ts';
import { type KeyRing, newMasterKey, parseKeyRing } from './key-ring.ts';
import type { SealedValueStore } from './sealed-values.ts';
import type { SecretBox } from './secret-box.ts';

/** The fact that proves the master key: a known text, sealed when the store was first opened. */
export const canaryFact = 'master-key-canary';
export const canaryText = 'sluice';
export const canaryContext = 'canary';

/** Where the master key comes from; the first of `masterKey`, `masterKeyFile` and the data folder's own file. */
export interface KeySettings {
  readonly dataFolder: string;
  /** Keys in base64, the active one first. */
  readonly masterKey: Secret | null;
  /** A file of such keys, which is never made here. */
  readonly masterKeyFile: string | null;
}

export type KeyPlace =
  | { readonly kind: 'given'; readonly text: Secret }
  | { readonly kind: 'file'; readonly path: string; readonly isOwn: boolean };

export function keyPlaceOf(settings: KeySettings): KeyPlace {
  if (settings.masterKey !== null) return { kind: 'given', text: settings.masterKey };
  if (settings.masterKeyFile !== null) return { kind: 'file', path: settings.masterKeyFile, isOwn: false };
  return { kind: 'file', path: join(settings.dataFolder, keyFileName), isOwn: true };
}

/**
 * Finds the master key, or makes it when the store has never had one, and proves that it fits the store.
 * @throws Refusal when the key is missing, cannot be read, or is not the one that sealed this store's secrets.
 */
export async function openSecretBox(settings: KeySettings, store: SealedValueStore): Promise<SecretBox> {
  return new AesSecretBox(await openKeyRing(keyPlaceOf(settings), store));
}

/** As `openSecretBox`, but gives the keys themselves: for their rotation. */
export async function openKeyRing(place: KeyPlace, store: SealedValueStore): Promise<KeyRing> {
  const canary = await store.readFact(canaryFact);
  const keys = findKeys(place) ?? makeKeys(place, canary !== null);
  const box = new AesSecretBox(keys);
  const sealed = canary ?? (await store.writeFactOnce(canaryFact, box.seal(canaryText, canaryContext)));
  try {
    if (box.open(sealed, canaryContext) === canaryText) return keys;
  } catch (error) {
    throw wrongKey(place, error);
  }
  throw wrongKey(place, null);
}

/** @returns the keys of a place; null when its file does not exist. @throws Refusal when they cannot be read. */
export function findKeys(place: KeyPlace): KeyRing | null {
  return place.kind === 'given'
    ? parseKeyRing(place.text.reveal(), 'SLUICE_MASTER_KEY')
    : readKeyFile(place.path, place.isOwn);
}

function makeKeys(place: KeyPlace, storeHasSecrets: boolean): KeyRing {
  if (place.kind !== 'file') throw new Error('Keys that were given cannot be missing');
  if (storeHasSecrets || !place.isOwn) {
    throw new Refusal({
      en: `The master key file ${place.path} is missing: ${storeHasSecrets ? 'restore it from its copy, for the secrets in the store cannot be opened without it' : 'make it with `openssl rand -base64 32`, or leave the setting out'}.`,
      zh: `主密钥文件 ${place.path} 不存在：${storeHasSecrets ? '请从副本恢复，否则无法解开存储中的机密' : '请用 `openssl rand -base64 32` 生成，或去掉该设置'}。`,
    });
  }
  const keys: KeyRing = [newMasterKey()];
  // Before anything is sealed with it: a crash behind this line leaves a key that nothing uses yet.
  writeKeyFile(place.path, keys);
  return keys;
}

function wrongKey(place: KeyPlace, cause: unknown): Refusal {
  const source = place.kind === 'given' ? 'SLUICE_MASTER_KEY' : place.path;
  return new Refusal(
    {
      en: `The master key in ${source} is not the one that sealed the secrets of this store: give the right key, or the store that belongs to this one.`,
      zh: `${source} 中的主密钥与该存储加密所用的密钥不一致：请提供正确的密钥，或使用与之对应的存储。`,
    },
    { cause },
  );
}
