import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@sluice/contract/access';
import type { CheckStep } from '@sluice/core/connector/contract';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { InspectAnswers, InspectQuestion } from '@sluice/engine/work';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { ClusterService, type ClusterWorker } from '../clusters/cluster-service.ts';
import { AccountService } from '../identity/account-service.ts';
import type { Authenticator, Caller, CallerMemory, RawRequest } from '../identity/caller.ts';
import type { Rights } from '../identity/rights.ts';
import { GroupService } from '../jobs/group-service.ts';
import { JobService } from '../jobs/job-service.ts';
import { LinkCatalog } from '../jobs/link-catalog.ts';
import { LinkService } from '../jobs/link-service.ts';
import { PlanService } from '../jobs/plan-service.ts';
import { TransferService } from '../jobs/transfer-service.ts';
import { VariableService } from '../jobs/variable-service.ts';
import { WatermarkService } from '../jobs/watermark-service.ts';
import type { ClusterPools } from '../runs/cluster-pools.ts';
import { Egress, egressDenyDefault } from '../runs/egress.ts';
import type { LinkInspection } from '../runs/link-inspector.ts';
import { PlanDesk } from '../runs/plan-desk.ts';
import { Quarantine } from '../runs/quarantine.ts';
import { queuedRun } from '../runs/queued-run.ts';
import { createTablesAgain } from '../runs/retry-run.ts';
import { type SliceProgress, storedProgress } from '../runs/run-progress.ts';
import type { ResumeRequest, RetryRequest, RunService, StartRequest } from '../runs/run-service.ts';
import { VerificationDesk } from '../runs/verification-desk.ts';
import type { TaskPool } from '../runs/worker-pool.ts';
import { ZoneClock } from '../scheduler/zone-clock.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, RunRecord } from '../store/model.ts';
import { type OpenedStore, openStore } from '../store/open-store.ts';
import { Conflict, type RunChange, type Store } from '../store/store.ts';
import { RunLogs } from '../telemetry/run-logs.ts';
import { watchAnswers } from './answer-suite.ts';
import { buildApp } from './app.ts';
import type { AppDeps } from './app-deps.ts';
import { RunFeeds } from './run-feeds.ts';
import { sampleRegistry } from './sample-registry.ts';
import { Trail } from './trail.ts';

// An application for tests: the real one over an embedded store, with runs that a test moves on by hand.

export const projectA = 'a'.repeat(32);
export const projectB = 'b'.repeat(32);

/** Seals by base64 with the context in front: enough to see that a secret never passes in clear, and that contexts are kept apart. */
export const sampleBox: SecretBox = {
  seal: (plain, context) => Buffer.from(`${context}\n${plain}`).toString('base64'),
  open(sealed, context) {
    const clear = Buffer.from(sealed, 'base64').toString();
    if (!clear.startsWith(`${context}\n`)) throw new Error('sealed in another context');
    return clear.slice(context.length + 1);
  },
};

