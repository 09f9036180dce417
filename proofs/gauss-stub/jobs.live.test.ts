import type { OptionValues } from '@sluice/core/options/option';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GaussStub } from '../../packages/connectors/src/gauss/gauss-stub.ts';
import { RunRig } from '../../packages/server/src/scheduler/test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  expectNoTraces,
  hasServers,
  type Side,
} from '../../packages/server/src/scheduler/test-sides-suite.ts';
import { ThrowAwayAuthority } from '../secured-links/certificates.ts';

const ROWS = 2_000;

describe.skipIf(!hasServers)('whole jobs with a GaussDB stub in front of PostgreSQL', () => {
  const authority = new ThrowAwayAuthority('Authority of the stub');
  const stubs: GaussStub[] = [];
  let rig: RunRig;
  let postgres: Side;
  let mysql: Side;
  /** The same database, reached through the stub as DWS. */
  let dws: Side;
  let standing: GaussStub;
  let links = 0;

  async function startStub(
    settings: Partial<Parameters<typeof GaussStub.start>[0]> = {},
  ): Promise<GaussStub> {
    const stub = await GaussStub.start({ behind: postgres.link, ...settings });
    stubs.push(stub);
    return stub;
  }

  beforeAll(async () => {
    [postgres, mysql] = await Promise.all([createPostgresSide(), createMysqlSide()]);
    standing = await startStub();
    dws = { ...postgres, link: standing.link() };
    await createNumbers(postgres, 'source', ROWS);
    await createNumbers(mysql, 'source', ROWS);
    rig = await RunRig.open();
  });
  afterAll(async () => {
    await rig?.close();
    for (const stub of stubs) await stub.stop();
    await Promise.all([postgres?.drop(), mysql?.drop()]);
  });

  /** A link of its own for each side: the stub's and that of the database behind it differ. */
  function linkTo({ link }: Side): Promise<string> {
    links += 1;
    return rig.link(`link_${links}`, link);
  }

  async function moved(from: Side, to: Side, toTable: string, toOptions: OptionValues = {}): Promise<void> {
    const run = await rig.run({
      from,
      to,
      fromLink: await linkTo(from),
      toLink: await linkTo(to),
      toTable,
      extractors: 2,
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST', ...toOptions },
    });
    expect(run.failure).toBeNull();
    expect(run.plan?.projection.form).toBe('rows');
    const [row] = await to.sql(
      `SELECT count(*) AS n, count(distinct id) AS d, sum(id) AS ids, sum(amount) AS amounts FROM ${toTable}`,
    );
    expect([Number(row?.n), Number(row?.d), Number(row?.ids)]).toEqual([ROWS, ROWS, (ROWS * (ROWS + 1)) / 2]);
    expect(Number(row?.amounts)).toBe(((ROWS * (ROWS + 1)) / 2) * 1.25);
    await expectNoTraces(to);
  }

  it('from MySQL to DWS, into a table in columns', async () => {
    await moved(mysql, dws, 'from_mysql', { 'toJobConfig.orientation': 'COLUMN' });
    expect(standing.created.at(-1)).toMatch(
      /WITH \(orientation = column, compression = no\)\s+DISTRIBUTE BY HASH \("id"\)$/,
    );
  });

  it('from DWS to MySQL, in slices by the primary key', async () => {
    await moved(dws, mysql, 'from_dws');
  });

  it('from PostgreSQL to DWS, updated by key and through a staging table', async () => {
    await postgres.sql('CREATE TABLE keyed (id integer PRIMARY KEY, name varchar(40), amount decimal(12,2))');
    await moved(postgres, dws, 'keyed', { 'toJobConfig.importMode': 'UPSERT' });
    await moved(postgres, dws, 'keyed', {
      'toJobConfig.importMode': 'UPSERT',
      'toJobConfig.useStageTable': 'true',
    });
  });

  it('by MD5_SHA256 and over TLS, where the MD5 form is answered too', async () => {
    const { certificate, key } = authority.issue(['127.0.0.1']);
    for (const method of ['md5-sha256', 'md5'] as const) {
      const stub = await startStub({ method, tls: { certificate, key } });
      const secured: OptionValues = {
        'linkConfig.useSSL': 'true',
        'linkConfig.jdbcProperties': { sslrootcert: authority.certificate },
      };
      await moved({ ...postgres, link: stub.link(secured) }, postgres, `by_${method.replace('-', '_')}`);
      expect(stub.answers.length).toBeGreaterThan(1);
      expect(stub.answers.every((answer) => answer.startsWith('md5'))).toBe(true);
    }
  });

  it('tells a job whose server wants the MD5 form without TLS why it ended', async () => {
    const stub = await startStub({ method: 'md5' });
    const from = { ...postgres, link: stub.link() };
    const run = await rig.run({
      from,
      to: postgres,
      fromLink: await linkTo(from),
      toLink: await linkTo(postgres),
      toTable: 'never',
      extractors: 1,
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    expect(run.failure).toMatchObject({ code: 'Cdm.0950' });
    expect(stub.answers).toEqual([]);
  });
});
