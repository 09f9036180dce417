import { registerLinkSuite } from '@sluice/core/contract-suite/link-suite';
import { registerRoundTripSuite } from '@sluice/core/contract-suite/round-trip-suite';
import { registerSinkSuite } from '@sluice/core/contract-suite/sink-suite';
import { registerSnapshotSuite } from '@sluice/core/contract-suite/snapshot-suite';
import { registerSourceSuite } from '@sluice/core/contract-suite/source-suite';
import { afterAll, beforeAll, describe } from 'vitest';
import { createSqlServerFixture, type SqlServerFixture } from './sqlserver-fixture.ts';

describe('SQL Server on a stub', () => {
  let fixture: SqlServerFixture;
  const lend = (): SqlServerFixture => fixture;
  beforeAll(async () => {
    fixture = await createSqlServerFixture();
  });
  afterAll(async () => {
    await fixture.close();
  });

  registerLinkSuite('SQL Server, stub', lend);
  registerSourceSuite('SQL Server, stub', lend);
  registerSnapshotSuite('SQL Server, stub', lend);
  registerSinkSuite('SQL Server, stub', lend);
  registerRoundTripSuite('SQL Server, stub', lend, ['rows']);
});