/** Runs that stand still until a test moves them on. */
export class SampleRuns implements RunService, LinkInspection {
  readonly #store: Store;
  readonly checked: { readonly connector: string; readonly options: OptionValues }[] = [];
  readonly percents = new Map<string, number>();
  /** The run that is told from memory, as a test says. */
  drivenRun: RunRecord | null = null;
  /** Slices of runs that are driven, as far as a test says. */
  readonly live = new Map<string, readonly SliceProgress[]>();
  /** Questions about systems behind links, and what is answered to each kind. */
  readonly asked: {
    readonly clusterId: string;
    readonly connector: string;
    readonly link: OptionValues;
    readonly question: InspectQuestion;
  }[] = [];
  readonly answers: Partial<InspectAnswers> = {};
  /** What the next link tests find; null: all is well. */
  finding: SluiceError | null = null;
  #lastFence = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(request: StartRequest): Promise<RunRecord> {
    const { job } = request;
    try {
      return await this.#store.runs.create(queuedRun(request, Date.now()));
    } catch (error) {
      throw error instanceof Conflict ? new SluiceError('Cdm.0052', { job: job.name }) : error;
    }
  }

  async startNew(
    request: Omit<StartRequest, 'job'>,
    makeJob: (tx: Pick<Store, 'jobs' | 'timers'>) => Promise<JobRecord>,
  ): Promise<RunRecord> {
    return await this.#store.transaction(async (tx) => {
      const job = await makeJob(tx);
      return await tx.runs.create(queuedRun({ ...request, job }, Date.now()));
    });
  }

  async resume({ projectId, job, run: before, user }: ResumeRequest): Promise<RunRecord> {
    const { submissionId: _, ...rest } = before;
    const at = Date.now();
    const queued = {
      id: randomUUID(),
      projectId,
      job,
      state: 'queued',
      failure: null,
      endedAt: null,
    } as const;
    const by = { createdBy: user, createdAt: at, updatedBy: user, updatedAt: at, resumesRunId: before.id };
    return await this.#store.runs.createResumed({ ...rest, ...queued, ...by, stopRequestedBy: null }, at);
  }

  async retryTables({ projectId, job, run, user, keepsCommitted }: RetryRequest): Promise<RunRecord> {
    const next = queuedRun({ projectId, job, user, variables: run.variables, isAuto: false }, Date.now());
    return await this.#store.transaction((tx) => createTablesAgain(tx, next, run, keepsCommitted));
  }

  async stop(clusterId: string, jobName: string, user: string): Promise<void> {
    const run = await this.#store.runs.requestStop(clusterId, jobName, user, Date.now());
    if (run === null) throw new SluiceError('Cdm.0053', { job: jobName });
    await this.move(run.id, { state: 'stopped', endedAt: Date.now() });
  }

  async hold(): Promise<void> {
    // Runs stand still anyway.
  }

  release(): void {
    // They stand still before and after.
  }

  /** Changes a run as its driver would. */
  async move(runId: string, change: RunChange): Promise<RunRecord> {
    const claimed = await this.#store.runs.claim('sample', Date.now() + this.#lastFence * 10_000, 1);
    this.#lastFence++;
    const run = claimed?.id === runId ? claimed : await this.#store.runs.find(runId);
    if (run === null) throw new Error(`no run ${runId}`);
    const changed = await this.#store.runs.change({ runId, fence: run.fence }, change, Date.now());
    if (changed === null) throw new Error(`run ${runId} cannot be changed`);
    return changed;
  }

  progress(run: RunRecord): number {
    return this.percents.get(run.id) ?? (run.state === 'succeeded' ? 100 : 1);
  }

  driven(clusterId: string, jobName: string): RunRecord | null {
    const run = this.drivenRun;
    return run?.clusterId === clusterId && run.jobName === jobName ? run : null;
  }

  async slices(run: RunRecord): Promise<readonly SliceProgress[]> {
    return this.live.get(run.id) ?? storedProgress(await this.#store.runs.slices(run.id));
  }

  async ask<W extends keyof InspectAnswers>(
    clusterId: string,
    connector: string,
    link: OptionValues,
    question: InspectQuestion & { readonly what: W },
  ): Promise<InspectAnswers[W]> {
    this.asked.push({ clusterId, connector, link, question });
    const answer = this.answers[question.what];
    if (answer === undefined) throw new SluiceError('Cdm.0941', { cause: 'no test said what is there' });
    return answer;
  }

  async checkLink(
    _clusterId: string,
    connector: string,
    options: OptionValues,
  ): Promise<readonly CheckStep[]> {
    this.checked.push({ connector, options });
    if (this.finding !== null) throw this.finding;
    return [{ step: 'login', ok: true, ms: 1 }];
  }
}

/** `X-Auth-Token: <user>@<project>` is that user, allowed everything in that project alone; `<user>=<role>@<project>` has that role there. */
export class SampleAuthenticator implements Authenticator {
  readonly seen: RawRequest[] = [];

  async authenticate(request: RawRequest): Promise<Caller> {
    this.seen.push(request);
    const [who, projectId] = (request.headers['x-auth-token'] ?? '').split('@');
    const [userName, role = 'administrator'] = (who ?? '').split('=');
    if (userName === undefined || projectId === undefined || projectId === '') {
      throw new SluiceError('APIGW.0301', { cause: 'decrypt token fail' });
    }
    const rights: Rights = new Map([[projectId, role as Role]]);
    const domain = { domainId: 'd', domainName: 'd' };
    return { userId: `id-${userName}`, userName, ...domain, projectId, via: 'token', rights };
  }

