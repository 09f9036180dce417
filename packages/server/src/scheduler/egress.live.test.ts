import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { egressDenyDefault } from '../runs/egress.ts';
import { LinkInspector } from '../runs/link-inspector.ts';
import { RunRig } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

const loopback = ['127.0.0.0/8', '::1/128'];
const purpose = { isDestination: false, schema: null };

describe.skipIf(!hasServers)('where workers may connect to', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  const rigs: RunRig[] = [];

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) {
      await createNumbers(side, 'source', 20);
      await createTarget(side, 'target');
    }
  });
  afterAll(async () => {
    for (const rig of rigs) await rig.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function open(deny: readonly string[]): Promise<RunRig> {
    const rig = await RunRig.open({ egress: { allow: [], deny } });
    rigs.push(rig);
    return rig;
  }

  test.each([
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const)('a run from $from to $to ends before it connects to a denied address', async ({ from, to }) => {
    const rig = await open([...egressDenyDefault, ...loopback]);
    const run = await rig.run({ from: sides[from], to: sides[to], toTable: 'target' });
    expect([run.state, run.failure?.code]).toEqual(['failed', 'Cdm.0941']);
    expect(run.failure?.summary.en).toContain('not allowed by the egress rules');
    // A name is looked up and its addresses are checked, as an address is.
    const host = { 'linkConfig.host': 'localhost' };
    const named = await rig.link(`named_${from}`, { ...sides[from].link, ...host });
    const wish = { from: sides[from], to: sides[to], toTable: 'target', fromLink: named };
    expect((await rig.run(wish)).failure?.summary.en).toMatch(/localhost = .*not allowed/);
  });

  test('the same jobs run where nothing denies it', async () => {
    const rig = await open(egressDenyDefault);
    const run = await rig.run({ from: sides.postgres, to: sides.mysql, toTable: 'target' });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
  });

  test.each(['postgres', 'mysql'] as const)('a test of a link to %s fails at the name', async (kind) => {
    const rig = await open(loopback);
    const inspector = new LinkInspector({
      pools: rig.pool,
      projectOf: async () => 'p',
      log: () => undefined,
    });
    const question = { what: 'stages', purpose, timeLimitMs: 10_000 } as const;
    const stages = await inspector.ask(rig.cluster.id, 'generic-jdbc-connector', sides[kind].link, question);
    expect(stages[0]).toMatchObject({ stage: 'name', state: 'failed', finding: { code: 'Cdm.0941' } });
    expect(stages.slice(1).map(({ state }) => state)).toEqual(Array(5).fill('skipped'));
    await expect(
      rig.desk.checkLink(rig.cluster.id, 'generic-jdbc-connector', sides[kind].link),
    ).rejects.toMatchObject({
      code: 'Cdm.0941',
    });
  });

  test('questions about links are answered by workers, and no more than a few at once', async () => {
    const rig = await open([]);
    const inspector = new LinkInspector({
      pools: rig.pool,
      projectOf: async () => 'p',
      log: () => undefined,
    });
    const table = { schema: 'public', table: 'source' };
    const limits = { rowsMax: 5, bytesMax: 10_000, valueCharsMax: 100, timeLimitMs: 5_000 };
    const { link } = sides.postgres;
    const ask = () =>
      inspector.ask(rig.cluster.id, 'generic-jdbc-connector', link, { what: 'rows', table, limits });
    expect((await ask()).rows).toHaveLength(5);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, ask));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(32);
    expect(refused[0]?.reason).toMatchObject({ code: 'APIGW.0308' });
    const page = { filter: '', offset: 0, limit: 10 };
    const stages = await inspector.ask(rig.cluster.id, 'generic-jdbc-connector', sides.mysql.link, {
      what: 'stages',
      purpose: { isDestination: true, schema: null },
      timeLimitMs: 10_000,
    });
    expect(stages.filter(({ state }) => state === 'failed')).toEqual([]);
    const question = { what: 'tables', schema: sides.mysql.schema, page } as const;
    const { entries } = await inspector.ask(
      rig.cluster.id,
      'generic-jdbc-connector',
      sides.mysql.link,
      question,
    );
    expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['source', 'target']));
  });
});
