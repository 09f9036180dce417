import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterPools } from '../runs/cluster-pools.ts';
import type { ClusterRecord } from '../store/model.ts';
import { ClusterActions, type ClusterActionsDeps, noSuchCluster, refusedNow } from './cluster-actions.ts';
import { clusterStatus, isBeingDeleted, isReadable, isUsable } from './cluster-states.ts';
import { datastore, findFlavor } from './flavors.ts';
import { clusterLimits } from './limits.ts';
import {
  noPowerSettings,
  type PowerSettings,
  powerSettingsOf,
  requirePowerSettings,
} from './power-settings.ts';

/** A live worker process of a cluster. */
export type ClusterWorker = ReturnType<ClusterPools['instances']>[number];

/** A cluster as a caller describes it. */
export interface ClusterDraft {
  readonly name: string;
  readonly flavorId: string;
  readonly power?: PowerSettings;
  /** What answers repeat: zone, network ids, reminders, tags. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** What is to be changed of a cluster; what is absent stays. */
export interface ClusterChange {
  readonly power: Partial<PowerSettings>;
  readonly settings: Readonly<Record<string, Json>>;
}

export interface ClusterServiceDeps extends ClusterActionsDeps {
  readonly pools: ClusterPools;
}

/** Clusters of projects: their records. What is done with them is in `actions`. */
export class ClusterService {
  readonly actions: ClusterActions;
  readonly #deps: ClusterServiceDeps;

  constructor(deps: ClusterServiceDeps) {
    this.#deps = deps;
    this.actions = new ClusterActions(deps);
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

  /**
   * The cluster, for a look at what it holds or to stop a run of it: that is also possible while it stops or restarts, for
   * runs may still be under way. @throws as `find`; Cdm.0201 (400) in any other state.
   */
  async requireReadable(projectId: string, clusterId: string): Promise<ClusterRecord> {
    const cluster = await this.find(projectId, clusterId);
    if (!isReadable(cluster)) throw notRunning(cluster);
    return cluster;
  }

  /**
   * Those of some clusters that take work; at least one.
   * @throws Cdm.0001 (404) the project has none of them; Cdm.0201 (400) none of them takes work.
   */
  async usableOf(projectId: string, clusterIds: ReadonlySet<string>): Promise<readonly ClusterRecord[]> {
    const found = (await this.list(projectId)).filter(({ id }) => clusterIds.has(id));
    if (found.length === 0) throw noSuchCluster();
    const usable = found.filter(isUsable);
    if (usable.length > 0) return usable;
    throw new SluiceError(
      'Cdm.0201',
      explained({ en: 'None of the clusters is running.', zh: '所列集群均未处于运行状态。' }),
      { status: 400 },
    );
  }

  /**
   * Stores the cluster in the creating state and goes on by itself.
   * @throws Cdm.0001 (404) when the flavor does not exist; as `requirePowerSettings`.
   */
  async create(projectId: string, draft: ClusterDraft, user: string): Promise<ClusterRecord> {
    const { store, timers, newId } = this.#deps;
    if (findFlavor(draft.flavorId) === null) throw new SluiceError('Cdm.0001', {}, { status: 404 });
    const power = draft.power ?? noPowerSettings;
    requirePowerSettings(power);
    const at = timers.now();
    const cluster: ClusterRecord = {
      id: newId(),
      projectId,
      name: draft.name,
      status: clusterStatus.creating,
      flavorId: draft.flavorId,
      settings: {
        datastoreVersion: datastore.version.name,
        ...draft.settings,
        ...power,
        powerSince: at,
      },
      createdAt: at,
      updatedAt: at,
      createdBy: user,
    };
    await store.clusters.create(cluster);
    this.actions.goOn(cluster.id, clusterLimits.createDelayMs);
    return cluster;
  }

  /**
   * Changes settings, in every state but under deletion. A schedule counts from the change.
   * @throws as `find`; as `requirePowerSettings`, of what they are together with what stays; CDM.5090 under deletion.
   */
  async modify(projectId: string, clusterId: string, change: ClusterChange): Promise<void> {
    const { store, timers } = this.#deps;
    await store.transaction(async (tx) => {
      const cluster = await tx.clusters.lock(clusterId);
      if (cluster?.projectId !== projectId) throw noSuchCluster();
      if (isBeingDeleted(cluster)) throw refusedNow(cluster);
      const at = timers.now();
      const before = powerSettingsOf(cluster);
      const power = { ...before, ...change.power };
      requirePowerSettings(power);
      const isSameSchedule =
        power.isScheduleBootOff === before.isScheduleBootOff &&
        power.scheduleBootTime === before.scheduleBootTime &&
        power.scheduleOffTime === before.scheduleOffTime;
      const settings = {
        ...cluster.settings,
        ...change.settings,
        ...power,
        ...(isSameSchedule ? {} : { powerSince: at }),
      };
      await tx.clusters.update({ ...cluster, settings, updatedAt: at });
    });
  }

  /** Live worker processes of a cluster; the oldest first. */
  workers(cluster: ClusterRecord): readonly ClusterWorker[] {
    return [...this.#deps.pools.instances(cluster.id)].sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Takes up what was promised before the last end. To be called once, at start-up, before the first request. */
  async resume(): Promise<void> {
    await this.actions.takeUp();
  }

  async close(): Promise<void> {
    await this.actions.close();
  }
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
