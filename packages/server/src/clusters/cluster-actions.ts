import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterPools } from '../runs/cluster-pools.ts';
import { runLimits } from '../runs/limits.ts';
import type { RunHolder } from '../runs/run-service.ts';
import type { TraceRemover } from '../runs/trace-janitor.ts';
import type { ClusterRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import {
  actionOf,
  type ClusterStatus,
  clusterStatus,
  deletionOf,
  isBeingDeleted,
  isChanging,
  isUsable,
  type PowerAction,
  type PowerActionName,
  powerActions,
  restartOf,
  settled,
  withAction,
  withDeletion,
} from './cluster-states.ts';
import { findFlavor } from './flavors.ts';
import { clusterLimits } from './limits.ts';

/** In place of a restart's task: a pool that was opened while one was waiting. */
const beforeRestart = 'before';

/** Time as clusters use it, so that tests need not wait. */
export interface ClusterTimers {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `work` once after the wait; it never rejects. @returns what cancels it. */
  after(waitMs: number, work: () => Promise<void> | void): () => void;
}

export interface ClusterActionsDeps {
  readonly store: Store;
  readonly runs: RunHolder;
  readonly traces: TraceRemover;
  readonly pools: Pick<ClusterPools, 'open' | 'close'>;
  readonly timers: ClusterTimers;
  readonly newId: () => string;
  /** A line for the operator. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How an action goes about the runs that are under way. */
export interface ActionWish {
  readonly name: PowerActionName;
  /** `wait`: it begins after `delaySeconds`; `drain`: when the runs have ended, after `delaySeconds` at the latest. */
  readonly patience: PowerAction['patience'];
  /** null: no limit. */
  readonly delaySeconds: number | null;
}

/** An action that begins at once. */
export function atOnce(name: PowerActionName): ActionWish {
  return { name, patience: 'none', delaySeconds: null };
}

/**
 * Starts, stops, restarts and deletes clusters, and finishes their creation. What was asked for is stored before it is
 * promised; from then on it is carried out by the cluster's record alone, in steps that may be repeated: so whoever
 * comes after a crash, or another server on the same store, goes on where the record stands. Of two actions at once the
 * one that locks the record first wins; the other finds a state that does not allow it.
 */
export class ClusterActions {
  readonly #deps: ClusterActionsDeps;
  /** Waits by cluster id: one for each cluster, the newest. */
  readonly #pending = new Map<string, () => void>();
  /** Steps under way by cluster id: one at a time. */
  readonly #working = new Map<string, Promise<void>>();
  /** Clusters whose pool this server has opened, each with the restart since which it is open. */
  readonly #open = new Map<string, string>();
  #isClosed = false;

  constructor(deps: ClusterActionsDeps) {
    this.#deps = deps;
  }

  /**
   * Brings this server in line with the records: goes on with what was accepted before a crash or by a server that is gone,
   * opens the pools of clusters that take work and closes those of clusters that do not any more. Safe at any time; to be
   * called at start-up, before the first request.
   * @returns every cluster.
   */
  async takeUp(): Promise<readonly ClusterRecord[]> {
    const clusters = await this.#deps.store.clusters.listAll();
    for (const cluster of clusters) {
      if (this.#pending.has(cluster.id) || this.#working.has(cluster.id)) continue;
      const wanted = isUsable(cluster) ? restartOf(cluster) : undefined;
      if (isChanging(cluster) || this.#open.get(cluster.id) !== wanted) this.goOn(cluster.id);
    }
    const known = new Set(clusters.map(({ id }) => id));
    for (const id of this.#open.keys()) if (!known.has(id)) this.goOn(id);
    return clusters;
  }

  /** Cancels what waits and resolves when nothing is under way any more. What is left is taken up by the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
    await Promise.all(this.#working.values());
  }

  /**
   * Accepts an action.
   * @returns its handle. @throws Cdm.0001 (404) no such cluster; CDM.5090 its state does not allow the action.
   */
  async request(projectId: string, clusterId: string, wish: ActionWish, user: string): Promise<string> {
    const action = this.newAction(wish, user);
    await this.#deps.store.transaction(async (tx) => {
      const cluster = await tx.clusters.lock(clusterId);
      if (cluster?.projectId !== projectId) throw noSuchCluster();
      requireLegal(cluster, wish.name);
      await tx.clusters.update(withAction(cluster, action));
    });
    this.goOn(clusterId);
    return action.taskId;
  }

  /** An action as it is to be stored, asked for now. */
  newAction({ name, patience, delaySeconds }: ActionWish, user: string): PowerAction {
    const at = this.#deps.timers.now();
    const until = delaySeconds === null ? null : at + delaySeconds * 1_000;
    return { name, taskId: this.#newTaskId(), user, requestedAt: at, patience, until };
  }

  /**
   * Accepts the deletion: from here on the cluster takes no work, and it is gone when its runs have been stopped.
   * @returns the handle of the deletion; the same for each call until the cluster is gone.
   * @throws Cdm.0001 (404) no such cluster.
   */
  async delete(projectId: string, clusterId: string, user: string): Promise<string> {
    const { store, timers } = this.#deps;
    const deletion = { taskId: this.#newTaskId(), user };
    const accepted = await store.transaction(async (tx) => {
      const cluster = await tx.clusters.lock(clusterId);
      if (cluster?.projectId !== projectId) throw noSuchCluster();
      const earlier = deletionOf(cluster);
      if (earlier !== null) return earlier;
      await tx.clusters.update(withDeletion(cluster, deletion, timers.now()));
      return deletion;
    });
    this.goOn(clusterId);
    return accepted.taskId;
  }

  /** Carries on with what a cluster's record asks for, after a wait in milliseconds; in place of an earlier wait. */
  goOn(clusterId: string, waitMs = 0): void {
    if (this.#isClosed) return;
    this.#pending.get(clusterId)?.();
    const cancel = this.#deps.timers.after(waitMs, () => {
      this.#pending.delete(clusterId);
      return this.#begin(clusterId);
    });
    this.#pending.set(clusterId, cancel);
  }

  #newTaskId(): string {
    return this.#deps.newId().replaceAll('-', '');
  }

  #begin(clusterId: string): Promise<void> {
    const before = this.#working.get(clusterId) ?? Promise.resolve();
    const working = before
      .then(() => this.#advance(clusterId))
      .catch((error: unknown) => {
        this.#deps.log('cluster.retry', { cluster: clusterId, error: messageOf(error) });
        return clusterLimits.retryMs;
      })
      .then((waitMs) => {
        if (this.#working.get(clusterId) === working) this.#working.delete(clusterId);
        // What was asked for meanwhile comes first.
        if (waitMs !== null && !this.#pending.has(clusterId)) this.goOn(clusterId, waitMs);
      });
    this.#working.set(clusterId, working);
    return working;
  }

  /** Takes the next step of a cluster. @returns milliseconds until the one after it; null: nothing is left to do. */
  async #advance(clusterId: string): Promise<number | null> {
    if (this.#isClosed) return null;
    const cluster = await this.#deps.store.clusters.findById(clusterId);
    if (cluster === null) {
      await this.#closePool(clusterId);
      return null;
    }
    if (isBeingDeleted(cluster)) return await this.#finishDeletion(cluster);
    switch (cluster.status) {
      case clusterStatus.creating:
        return await this.#openTo(cluster, clusterStatus.createFailed);
      case clusterStatus.starting:
        return await this.#openTo(cluster, clusterStatus.failed);
      case clusterStatus.stopping:
        return await this.#finishStop(cluster);
      case clusterStatus.restarting:
        return await this.#finishRestart(cluster);
      case clusterStatus.normal:
        await this.#renewPool(cluster);
        return null;
      default:
        await this.#closePool(clusterId);
        return null;
    }
  }

  /** Opens the cluster's pool; the cluster is normal then, or has failed. */
  async #openTo(cluster: ClusterRecord, whenFailed: ClusterStatus): Promise<null> {
    try {
      await this.#renewPool(cluster);
    } catch (error) {
      const code = error instanceof SluiceError ? error.code : 'Cdm.0000';
      this.#deps.log('cluster.failed', { cluster: cluster.id, status: whenFailed, error: messageOf(error) });
      await this.#closePool(cluster.id);
      await this.#settle(cluster, whenFailed, code);
      return null;
    }
    await this.#settle(cluster, clusterStatus.normal, null);
    return null;
  }

  async #finishStop(cluster: ClusterRecord): Promise<number | null> {
    const waitMs = await this.#waitFor(cluster);
    if (waitMs !== null) return waitMs;
    // Runs end by themselves while their workers live, so these go last.
    if (!(await this.#stopRuns(cluster, actionOf(cluster)?.user ?? cluster.createdBy))) {
      return clusterLimits.drainPauseMs;
    }
    await this.#closePool(cluster.id);
    await this.#settle(cluster, clusterStatus.stopped, null);
    return null;
  }

  /** Runs that are under way are let go of, and go on in new worker processes behind their last checkpoints. */
  async #finishRestart(cluster: ClusterRecord): Promise<number | null> {
    const waitMs = await this.#waitFor(cluster);
    if (waitMs !== null) return waitMs;
    return await this.#openTo(cluster, clusterStatus.failed);
  }

  /** Stops the cluster's runs, then removes the cluster with its links, jobs and secrets. */
  async #finishDeletion(cluster: ClusterRecord): Promise<number | null> {
    const { store, traces } = this.#deps;
    const user = deletionOf(cluster)?.user ?? cluster.createdBy;
    if (!(await this.#stopRuns(cluster, user))) return clusterLimits.retryMs;
    // The links go with the cluster, and with them every way to what its runs left.
    await traces.removeNow({ clusterId: cluster.id }, runLimits.traceClearingMs);
    await this.#closePool(cluster.id);
    await store.clusters.delete(cluster.id);
    return null;
  }

  /** What is left of the wait that an action asked for, in milliseconds; null: it is over. */
  async #waitFor(cluster: ClusterRecord): Promise<number | null> {
    const { store, timers } = this.#deps;
    const { patience, until } = actionOf(cluster) ?? { patience: 'none', until: null };
    if (patience === 'none') return null;
    const leftMs = until === null ? Number.POSITIVE_INFINITY : until - timers.now();
    if (leftMs <= 0) return null;
    const isIdle = (await store.runs.active(cluster.id)).length === 0;
    if (isIdle && patience === 'drain') return null;
    // After a crash the runs that are under way need workers again; without them they can still be stopped.
    if (!isIdle) {
      await this.#openPool(cluster, beforeRestart).catch((error: unknown) =>
        this.#deps.log('cluster.pool-failed', { cluster: cluster.id, error: messageOf(error) }),
      );
    }
    return patience === 'drain' ? Math.min(leftMs, clusterLimits.drainPauseMs) : leftMs;
  }

  /** @returns whether no run is active any more. */
  async #stopRuns(cluster: ClusterRecord, user: string): Promise<boolean> {
    const { store, runs } = this.#deps;
    const active = await store.runs.active(cluster.id);
    for (let at = 0; at < active.length; at += clusterLimits.stopsAtOnceMax) {
      const some = active.slice(at, at + clusterLimits.stopsAtOnceMax);
      await Promise.all(
        some.map(({ jobName }) =>
          runs.stop(cluster.id, jobName, user).catch((error: unknown) => {
            // It ended between the two calls: what was wanted.
            if (!(error instanceof SluiceError && error.code === 'Cdm.0053')) throw error;
          }),
        ),
      );
    }
    return active.length === 0 || (await store.runs.active(cluster.id)).length === 0;
  }

  /** Opens the cluster's pool; one that was opened before the cluster's newest restart is closed first. */
  async #renewPool(cluster: ClusterRecord): Promise<void> {
    const opened = this.#open.get(cluster.id);
    if (opened === undefined || opened === restartOf(cluster)) return await this.#openPool(cluster);
    const { runs } = this.#deps;
    // First nobody drives the runs any more: one whose workers are taken from under it would fail.
    const held = runs.hold(cluster.id);
    try {
      await this.#closePool(cluster.id);
      await held;
      await this.#openPool(cluster);
    } finally {
      runs.release(cluster.id);
    }
  }

  /** @param since the restart since which it is open, unless it is open already. */
  async #openPool(cluster: ClusterRecord, since = restartOf(cluster)): Promise<void> {
    const flavor = findFlavor(cluster.flavorId);
    if (flavor === null) throw new SluiceError('Cdm.0001', { name: cluster.flavorId });
    await this.#deps.pools.open(cluster.id, flavor);
    if (!this.#open.has(cluster.id)) this.#open.set(cluster.id, since);
  }

  async #closePool(clusterId: string): Promise<void> {
    await this.#deps.pools.close(clusterId);
    this.#open.delete(clusterId);
  }

  /** Stores the end of what was under way, unless something else was asked for meanwhile: then that comes next. */
  async #settle(worked: ClusterRecord, status: ClusterStatus, failure: string | null): Promise<void> {
    const { store, timers, log } = this.#deps;
    const isSettled = await store.transaction(async (tx) => {
      const current = await tx.clusters.lock(worked.id);
      if (current === null || isBeingDeleted(current) || current.status !== worked.status) return false;
      if (actionOf(current)?.taskId !== actionOf(worked)?.taskId) return false;
      await tx.clusters.update(settled(current, status, failure, timers.now()));
      return true;
    });
    if (isSettled) log('cluster.settled', { cluster: worked.id, was: worked.status, is: status });
    else this.goOn(worked.id);
  }
}

function requireLegal(cluster: ClusterRecord, name: PowerActionName): void {
  const isLegal = powerActions[name].from.some((status) => status === cluster.status);
  if (isLegal && !isBeingDeleted(cluster)) return;
  throw refusedNow(cluster);
}

/** The cluster's state does not allow what was asked for. */
export function refusedNow(cluster: ClusterRecord): SluiceError {
  const facts = { status: cluster.status, cluster: cluster.name };
  if (!isBeingDeleted(cluster)) return new SluiceError('CDM.5090', facts);
  return new SluiceError('CDM.5090', {
    ...facts,
    ...explained({ en: 'The cluster is being deleted.', zh: '集群正在删除。' }),
  });
}

export function noSuchCluster(): SluiceError {
  return new SluiceError('Cdm.0001', {}, { status: 404 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
