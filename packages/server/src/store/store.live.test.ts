import { describe } from 'vitest';
import { openStore } from './open-store.ts';
import { storeSuite } from './store-suite.ts';
import { createTestDatabase, postgresForTests } from './test-database.ts';

const server = postgresForTests();

describe.skipIf(server === undefined)('with a PostgreSQL server', () => {
  storeSuite('store on PostgreSQL', async () => {
    const database = await createTestDatabase(server ?? '');
    const store = await openStore({ url: database.url });
    return {
      ...store,
      async close() {
        await store.close();
        await database.drop();
      },
    };
  });
});
