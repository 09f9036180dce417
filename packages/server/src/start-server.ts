import { randomUUID } from 'node:crypto';
import { getCompileCacheDir } from 'node:module';
import { hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { ClusterService, requireUsable } from './clusters/cluster-service.ts';
import { isUsable } from './clusters/cluster-states.ts';
import { datastore, findFlavor } from './clusters/flavors.ts';
import { PowerSchedule } from './clusters/power-schedule.ts';
import type { Config } from './config/options.ts';
import { buildApp } from './http/app.ts';
import { readExplorerBundle } from './http/explorer-bundle.ts';
import { registerIamRoutes } from './http/iam/iam-routes.ts';
import { RunFeeds } from './http/run-feeds.ts';
import { Trail } from './http/trail.ts';
import { AccountService } from './identity/account-service.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { ensureFirstAccount, type FirstAccount } from './identity/first-start.ts';
import { createTokenService } from './identity/token-service.ts';
import { GroupService } from './jobs/group-service.ts';
import { JobService } from './jobs/job-service.ts';
import { LinkCatalog } from './jobs/link-catalog.ts';
import { LinkService } from './jobs/link-service.ts';
import { PlanService } from './jobs/plan-service.ts';
import { TransferService } from './jobs/transfer-service.ts';
import { VariableService } from './jobs/variable-service.ts';
import { WatermarkService } from './jobs/watermark-service.ts';
import { type FoundCluster, LocalClusterPools } from './runs/cluster-pools.ts';
import { earlyLookups } from './runs/early-lookups.ts';
import { Egress, resolveBySystem } from './runs/egress.ts';
import { LinkInspector } from './runs/link-inspector.ts';
import { PlanDesk } from './runs/plan-desk.ts';
import { Quarantine } from './runs/quarantine.ts';
import { ReplayDesk } from './runs/replay-desk.ts';
import { RunDesk } from './runs/run-desk.ts';
import { VerificationDesk } from './runs/verification-desk.ts';
import { JobTimer } from './scheduler/job-timer.ts';
import { RunQueue } from './scheduler/run-queue.ts';
import { ZoneClock } from './scheduler/zone-clock.ts';
import { openSecretBox } from './secrets/open-secret-box.ts';
import { ServerMetrics } from './server-metrics.ts';
import { Housekeeping } from './store/housekeeping.ts';
import type { ClusterRecord } from './store/model.ts';
import { type OpenedStore, openStore } from './store/open-store.ts';
import { heardLogger } from './telemetry/event-meter.ts';
import { createLogger, type Logger } from './telemetry/log.ts';
import { messageOf, Refusal } from './telemetry/refusal.ts';
import { RunLogs } from './telemetry/run-logs.ts';

/** Connections that may wait to be taken: pollers come in crowds. */
const listenBacklog = 4096;

/** Where the bootstrap puts the pages that browsers load; see tools/bundle. */
const explorerFolder = fileURLToPath(new URL('../../console/dist', import.meta.url));

export interface RunningSluice {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Set at the first start on a store: the only time that its secrets can be shown. */
  readonly firstAccount: FirstAccount | null;
  readonly log: Logger;
  /** Stops taking requests, lets go of the runs (the next start goes on with them), and closes the store. */
  close(): Promise<void>;
}

/**
 * Builds the whole server from its configuration and listens. Everything is made here, with plain arguments, from the
 * store up to the sockets, and taken down in the opposite order.
 * @throws Refusal when the data folder, the master key or the address cannot be used.
 */
export async function startServer(config: Config, version: string): Promise<RunningSluice> {
  const now = Date.now;
  requireMetricsToken(config);
  const metrics = new ServerMetrics(config.dataFolder, now);
  // Made before the log that it hears; what it says itself is about no run.
  const runLogs: RunLogs = new RunLogs(join(config.dataFolder, 'logs', 'runs'), now, (error) =>
    log.warn('run-log.failed', { error }),
  );
  const log: Logger = heardLogger(createLogger({ level: config.logLevel }), [
    metrics.events.hear,
    runLogs.hear,
  ]);
  const store = await openStoreOf(config, log, metrics);
  const closers: (() => unknown)[] = [() => runLogs.flush(), () => store.close()];
  try {
    const secrets = await openSecretBox(config, store.maintenance);
    const firstAccount = await ensureFirstAccount(
      store,
      secrets,
      { domain: config.accountName, project: config.region, user: config.userName },
      now,
      {
        password: config.adminPassword?.reveal() ?? null,
        ak: config.accessKey,
        sk: config.secretKey?.reveal() ?? null,
      },
    );
    const registry = new ConnectorRegistry(bundle);

    const egressRules = { allow: config.egressAllow, deny: config.egressDeny };
    const pools = new LocalClusterPools({
      script: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      memoryMb: config.workerMemoryMb,
      codeCache: codeCacheOf(config),
      stopGraceMs: config.stopGraceMs,
      sliceWorkersMax: config.workersMax,
      machineMemoryMb: machineMemoryMb(),
      idleMs: config.workerIdleMs,
      egress: egressRules,
      find: async (clusterId) => foundCluster(await store.clusters.findById(clusterId)),
      onStderr: (pid, text) => log.warn('worker.stderr', { pid, text }),
    });
    closers.unshift(() => pools.end());
    // The desk tells the queue that there is work, the queue hands runs to the desk.
    let pokeQueue: () => void = () => undefined;
    const desk = new RunDesk({
      meter: metrics.runs,
      note: (run, event, fields) => runLogs.note(run, event, fields),
      store,
      secrets,
      pools,
      now,
      service: { zone: config.timeZone, version: datastore.version.name },
      leaseMs: config.leaseMs,
      requireUsable,
      log: log.info,
      onQueued: () => pokeQueue(),
    });
    const replays = new ReplayDesk({
      store,
      pools,
      secrets,
      service: { zone: config.timeZone, version: datastore.version.name },
      now,
      isAlone: config.storeUrl === null,
      log: log.info,
    });
    closers.unshift(() => replays.close());
    closers.unshift(() => desk.traces.close());
    closers.unshift(() => desk.close());
    const owner = config.storeUrl === null ? 'embedded' : `${hostname()}:${config.dataFolder}`;
    const verifications = new VerificationDesk({
      store,
      secrets,
      pools,
      now,
      service: { zone: config.timeZone, version: datastore.version.name },
      leaseMs: config.leaseMs,
      owner,
      log: log.info,
    });
    closers.unshift(() => verifications.close());
    const queue = new RunQueue({
      store,
      desk,
      runsMax: (clusterId) => pools.runsMax(clusterId),
      owner,
      leaseMs: config.leaseMs,
      now,
      log: log.info,
    });
    pokeQueue = () => queue.poke();
    closers.unshift(() => queue.close());
    const zone = new ZoneClock(config.timeZone);
    const jobTimer = new JobTimer({
      store,
      zone,
      now,
      after: afterWait,
      isUsable,
      onQueued: pokeQueue,
      log: log.info,
    });
    closers.unshift(() => jobTimer.close());

    const clusters = new ClusterService({
      store,
      runs: desk,
      traces: desk.traces,
      pools,
      timers: { now, after: afterWait },
      newId: randomUUID,
      log: log.info,
    });
    closers.unshift(() => clusters.close());
    const power = new PowerSchedule({
      store,
      actions: clusters.actions,
      zone,
      timers: { now, after: afterWait },
      log: log.info,
    });
    closers.unshift(() => power.close());
    const authenticator = createAuthenticator({ identity: store.identity, box: secrets, now });
    const tokens = createTokenService({ identity: store.identity, box: secrets, now });
    const egress = new Egress(egressRules, earlyLookups(resolveBySystem));
    const explorer = await readExplorerBundle(explorerFolder);
    if (explorer === null) log.warn('explorer.missing', { folder: explorerFolder });
    const accounts = new AccountService({
      store,
      box: secrets,
      now,
      onChanged: () => authenticator.forgetAll(),
    });
    const links = new LinkService({
      store,
      registry,
      secrets,
      runs: desk,
      traces: desk.traces,
      egress,
      now,
    });
    const jobs = new JobService({ store, registry, runs: desk, zone, now });
    const service = { zone: config.timeZone, version: datastore.version.name };
    const planDesk = new PlanDesk({ store, secrets, pools, now, service, log: log.info });
    const plans = new PlanService({ store, registry, zone, now, jobs, desk: planDesk });
    const feeds = new RunFeeds({
      findRun: (id) => store.runs.find(id),
      runs: desk,
      runLogs,
      connectors: bundle,
      now,
    });
    const trail = new Trail({ audit: store.audit, now, log: log.error });
    closers.unshift(() => trail.close());
    const app = buildApp({
      explorer,
      httpMeter: metrics.http,
      metrics: {
        access: config.metricsAccess,
        token: config.metricsToken,
        read: () => metrics.read(),
      },
      authenticator,
      accounts,
      trail,
      audit: store.audit,
      clusters,
      links,
      linkCatalog: new LinkCatalog({
        links,
        inspection: new LinkInspector({
          pools,
          projectOf: async (clusterId) => (await store.clusters.findById(clusterId))?.projectId ?? null,
          log: log.info,
        }),
      }),
      jobs,
      plans,
      transfer: new TransferService({ store, links, jobs }),
      groups: new GroupService({ store, jobs, now }),
      variables: new VariableService({ store, secrets, now }),
      quarantine: new Quarantine({ store, secrets, replays, now }),
      watermarks: new WatermarkService({ store, jobs, now }),
      verifications,
      runs: desk,
      connectors: bundle,
      runLogs,
      feeds,
      config: {
        address: config.host,
        region: config.region,
        zones: [`${config.region}a`],
        isPercentEncoded: config.percentEncodeLinkValues,
        version,
        publicUrl: config.publicUrl,
        bodyBytesMax: config.maxBodyBytes,
        jobIdForm: config.jobIdForm,
        rateLimits: config.rateLimits,
        userIsolation: config.userIsolation,
      },
      registerIdentity: (target) =>
        registerIamRoutes(target, {
          identity: store.identity,
          box: secrets,
          authenticator,
          tokens,
          rawRequest: (request) => request.rawCall,
          publicUrl: config.publicUrl,
          region: config.region,
          now,
          trail,
        }),
      quickStatus: { callers: authenticator, statuses: store.statuses },
      log: log.error,
    });
    closers.unshift(() => app.close());
    metrics.attach({
      countRuns: () => store.maintenance.countRuns(now()),
      storeConnections: () => store.connections,
      drivenRuns: () => desk.drivenRuns,
      pools: () => pools.numbers(),
      followers: () => feeds.listeners,
      connections: () =>
        new Promise((resolve) =>
          app.server.getConnections((error, count) => resolve(error === null ? count : 0)),
        ),
    });

    const housekeeping = new Housekeeping({
      store,
      historyDays: config.historyDays,
      auditDays: config.auditDays,
      cleanLogs: (before) => runLogs.clean(before),
      now,
      log: log.info,
    });
    closers.unshift(() => housekeeping.close());
    // First what was promised before the last end, then new requests.
    await clusters.resume();
    await queue.open();
    await verifications.open();
    await jobTimer.open();
    power.open();
    pools.warmUp();
    desk.traces.open();
    await replays.open();
    housekeeping.open();
    const address = await app
      .listen({ host: config.host, port: config.port, backlog: listenBacklog })
      .catch((error: unknown) => {
        throw cannotListen(config, error);
      });
    log.info('server.listening', {
      address,
      version,
      store: config.storeUrl === null ? 'embedded' : 'postgres',
    });
    return { address, firstAccount, log, close: () => closeAll(closers) };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function openStoreOf(config: Config, log: Logger, metrics: ServerMetrics): Promise<OpenedStore> {
  const url = config.storeUrl?.reveal();
  return await openStore(
    { dataFolder: config.dataFolder, ...(url === undefined ? {} : { url }) },
    {
      onConnectionLost: (error) => log.warn('store.connection-lost', { error }),
      onStatement: (elapsedMs, hasFailed) => metrics.store.count(elapsedMs, hasFailed),
    },
  );
}

/** What the pools need to know of a cluster. */
function foundCluster(cluster: ClusterRecord | null): FoundCluster | null {
  const flavor = cluster === null ? null : findFlavor(cluster.flavorId);
  if (cluster === null || flavor === null) return null;
  const { extractorsMax, ramGb } = flavor;
  return { projectId: cluster.projectId, takesWork: isUsable(cluster), extractorsMax, ramGb };
}

/** In MiB; in a container what it may use. */
function machineMemoryMb(): number {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(bytes / (1024 * 1024));
}

/** The folder this process itself keeps its code in, when it was started with one; else one beside the state. */
function codeCacheOf(config: Config): string | null {
  if (process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return null;
  const own = getCompileCacheDir() === undefined ? undefined : process.env.NODE_COMPILE_CACHE;
  return own ?? join(config.dataFolder, 'compiled');
}

function afterWait(waitMs: number, work: () => void): () => void {
  const timer = setTimeout(work, waitMs);
  return () => clearTimeout(timer);
}

/** Every closer gets its turn, also when one before it failed. */
async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  let failure: unknown = null;
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
}

function requireMetricsToken({ metricsAccess, metricsToken }: Config): void {
  if (metricsAccess !== 'token' || metricsToken !== null) return;
  throw new Refusal(
    {
      en: 'SLUICE_METRICS_ACCESS is token, but SLUICE_METRICS_TOKEN is not set.',
      zh: 'SLUICE_METRICS_ACCESS 为 token，但未设置 SLUICE_METRICS_TOKEN。',
    },
    { exitCode: 2 },
  );
}

function cannotListen(config: Config, error: unknown): Refusal {
  const place = `${config.host}:${config.port}`;
  const why = messageOf(error);
  return new Refusal(
    {
      en: `Cannot listen on ${place}: ${why}. Stop what uses the address, or choose another with --host and --port.`,
      zh: `无法监听 ${place}：${why}。请停止占用该地址的程序，或用 --host 和 --port 指定其他地址。`,
    },
    { cause: error },
  );
}
