import { registerLinkSuite } from '@sluice/core/contract-suite/link-suite';
import { registerRoundTripSuite } from '@sluice/core/contract-suite/round-trip-suite';
import { registerSinkSuite } from '@sluice/core/contract-suite/sink-suite';
import { registerSnapshotSuite } from '@sluice/core/contract-suite/snapshot-suite';
import { registerSourceSuite } from '@sluice/core/contract-suite/source-suite';
import { afterAll, beforeAll, describe } from 'vitest';
import { type LiveDatabase, makeLiveDatabase } from './live-database.ts';

const url = process.env.SLUICE_TEST_POSTGRES ?? '';
if (url === '') console.warn('PostgreSQL contract suites skipped: SLUICE_TEST_POSTGRES is not set');

describe.skipIf(url === '')('PostgreSQL keeps the contract', () => {
  let database: LiveDatabase | null = null;
  const fixture = () => {
    if (database === null) throw new Error('no database');
    return database;
  };
  beforeAll(async () => {
    database = await makeLiveDatabase(url);
  });
  afterAll(async () => {
    await database?.drop();
  });

  registerLinkSuite('PostgreSQL', fixture);
  registerSourceSuite('PostgreSQL', fixture);
  registerSnapshotSuite('PostgreSQL', fixture);
  registerSinkSuite('PostgreSQL', fixture);
  registerRoundTripSuite('PostgreSQL', fixture, ['pgcopy-binary', 'rows']);
});
