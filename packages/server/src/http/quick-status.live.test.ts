import { afterAll, describe } from 'vitest';
import { createTestDatabase, postgresForTests, type TestDatabase } from '../store/test-database.ts';
import { quickStatusSuite } from './quick-status-suite.ts';

const server = postgresForTests();

describe.skipIf(server === undefined)('with a PostgreSQL server', () => {
  let database: TestDatabase | null = null;
  afterAll(async () => database?.drop());

  quickStatusSuite('the status ahead of everything else, on PostgreSQL', async () => {
    database = await createTestDatabase(server ?? '');
    return database.url;
  });
});
