import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open-store.ts';
import { storeSuite } from './store-suite.ts';

storeSuite('embedded store', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  const store = await openStore({ dataFolder });
  return {
    ...store,
    async close() {
      await store.close();
      rmSync(dataFolder, { recursive: true });
    },
  };
});
