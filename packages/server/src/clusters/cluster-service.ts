import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { runLimits } from '../runs/limits.ts';
import type { RunService } from '../runs/run-service.ts';
import type { TraceRemover } from '../runs/trace-janitor.ts';
import type { ClusterRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { datastore, findFlavor } from './flavors.ts';

/** A cluster as a caller describes it. */
export interface ClusterDraft {
  readonly name: string;
  readonly flavorId: string;
  /** What answers repeat: zone, network ids, schedule, reminders, tags. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** The state codes that this version gives; answers carry them as they are. */
export const clusterStatus = { creating: '100', normal: '200', createFailed: '303' } as const;

/** Time as clusters use it, so that tests need not wait. */
export interface ClusterTimers {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `work` once after the wait. @returns what cancels it. */
  after(waitMs: number, work: () => void): () => void;
}

export interface ClusterServiceDeps {
  readonly store: Store;
  readonly runs: Pick<RunService, 'stop'>;
  readonly traces: TraceRemover;
  readonly timers: ClusterTimers;
  readonly newId: () => string;
  /** Makes ready what a cluster needs before it may run jobs. May run again after a crash. @throws when it cannot; the creation has then failed. */
  readonly provision: (cluster: ClusterRecord) => Promise<void>;
  /** A line for the operator. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A creation is not reported done before this time: clients that poll see both states, as they would elsewhere. */
const createDelayMs = 500;
/** A deletion that could not be finished, for a run that does not end or a store that is away, is tried again after this time. */
const deleteRetryMs = 5_000;

/** Reserved member of `settings`: the deletion that was accepted and must be finished, whatever happens. */
const deletionMember = 'deletion';
/** Reserved member of `settings`: why a creation failed. */
const failureMember = 'createFailure';

/**
 * Clusters of projects. What the API promises in advance (creation, deletion) is stored before the promise is given,
 * and `resume` takes it up again after a crash.
 */
export class ClusterService {
  readonly #deps: ClusterServiceDeps;
  /** Work under way by cluster id: one creation or deletion at a time. */
  readonly #pending = new Map<string, () => void>();
  readonly #working = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: ClusterServiceDeps) {
    this.#deps = deps;
  }

  /** Goes on with creations and deletions that were accepted before the process ended. To be called once, at start-up. */
  async resume(): Promise<void> {
    for (const cluster of await this.#deps.store.clusters.listAll()) {
      if (isBeingDeleted(cluster)) this.#schedule(cluster.id, 0, () => this.#finishDeletion(cluster));
      else if (cluster.status === clusterStatus.creating) {
        this.#schedule(cluster.id, 0, () => this.#finishCreation(cluster));
      }
    }
  }

  /** Cancels what waits and resolves when nothing is under way any more. What is left is taken up by the next `resume`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
    await Promise.all(this.#working);
  }

  /** Oldest first. */
  list(projectId: string): Promise<readonly ClusterRecord[]> {
    return this.#deps.store.clusters.list(projectId);
  }

  /** @throws Cdm.0001 (404) when the project has no such cluster; it says nothing of other projects. */
  async find(projectId: string, clusterId: string): Promise<ClusterRecord> {
    const cluster = await this.#deps.store.clusters.find(projectId, clusterId);
    if (cluster === null) throw noSuchCluster();
    return cluster;
  }

  /** The cluster, for work with its links and jobs. @throws as `find`; Cdm.0201 (400) when it is not in the normal state. */
  async requireUsable(projectId: string, clusterId: string): Promise<ClusterRecord> {
    const cluster = await this.find(projectId, clusterId);
    requireUsable(cluster);
    return cluster;
  }

  /** Stores the cluster in the creating state and goes on by itself. @throws Cdm.0001 (404) when the flavor does not exist. */
  async create(projectId: string, draft: ClusterDraft, user: string): Promise<ClusterRecord> {
    const { store, timers, newId } = this.#deps;
    if (findFlavor(draft.flavorId) === null) throw new SluiceError('Cdm.0001', {}, { status: 404 });
    const at = timers.now();
    const cluster: ClusterRecord = {
      id: newId(),
      projectId,
      name: draft.name,
      status: clusterStatus.creating,
      flavorId: draft.flavorId,
      settings: { datastoreVersion: datastore.version.name, ...draft.settings },
      createdAt: at,
      updatedAt: at,
      createdBy: user,
    };
    await store.clusters.create(cluster);
    this.#schedule(cluster.id, createDelayMs, () => this.#finishCreation(cluster));
    return cluster;
  }

  /**
   * Accepts the deletion: from here on the cluster takes no work, and it is gone when its runs have been stopped.
   * @returns the handle of the deletion; the same for each call until the cluster is gone.
   * @throws as `find`.
   */
  async delete(projectId: string, clusterId: string, user: string): Promise<string> {
    const { store, timers, newId } = this.#deps;
    const doomed = await store.transaction(async (tx) => {
      // Of several callers at once the second sees what the first one wrote.
      await tx.clusters.lock(clusterId);
      const cluster = await tx.clusters.find(projectId, clusterId);
      if (cluster === null) throw noSuchCluster();
      if (isBeingDeleted(cluster)) return cluster;
      const deletion = { taskId: newId().replaceAll('-', ''), user, requestedAt: timers.now() };
      const changed: ClusterRecord = {
        ...cluster,
        settings: { ...cluster.settings, [deletionMember]: deletion },
        updatedAt: timers.now(),
      };
      await tx.clusters.update(changed);
      return changed;
    });
    // A creation that still waits is not needed any more; a deletion that waits is the same as this one.
    this.#pending.get(clusterId)?.();
    this.#pending.delete(clusterId);
    this.#schedule(clusterId, 0, () => this.#finishDeletion(doomed));
    return deletionOf(doomed)?.taskId ?? '';
  }

  async #finishCreation(cluster: ClusterRecord): Promise<void> {
    const { store, timers, provision, log } = this.#deps;
    let failure: Json = null;
    try {
      await provision(cluster);
    } catch (error) {
      log('cluster.create-failed', { cluster: cluster.id, error: messageOf(error) });
      failure = error instanceof SluiceError ? error.code : 'Cdm.0000';
    }
    // Read and written in one transaction, so that a deletion accepted meanwhile is not overwritten.
    await store.transaction(async (tx) => {
      const current = await tx.clusters.find(cluster.projectId, cluster.id);
      if (current === null || isBeingDeleted(current) || current.status !== clusterStatus.creating) return;
      await tx.clusters.update({
        ...current,
        status: failure === null ? clusterStatus.normal : clusterStatus.createFailed,
        settings: failure === null ? current.settings : { ...current.settings, [failureMember]: failure },
        updatedAt: timers.now(),
      });
    });
  }

  /** Stops the cluster's runs, then removes the cluster with its links, jobs and secrets. Repeats until it is done. */
  async #finishDeletion(cluster: ClusterRecord): Promise<void> {
    const { store, runs, traces } = this.#deps;
    const user = deletionOf(cluster)?.user ?? cluster.createdBy;
    for (const run of await store.runs.active(cluster.id)) {
      await runs.stop(cluster.id, run.jobName, user).catch((error: unknown) => {
        // It ended between the two calls: what was wanted.
        if (!(error instanceof SluiceError && error.code === 'Cdm.0053')) throw error;
      });
    }
    if ((await store.runs.active(cluster.id)).length > 0) {
      this.#schedule(cluster.id, deleteRetryMs, () => this.#finishDeletion(cluster));
      return;
    }
    // The links go with the cluster, and with them every way to what its runs left.
    await traces.removeNow({ clusterId: cluster.id }, runLimits.traceClearingMs);
    const isGone = await store.transaction(async (tx) => {
      // A start that came in meanwhile is stopped as well, before its cluster goes.
      await tx.clusters.lock(cluster.id);
      if ((await tx.runs.active(cluster.id)).length > 0) return false;
      await tx.clusters.delete(cluster.id);
      return true;
    });
    if (!isGone) this.#schedule(cluster.id, 0, () => this.#finishDeletion(cluster));
  }

  #schedule(clusterId: string, waitMs: number, work: () => Promise<void>): void {
    if (this.#isClosed) return;
    const cancel = this.#deps.timers.after(waitMs, () => {
      this.#pending.delete(clusterId);
      const running = work()
        .catch((error: unknown) => {
          this.#deps.log('cluster.retry', {
            cluster: clusterId,
            error: messageOf(error),
          });
          this.#schedule(clusterId, deleteRetryMs, work);
        })
        .finally(() => this.#working.delete(running));
      this.#working.add(running);
    });
    this.#pending.set(clusterId, cancel);
  }
}

