import { describe } from 'vitest';
import { openStore } from '../../store/open-store.ts';
import { createTestDatabase, postgresForTests } from '../../store/test-database.ts';
import { iamStoreSuite } from './iam-store-suite.ts';

const server = postgresForTests();

describe.skipIf(server === undefined)('with a PostgreSQL server', () => {
  iamStoreSuite('a store on PostgreSQL', async () => {
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
