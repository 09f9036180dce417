import { registerLinkSuite } from '@sluice/core/contract-suite/link-suite';
import { registerRoundTripSuite } from '@sluice/core/contract-suite/round-trip-suite';
import { registerSinkSuite } from '@sluice/core/contract-suite/sink-suite';
import { registerSourceSuite } from '@sluice/core/contract-suite/source-suite';
import { afterAll, beforeAll } from 'vitest';
import { createMysqlFixture, describeOnEach, type MysqlFixture } from './mysql-fixture.ts';

describeOnEach('mysql on a live server', (server) => {
  let fixture: MysqlFixture;
  const lend = (): MysqlFixture => fixture;
  beforeAll(async () => {
    fixture = await createMysqlFixture(server);
  });
  afterAll(async () => {
    await fixture.drop();
  });

  registerLinkSuite('mysql', lend);
  registerSourceSuite('mysql', lend);
  registerSinkSuite('mysql', lend);
  // As bulk commands into MariaDB, as lines of LOAD DATA into MySQL.
  registerSinkSuite('mysql', lend, 'pgcopy-binary');
  registerRoundTripSuite('mysql', lend, ['rows']);
});