  async requireProject(caller: Caller, projectId: string): Promise<void> {
    if (caller.projectId !== projectId) throw new SluiceError('APIGW.0310');
  }
}

export interface SampleApp {
  readonly app: FastifyInstance;
  readonly store: OpenedStore;
  readonly runs: SampleRuns;
  readonly clusters: ClusterService;
  readonly trail: Trail;
  readonly runLogs: RunLogs;
  readonly authenticator: SampleAuthenticator;
  readonly log: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** Calls that wait for their time; a test calls them. */
  readonly timers: (() => Promise<void> | void)[];
  /** Live workers of clusters, as a test says. */
  readonly workers: Map<string, readonly ClusterWorker[]>;
  /** One request. @param token as the sample authenticator reads it; of a user of the first project unless told. */
  send(
    method: NonNullable<InjectOptions['method']>,
    url: string,
    payload?: object,
    token?: string,
    language?: string,
  ): Promise<LightMyRequestResponse>;
  /** Lets what waits for its time happen, until nothing waits any more, or what waits always begins anew. */
  settle(): Promise<void>;
  /** Puts the application's clock forward. */
  passTime(ms: number): void;
  /** Answers that did not fit the contract: to be empty at the end of every test. */
  readonly violations: string[];
  /** Makes a cluster in the normal state. @returns its id. */
  makeCluster(projectId: string): Promise<string>;
  close(): Promise<void>;
}

/** No verification comes to anything here. */
const noWorkers: TaskPool = {
  sliceWorkersMax: 1,
  run: () => Promise.reject(new SluiceError('Cdm.0037')),
  forget: () => undefined,
};

export interface SampleSettings {
  readonly isPercentEncoded?: boolean;
  readonly jobIdForm?: 'sdk' | 'array';
  readonly rateLimits?: boolean;
  readonly userIsolation?: boolean;
  readonly registry?: ConnectorRegistry;
  /** Parts that are not there by default. */
  readonly telemetry?: Pick<AppDeps, 'httpMeter' | 'metrics'>;
  /** Real identity in place of the sample one. */
  readonly identity?: (store: Store, trail: Trail) => Promise<RealIdentity>;
  /** A store of this PostgreSQL database in place of an embedded one. */
  readonly storeUrl?: string;
}

export interface RealIdentity {
  readonly authenticator: Authenticator;
  readonly register: (app: FastifyInstance) => void;
  /** With it the status operation is answered ahead of everything else. */
  readonly callers?: CallerMemory;
  readonly onChanged?: () => void;
  /** Opens what the authenticator is to read. */
  readonly box?: SecretBox;
}