interface Deletion {
  readonly taskId: string;
  readonly user: string;
}

function deletionOf(cluster: ClusterRecord): Deletion | null {
  const value = cluster.settings[deletionMember];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { taskId, user } = value as Record<string, Json>;
  return typeof taskId === 'string' && typeof user === 'string' ? { taskId, user } : null;
}

/** The deletion was accepted; the cluster takes no work any more. */
export function isBeingDeleted(cluster: ClusterRecord): boolean {
  return deletionOf(cluster) !== null;
}

/** The cluster takes work: of callers, and of its jobs' timers. */
export function isUsable(cluster: ClusterRecord): boolean {
  return cluster.status === clusterStatus.normal && !isBeingDeleted(cluster);
}

/** @throws Cdm.0201 (400) when the cluster takes no work. */
export function requireUsable(cluster: ClusterRecord): void {
  if (!isUsable(cluster)) throw notRunning(cluster);
}

/** Cdm.0201 (400): the cluster takes no work in its present state. */
function notRunning(cluster: ClusterRecord): SluiceError {
  return new SluiceError(
    'Cdm.0201',
    {
      cluster: cluster.name,
      ...explained({
        en: `Cluster ${cluster.name} is not running (state ${cluster.status}).`,
        zh: `集群 ${cluster.name} 未处于运行状态（状态 ${cluster.status}）。`,
      }),
    },
    { status: 400 },
  );
}

/** @returns the code of what made the creation fail; null when it did not fail. */
export function createFailureOf(cluster: ClusterRecord): string | null {
  const value = cluster.settings[failureMember];
  return typeof value === 'string' ? value : null;
}

function noSuchCluster(): SluiceError {
  return new SluiceError('Cdm.0001', {}, { status: 404 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
