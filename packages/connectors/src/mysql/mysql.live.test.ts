import { registerLinkSuite } from '@sluice/core/contract-suite/link-suite';
import { registerRoundTripSuite } from '@sluice/core/contract-suite/round-trip-suite';
import { registerSinkSuite } from '@sluice/core/contract-suite/sink-suite';
import { registerSnapshotSuite } from '@sluice/core/contract-suite/snapshot-suite';
import { registerSourceSuite } from '@sluice/core/contract-suite/source-suite';
import { afterAll, beforeAll, describe } from 'vitest';
import { createMysqlFixture, type MysqlFixture, mysqlUrl } from './mysql-fixture.ts';

describe.skipIf(mysqlUrl === undefined)('mysql on a live server', () => {
  let fixture: MysqlFixture;
  const lend = (): MysqlFixture => fixture;
  beforeAll(async () => {
    fixture = await createMysqlFixture();
  });
  afterAll(async () => {
    await fixture.drop();
  });

  registerLinkSuite('mysql', lend);
  registerSourceSuite('mysql', lend);
  registerSnapshotSuite('mysql', lend);
  registerSinkSuite('mysql', lend);
  // The server of the live tests is a MariaDB.
  registerSinkSuite('mysql', lend, 'pgcopy-binary');
  registerRoundTripSuite('mysql', lend, ['rows']);
});