export async function sampleApp(settings: SampleSettings = {}): Promise<SampleApp> {
  const { isPercentEncoded = false, userIsolation = false, registry = sampleRegistry } = settings;
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-http-'));
  const store = await openStore(
    settings.storeUrl === undefined ? { dataFolder } : { url: settings.storeUrl },
  );
  const sample = { skewMs: 0 };
  const now = () => Date.now() + sample.skewMs;
  const log: SampleApp['log'] = [];
  const say = (event: string, fields: Readonly<Record<string, unknown>>) => void log.push({ event, fields });
  const trail = new Trail({ audit: store.audit, now, log: say });
  const real = (await settings.identity?.(store, trail)) ?? null;
  const domain = { id: 'd', name: 'd' };
  await store.identity.createDomain(domain);
  for (const id of [projectA, projectB]) {
    await store.identity.createProject({
      id,
      name: id.slice(0, 4),
      domainId: domain.id,
      description: '',
      isEnabled: true,
    });
  }
  const runs = new SampleRuns(store);
  // Sample runs reach no destination.
  const traces = { removeNow: async () => undefined };
  const timers: SampleApp['timers'] = [];
  const workers = new Map<string, readonly ClusterWorker[]>();
  const pools: ClusterPools = {
    open: async () => undefined,
    close: async () => undefined,
    instances: (clusterId) => workers.get(clusterId) ?? [],
  };
  const clusters = new ClusterService({
    store,
    runs,
    traces,
    timers: {
      now,
      after(_waitMs, work) {
        timers.push(work);
        return () => {
          const at = timers.indexOf(work);
          if (at >= 0) timers.splice(at, 1);
        };
      },
    },
    pools,
    newId: randomUUID,
    log: say,
  });
  const egress = new Egress({ allow: [], deny: egressDenyDefault }, async () => []);
  const authenticator = new SampleAuthenticator();
  const links = new LinkService({ store, registry, secrets: sampleBox, runs, traces, egress, now });
  const zone = new ZoneClock('Asia/Shanghai');
  const jobs = new JobService({ store, registry, runs, zone, now });
  const planDesk = new PlanDesk({
    store,
    secrets: sampleBox,
    pools: { of: () => noWorkers, apart: () => noWorkers },
    now,
    service: { zone: zone.name, version: '1.8.1' },
    log: say,
  });
  const runLogs = new RunLogs(join(dataFolder, 'logs'), now, (error) => say('run-log.failed', { error }));
  const connectors = registry.names().map((name) => registry.get(name));
  const app = buildApp({
    ...settings.telemetry,
    runLogs,
    feeds: new RunFeeds({ findRun: (id) => store.runs.find(id), runs, runLogs, connectors, now }),
    authenticator: real?.authenticator ?? authenticator,
    ...(real === null ? {} : { registerIdentity: real.register }),
    trail,
    audit: store.audit,
    ...(real?.callers === undefined
      ? {}
      : { quickStatus: { callers: real.callers, statuses: store.statuses } }),
    accounts: new AccountService({
      store,
      box: real?.box ?? sampleBox,
      now,
      onChanged: () => real?.onChanged?.(),
    }),
    clusters,
    links,
    linkCatalog: new LinkCatalog({ links, inspection: runs }),
    jobs,
    plans: new PlanService({ store, registry, zone, now, jobs, desk: planDesk }),
    transfer: new TransferService({ store, links, jobs }),
    groups: new GroupService({ store, jobs, now }),
    variables: new VariableService({ store, secrets: sampleBox, now }),
    // Nothing is replayed here: what was asked for stays pending.
    quarantine: new Quarantine({ store, secrets: sampleBox, replays: { poke: () => undefined }, now }),
    watermarks: new WatermarkService({ store, jobs, now }),
    verifications: new VerificationDesk({
      store,
      secrets: sampleBox,
      pools: { of: () => noWorkers, apart: () => noWorkers },
      now,
      service: { zone: 'Asia/Shanghai', version: '1.8.1' },
      leaseMs: 15_000,
      owner: 'sample',
      log: say,
    }),
    runs,
    connectors,
    config: {
      address: '127.0.0.1',
      region: 'region-1',
      zones: ['region-1a'],
      isPercentEncoded,
      version: '1.2.3',
      publicUrl: null,
      bodyBytesMax: 12 * 1024 * 1024,
      jobIdForm: settings.jobIdForm ?? 'sdk',
      rateLimits: settings.rateLimits ?? false,
      userIsolation,
    },
    now,
    log: say,
  });
  const violations: string[] = [];
  watchAnswers(app, violations);
  return {
    app,
    store,
    runs,
    clusters,
    trail,
    runLogs,
    authenticator,
    log,
    timers,
    workers,
    send: (method, url, payload, token = `alice@${projectA}`, language = 'en-us') =>
      app.inject({
        method,
        url,
        headers: { 'x-auth-token': token, 'x-language': language },
        ...(payload === undefined ? {} : { payload }),
      }),
    async settle() {
      for (let round = 0; round < 20 && timers.length > 0; round += 1) await timers.shift()?.();
    },
    passTime(ms) {
      sample.skewMs += ms;
    },
    violations,
    async makeCluster(projectId) {
      const draft = {
        name: 'c',
        flavorId: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
        settings: { azName: 'region-1a' },
      };
      const cluster = await clusters.create(projectId, draft, 'maker');
      await store.clusters.update({ ...cluster, status: '200' });
      timers.length = 0;
      return cluster.id;
    },
    async close() {
      await app.close();
      await clusters.close();
      await trail.close();
      await runLogs.flush();
      await store.close();
      rmSync(dataFolder, { recursive: true });
    },
  };
}
