import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from './open-store.ts';
import { createSampleCluster, sampleLink } from './sample-records.ts';

/** The files of a folder that hold a text somewhere. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
}

test('of a deleted cluster no sealed secret is left in the embedded store, not even in pages out of use', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-erasure-'));
  try {
    const store = await openStore({ dataFolder });
    const cluster = await createSampleCluster(store);
    // Some longer than a page, so that they lie in pages of their own.
    const marks = Array.from({ length: 20 }, (_, at) => `sealed-${at}-${'x'.repeat(at * 600)}-end-${at}`);
    for (const [at, mark] of marks.entries()) {
      await store.links.create({ ...sampleLink(cluster.id, `l${at}`), sealedSecrets: mark });
    }
    for (const mark of marks) expect(filesWith(dataFolder, mark.slice(0, 10))).not.toEqual([]);
    await store.clusters.delete(cluster.id);
    await store.close();
    for (const at of marks.keys()) {
      expect([at, filesWith(dataFolder, `sealed-${at}-`)]).toEqual([at, []]);
      expect([at, filesWith(dataFolder, `-end-${at}`)]).toEqual([at, []]);
    }
  } finally {
    rmSync(dataFolder, { recursive: true });
  }
});
