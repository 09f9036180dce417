import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newMasterKey } from '../secrets/key-ring.ts';
import { findKeys, type KeyPlace, keyPlaceOf, openSecretBox } from '../secrets/open-secret-box.ts';
import { resealBatchMax, rotateKeys } from '../secrets/rotate-keys.ts';
import {
  accessKeyContext,
  linkSecretContext,
  type SealedValueStore,
  variableContext,
} from '../secrets/sealed-values.ts';
import { Secret } from '../telemetry/secret.ts';
import type { ClusterRecord } from './model.ts';
import { type OpenedStore, openStore } from './open-store.ts';
import { createSampleCluster, sampleLink, sampleTime } from './sample-records.ts';

const linkCount = resealBatchMax + 3;

describe('master keys and the store', () => {
  let dataFolder: string;
  let store: OpenedStore;
  let cluster: ClusterRecord;
  let place: KeyPlace;

  const settings = () => ({ dataFolder, masterKey: null, masterKeyFile: null });

  beforeEach(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
    store = await openStore({ dataFolder });
    place = keyPlaceOf(settings());
    cluster = await createSampleCluster(store);
  });

  afterEach(async () => {
    await store.close();
    rmSync(dataFolder, { recursive: true });
  });

  async function storeSecrets(): Promise<void> {
    const box = await openSecretBox(settings(), store.maintenance);
    await store.transaction(async (inner) => {
      for (let i = 0; i < linkCount; i += 1) {
        const sealedSecrets = box.seal(`password ${i}`, linkSecretContext(cluster.id));
        await inner.links.create({
          ...sampleLink(cluster.id, `l${String(i).padStart(4, '0')}`),
          sealedSecrets,
        });
      }
      await inner.links.create({ ...sampleLink(cluster.id, 'none'), sealedSecrets: null });
      const user = { id: 'u', name: 'u', domainId: 'd', passwordHash: '', isEnabled: true };
      await inner.identity.createDomain({ id: 'd', name: 'd' });
      await inner.identity.createUser(user);
      await inner.identity.createAccessKey({
        ak: 'AK',
        userId: 'u',
        sealedSecret: box.seal('SK', accessKeyContext('AK')),
        isEnabled: true,
        expiresAt: null,
        securityTokenHash: null,
        createdAt: sampleTime,
      });
      await inner.variables.put({
        scope: { kind: 'cluster', id: cluster.id },
        name: 'v',
        value: null,
        sealedValue: box.seal('of the variable', variableContext(cluster.id, 'v')),
        updatedBy: 'u',
        updatedAt: sampleTime,
      });
    });
  }

  /** Opens every secret with the keys that the file holds now. */
  async function expectSecretsOpen(): Promise<void> {
    const box = await openSecretBox(settings(), store.maintenance);
    const links = (await store.links.list(cluster.id)).filter((link) => link.sealedSecrets !== null);
    expect(links).toHaveLength(linkCount);
    for (const [i, link] of links.entries()) {
      expect(box.open(link.sealedSecrets ?? '', linkSecretContext(cluster.id))).toBe(`password ${i}`);
    }
    const key = await store.identity.findAccessKey('AK');
    expect(box.open(key?.sealedSecret ?? '', accessKeyContext('AK'))).toBe('SK');
    const variable = await store.variables.find({ kind: 'cluster', id: cluster.id }, 'v');
    expect(box.open(variable?.sealedValue ?? '', variableContext(cluster.id, 'v'))).toBe('of the variable');
  }

  it('makes a key that only the owner can read, once', async () => {
    await openSecretBox(settings(), store.maintenance);
    const path = join(dataFolder, 'master.key');
    const before = readFileSync(path, 'utf8');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await openSecretBox(settings(), store.maintenance);
    expect(readFileSync(path, 'utf8')).toBe(before);
    chmodSync(path, 0o640);
    await expect(openSecretBox(settings(), store.maintenance)).rejects.toThrow('may be read by others');
  });

  it('refuses a wrong key and a missing one, each with a sentence', async () => {
    await openSecretBox(settings(), store.maintenance);
    const wrong = { ...settings(), masterKey: new Secret(newMasterKey().bytes.toString('base64')) };
    await expect(openSecretBox(wrong, store.maintenance)).rejects.toThrow(
      'is not the one that sealed the secrets',
    );
    const absent = { ...settings(), masterKeyFile: join(dataFolder, 'absent') };
    await expect(openSecretBox(absent, store.maintenance)).rejects.toThrow('is missing: restore it');
    rmSync(join(dataFolder, 'master.key'));
    await expect(openSecretBox(settings(), store.maintenance)).rejects.toThrow('is missing: restore it');
  });

  it('seals everything under a new key, and the old key then opens nothing', async () => {
    await storeSecrets();
    const oldText = readFileSync(join(dataFolder, 'master.key'), 'utf8');
    const [old] = findKeys(place) ?? [];
    const rotation = await rotateKeys(place, store.maintenance);
    expect(rotation).toMatchObject({
      retiredKeyIds: [old?.id],
      resealed: linkCount + 2,
      wasUnfinished: false,
    });
    expect(findKeys(place)?.map((key) => key.id)).toEqual([rotation.activeKeyId]);
    expect(await store.maintenance.sealedWithout(`v1:${rotation.activeKeyId}:`, 10)).toEqual([]);
    await expectSecretsOpen();
    const withOld = { ...settings(), masterKey: new Secret(oldText.split('\n').at(-2) ?? '') };
    await expect(openSecretBox(withOld, store.maintenance)).rejects.toThrow('is not the one');
  });

  it('may be cut off before or after each step, and is finished by the next run', async () => {
    await storeSecrets();
    let cuts = 0;
    for (let step = 0; ; step += 1) {
      const [before] = findKeys(place) ?? [];
      const cut = await rotateKeys(place, cutOffAfter(store.maintenance, step)).then(
        () => false,
        (error: Error) => error.message === 'cut off',
      );
      // Whatever was reached: a server would start with what is on disk.
      await expectSecretsOpen();
      if (!cut) break;
      cuts += 1;
      const finished = await rotateKeys(place, store.maintenance);
      await expectSecretsOpen();
      const keys = findKeys(place) ?? [];
      expect(keys).toHaveLength(1);
      // The rotation that was cut off made its key already, once it came that far; no third one is made.
      expect(finished.activeKeyId).not.toBe(before?.id);
      expect(await store.maintenance.sealedWithout(`v1:${finished.activeKeyId}:`, 1)).toEqual([]);
    }
    // Two calls around the canary, and finding and replacing for each of two batches, before and after.
    expect(cuts).toBeGreaterThanOrEqual(10);
  });

  it('takes given keys as they stand: the first seals, and without a second there is nothing to do', async () => {
    const [old, fresh] = [newMasterKey(), newMasterKey()];
    const given = (...keys: (typeof old)[]): KeyPlace => ({
      kind: 'given',
      text: new Secret(keys.map((key) => key.bytes.toString('base64')).join(',')),
    });
    await expect(rotateKeys(given(old), store.maintenance)).rejects.toThrow('put a new key in front of it');
    const rotation = await rotateKeys(given(fresh, old), store.maintenance);
    expect(rotation).toMatchObject({ activeKeyId: fresh.id, retiredKeyIds: [old.id] });
    const onlyFresh = { ...settings(), masterKey: new Secret(fresh.bytes.toString('base64')) };
    await openSecretBox(onlyFresh, store.maintenance);
  });
});

/** The store, dying before (even steps) or after (odd steps) one of its calls. */
function cutOffAfter(store: SealedValueStore, step: number): SealedValueStore {
  let calls = 0;
  const guarded = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (calls++ === step) throw new Error('cut off');
      const result = await work(...args);
      if (calls++ === step) throw new Error('cut off');
      return result;
    };
  };
  return {
    readFact: guarded((name: string) => store.readFact(name)),
    writeFact: guarded((name: string, value: string) => store.writeFact(name, value)),
    writeFactOnce: guarded((name: string, value: string) => store.writeFactOnce(name, value)),
    sealedWithout: guarded((prefix: string, limit: number) => store.sealedWithout(prefix, limit)),
    replaceSealed: guarded((changes: Parameters<SealedValueStore['replaceSealed']>[0]) =>
      store.replaceSealed(changes),
    ),
  };
}
