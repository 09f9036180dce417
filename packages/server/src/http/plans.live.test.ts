// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name variables and macros.
import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JobDraft, JobService } from '../jobs/job-service.ts';
import { type PlanOutcome, PlanService } from '../jobs/plan-service.ts';
import { runLimits } from '../runs/limits.ts';
import { PlanDesk, type PlannedRun } from '../runs/plan-desk.ts';
import { type JobWish, RunRig, rigSecretBox } from '../scheduler/test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  hasServers,
  lockTable,
  type Side,
} from '../scheduler/test-sides-suite.ts';
import { ZoneClock } from '../scheduler/zone-clock.ts';
import { variableContext } from '../secrets/sealed-values.ts';
import type { JobRecord } from '../store/model.ts';
import { writeJobPlan } from './wire/plan.ts';

/** A plan whose caller has gone must be over within this time, in milliseconds. */
const goneMs = 5_000;
/** A server that waits for a lock looks so often whether its client is still there, in milliseconds. */
const peerCheckMs = 5_000;
/** 2024-03-01 00:00:05 in Shanghai. */
const midnight = Date.parse('2024-03-01T00:00:05+08:00');

describe.skipIf(!hasServers)('what a run would do', () => {
  let rig: RunRig;
  let plans: PlanService;
  let sides: Readonly<Record<Side['kind'], Side>>;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', 900);
    rig = await RunRig.open();
    const { store, desk: runs, pool: pools } = rig;
    const zone = new ZoneClock('Asia/Shanghai');
    const registry = new ConnectorRegistry(bundle);
    const jobs = new JobService({ store, registry, runs, zone, now: Date.now });
    const service = { zone: zone.name, version: '1.8.1' };
    const log = (event: string, fields: object) => rig.events.push({ event, fields: { ...fields } });
    const desk = new PlanDesk({ store, secrets: rigSecretBox, pools, now: Date.now, service, log });
    plans = new PlanService({ store, registry, zone, now: Date.now, jobs, desk });
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  interface Ask {
    readonly variables?: Readonly<Record<string, string>>;
    readonly pageNo?: number;
    readonly pageSize?: number;
    readonly gone?: AbortSignal;
  }

  function ask(job: JobRecord | JobDraft, more: Ask = {}): Promise<PlanOutcome> {
    const { variables = {}, pageNo = 1, pageSize = 100, gone = new AbortController().signal } = more;
    return plans.plan({
      projectId: rig.cluster.projectId,
      clusterId: rig.cluster.id,
      job: 'clusterId' in job ? job.name : job,
      user: 'ada',
      variables,
      page: { pageNo, pageSize },
      gone,
    });
  }

  async function planned(job: JobRecord | JobDraft, more: Ask = {}): Promise<PlannedRun> {
    const outcome = await ask(job, more);
    if ('refused' in outcome) throw outcome.refused;
    return outcome.planned;
  }

  async function wishTo(from: Side['kind'], to: Side['kind'], toTable: string): Promise<JobWish> {
    await createTarget(sides[to], toTable);
    return { from: sides[from], to: sides[to], toTable };
  }

  test.each([
    ['postgres', 'mysql'],
    ['mysql', 'postgres'],
  ] as const)('many slices come in pages, from %s to %s', async (from, to) => {
    const wish = await wishTo(from, to, `paged_${from}`);
    const fromOptions = { 'fromJobConfig.partitionColumn': 'id' };
    const job = await rig.job({ ...wish, extractors: 300, fromOptions });
    const first = await planned(job);
    expect([first.total, first.preview?.source?.slices.length]).toEqual([300, 100]);
    const third = await planned(job, { pageNo: 30, pageSize: 10 });
    expect(third.preview?.plan?.slices.map(({ no }) => no)).toEqual([
      290, 291, 292, 293, 294, 295, 296, 297, 298, 299,
    ]);
    expect((await planned(job, { pageNo: 31, pageSize: 10 })).preview?.source?.slices).toEqual([]);
    const shown = writeJobPlan(third, 'en');
    expect([shown.total, shown.page_no, shown.page_size, shown.plan?.slice_count]).toEqual([
      300, 30, 10, 300,
    ]);
  });

  test('a job that is not saved is planned like one that is, and stays unsaved', async () => {
    const wish = await wishTo('postgres', 'mysql', 'drafted');
    const { name: _, ...stored } = await rig.job(wish);
    const draft: JobDraft = {
      name: 'never_saved',
      type: 'NORMAL_JOB',
      fromConnector: null,
      fromLink: stored.fromLink,
      toConnector: null,
      toLink: stored.toLink,
      from: stored.fromOptions,
      to: stored.toOptions,
      driver: stored.driverOptions,
    };
    const { preview } = await planned(draft);
    expect(preview?.refusal).toBeNull();
    expect(preview?.plan?.slices).toHaveLength(1);
    expect(await rig.store.jobs.find(rig.cluster.id, 'never_saved')).toBeNull();
    const same = await planned({ ...draft, name: (await rig.job(wish)).name });
    expect(same.preview?.plan?.projection).toEqual(preview?.plan?.projection);
  });

  test('macros by the planned time, and no secret in any text', async () => {
    const scope = { kind: 'cluster', id: rig.cluster.id } as const;
    await rig.store.variables.put({
      scope,
      name: 'hush',
      value: null,
      sealedValue: rigSecretBox.seal('s3cr3t-name', variableContext(rig.cluster.id, 'hush')),
      updatedBy: 'ada',
      updatedAt: Date.now(),
    });
    const wish = await wishTo('postgres', 'mysql', 'hushed');
    const job = await rig.job({
      ...wish,
      fromOptions: {
        'fromJobConfig.whereClause': "name <> '${hush}' AND name <> '${dateformat(yyyyMMdd,-1,DAY)}'",
      },
    });
    const plan = writeJobPlan(await planned(job, { variables: { planTime: String(midnight) } }), 'en');
    expect(plan.is_runnable, JSON.stringify(plan.obstacles)).toBe(true);
    expect(JSON.stringify(plan)).not.toContain('s3cr3t');
    expect(plan.clock_at).toBe(midnight);
    expect(plan.slices[0]?.sql).toContain(`name <> '******' AND name <> '20240229'`);
    expect(plan.resolved).toEqual([
      { name: 'fromJobConfig.whereClause', text: "name <> '******' AND name <> '20240229'" },
    ]);
  });

  test('the last run that succeeded says how long it takes; before it nothing does, but the rate limit', async () => {
    const wish = await wishTo('mysql', 'postgres', 'timed');
    const job = await rig.job(wish);
    const before = writeJobPlan(await planned(job), 'en');
    expect(before.estimate).toMatchObject({ seconds: null, seconds_basis: 'unknown', last_run_id: null });
    expect(before.estimate?.rows).toBeGreaterThan(0);
    const run = await rig.ended(await rig.start(job));
    expect(run.state).toBe('succeeded');
    const after = writeJobPlan(await planned(job), 'zh');
    expect(after.estimate).toMatchObject({ seconds_basis: 'last_run', last_run_id: run.id });
    expect(after.estimate?.text).toMatch(/\p{Script=Han}/u);
    const slow = await rig.job({
      ...(await wishTo('mysql', 'postgres', 'slow')),
      driver: { 'throttlingConfig.throttling': 'true', 'throttlingConfig.recordRate': '10' },
    });
    const limited = writeJobPlan(await planned(slow), 'en');
    expect(limited.estimate).toMatchObject({ seconds_basis: 'rate_limit' });
    expect(limited.estimate?.seconds).toBeGreaterThanOrEqual(80);
    expect(limited.settings?.throttle).toMatchObject({ rows_per_second: 10 });
  });

  test('what speaks against it is an answer, in both languages: table, link, server', async () => {
    const { postgres, mysql } = sides;
    const noTable = await rig.job({ from: postgres, to: mysql, toTable: 'not_there' });
    const english = writeJobPlan(await planned(noTable), 'en');
    const chinese = writeJobPlan(await planned(noTable), 'zh');
    expect(english).toMatchObject({
      is_runnable: false,
      plan: null,
      obstacles: [{ kind: 'plan', code: 'Cdm.0900' }],
    });
    expect(chinese.obstacles[0]?.message).toMatch(/\p{Script=Han}/u);

    await rig.link('nobody_there', { ...postgres.link, 'linkConfig.port': '1' });
    const unreachable = await rig.job({
      ...(await wishTo('postgres', 'mysql', 'far')),
      fromLink: 'nobody_there',
    });
    const far = writeJobPlan(await planned(unreachable), 'en');
    expect(far).toMatchObject({
      is_runnable: false,
      source: { is_reachable: false },
      destination: { is_reachable: true },
    });
    expect(far.source.stages.find(({ state }) => state === 'failed')?.stage).toBe('tcp');
    expect(far.obstacles.map(({ kind, end }) => [kind, end])).toEqual([['link', 'source']]);

    await rig.link('switched_off', postgres.link, false);
    const off = await rig.job({ ...(await wishTo('postgres', 'mysql', 'off')), fromLink: 'switched_off' });
    expect(await ask(off)).toMatchObject({ refused: { code: 'Cdm.0060' } });
  });

  test('the tables of an entire database, each in short', async () => {
    const { postgres, mysql } = sides;
    await createNumbers(postgres, 'second', 5);
    await postgres.sql('CREATE TABLE third (id integer, at tsrange)');
    const wish = { from: postgres, to: mysql, toTable: '' };
    const stored = await rig.job({
      ...wish,
      toOptions: { 'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST' },
    });
    const { 'fromJobConfig.tableName': _, ...fromOptions } = stored.fromOptions;
    const { 'toJobConfig.tableName': __, ...toOptions } = stored.toOptions;
    await rig.store.jobs.update({ ...stored, type: 'BATCH_JOB', fromOptions, toOptions });
    await mysql.sql('CREATE TABLE second (id integer PRIMARY KEY)');
    const whole = await planned(stored);
    const plan = writeJobPlan(whole, 'en');
    const states = new Map(plan.tables.map(({ table, state }) => [table, state]));
    expect([states.get('second'), states.get('third')]).toEqual(['not_runnable', 'runnable']);
    expect(plan.tables.find(({ table }) => table === 'third')?.purposes).toContain('create_table');
    expect(plan.is_runnable).toBe(false);
    expect(plan.obstacles).toMatchObject([{ kind: 'table', message: expect.stringContaining('second') }]);
    expect(plan.source.is_reachable && plan.destination.is_reachable).toBe(true);
    const page = writeJobPlan(await planned(stored, { pageNo: 2, pageSize: 2 }), 'en');
    expect(page.total).toBe(plan.total);
    expect(page.tables.map(({ table }) => table)).toEqual(plan.tables.slice(2, 4).map(({ table }) => table));
  });

  test('one whose caller goes is over in time, and too many at once are refused', async () => {
    const { postgres } = sides;
    await createNumbers(postgres, 'locked', 900);
    const job = await rig.job({
      ...(await wishTo('postgres', 'mysql', 'gone')),
      fromTable: 'locked',
      fromOptions: { 'fromJobConfig.partitionColumn': 'id', 'fromJobConfig.whereClause': 'id > 0' },
      extractors: 4,
    });
    const holder = await postgres.holder();
    try {
      await lockTable(holder, postgres, 'locked');
      const controllers = Array.from({ length: runLimits.plansPerProjectMax }, () => new AbortController());
      const waiting = controllers.map(({ signal }) =>
        ask(job, { gone: signal }).catch((error: unknown) => error),
      );
      await expect(ask(job)).rejects.toMatchObject({ code: 'APIGW.0308' });
      await expect.poll(() => postgres.waiting()).toBeGreaterThan(0);
      const begin = performance.now();
      for (const controller of controllers) controller.abort(new Error('the caller has gone'));
      const ends = await Promise.all(waiting);
      expect(performance.now() - begin).toBeLessThan(goneMs);
      expect(ends.every((end) => end instanceof Error && end.message === 'the caller has gone')).toBe(true);
      // Their workers are free for others.
      const other = await rig.job(await wishTo('mysql', 'postgres', 'behind_gone'));
      expect((await planned(other)).preview?.refusal).toBeNull();
      await expect.poll(() => postgres.waiting(), { timeout: goneMs + peerCheckMs }).toBe(0);
    } finally {
      await holder.release();
    }
    const after = await planned(job);
    expect([after.preview?.refusal, after.total]).toEqual([null, 4]);
  });
});
