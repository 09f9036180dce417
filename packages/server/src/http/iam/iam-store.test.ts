import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../store/open-store.ts';
import { iamStoreSuite } from './iam-store-suite.ts';

iamStoreSuite('the embedded store', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-iam-'));
  const store = await openStore({ dataFolder });
  return {
    ...store,
    async close() {
      await store.close();
      rmSync(dataFolder, { recursive: true });
    },
  };
});
