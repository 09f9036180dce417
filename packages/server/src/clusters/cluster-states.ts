import type { Json } from '@sluice/core/data/json';
import type { ClusterRecord } from '../store/model.ts';

/** The published state codes; answers carry them as they are. */
export const clusterStatus = {
  creating: '100',
  normal: '200',
  failed: '300',
  createFailed: '303',
  restarting: '500',
  stopped: '900',
  stopping: '910',
  starting: '920',
} as const;

export type ClusterStatus = (typeof clusterStatus)[keyof typeof clusterStatus];

/** What can be asked of a cluster that is there. Its deletion is legal in every state and ends whatever is under way. */
export type PowerActionName = 'start' | 'stop' | 'restart';

/**
 * The life of a cluster as a table. An action is accepted in the states of `from` and in no other; what the cluster
 * reads while it is carried out is `during`, and `to` when that went well. An action whose workers could not be started
 * leaves the cluster failed, and from there it can be started or restarted again.
 */
export const powerActions: Readonly<
  Record<
    PowerActionName,
    { readonly from: readonly ClusterStatus[]; readonly during: ClusterStatus; readonly to: ClusterStatus }
  >
> = {
  start: {
    from: [clusterStatus.stopped, clusterStatus.failed],
    during: clusterStatus.starting,
    to: clusterStatus.normal,
  },
  stop: { from: [clusterStatus.normal], during: clusterStatus.stopping, to: clusterStatus.stopped },
  restart: {
    from: [clusterStatus.normal, clusterStatus.failed],
    during: clusterStatus.restarting,
    to: clusterStatus.normal,
  },
};

/** An accepted action, as it is stored until it is done. */
export interface PowerAction {
  readonly name: PowerActionName;
  /** Opaque; answers give it as `jobId`. */
  readonly taskId: string;
  /** Who asked; stopped runs name him. */
  readonly user: string;
  /** Unix milliseconds. */
  readonly requestedAt: number;
  /** `wait`: nothing is done before `until`; `drain`: nothing before the runs have ended, or `until`. */
  readonly patience: 'none' | 'wait' | 'drain';
  /** Unix milliseconds; null: the wait has no end of its own. */
  readonly until: number | null;
}

/** Reserved members of `settings`. What was accepted and must be finished, whatever happens: */
const deletionMember = 'deletion';
const actionMember = 'action';
/** Why the last creation, start or restart failed: a code. */
const failureMember = 'failure';
/** Task of the newest restart: worker processes that are older than it are to be replaced, on every server. */
const restartMember = 'restart';
/** Earlier name of the same, as stores of older versions have it. */
const createFailureMember = 'createFailure';

export interface Deletion {
  readonly taskId: string;
  readonly user: string;
}

export function deletionOf(cluster: ClusterRecord): Deletion | null {
  const value = membersOf(cluster.settings[deletionMember]);
  const { taskId, user } = value ?? {};
  return typeof taskId === 'string' && typeof user === 'string' ? { taskId, user } : null;
}

/** The cluster with an accepted deletion. */
export function withDeletion(cluster: ClusterRecord, deletion: Deletion, at: number): ClusterRecord {
  const settings = { ...cluster.settings, [deletionMember]: { ...deletion, requestedAt: at } };
  return { ...cluster, settings, updatedAt: at };
}

/** The action under way; null: none. */
export function actionOf(cluster: ClusterRecord): PowerAction | null {
  const value = membersOf(cluster.settings[actionMember]);
  return value === null ? null : (value as unknown as PowerAction);
}

/** The cluster as it is while an action is carried out. */
export function withAction(cluster: ClusterRecord, action: PowerAction): ClusterRecord {
  const { [failureMember]: _, ...settings } = cluster.settings;
  return {
    ...cluster,
    status: powerActions[action.name].during,
    settings: { ...settings, [actionMember]: { ...action } },
    updatedAt: action.requestedAt,
  };
}

/** The cluster when what was under way is over. @param failure code of what made it fail; null: it went well. */
export function settled(
  cluster: ClusterRecord,
  status: ClusterStatus,
  failure: string | null,
  at: number,
): ClusterRecord {
  const { [actionMember]: _, ...settings } = cluster.settings;
  const reason: Readonly<Record<string, Json>> = failure === null ? {} : { [failureMember]: failure };
  const task = restartOf(cluster);
  const restart: Readonly<Record<string, Json>> = task === '' ? {} : { [restartMember]: task };
  return { ...cluster, status, settings: { ...settings, ...restart, ...reason }, updatedAt: at };
}

/** Task of the newest restart, the one under way included; empty: there was none. */
export function restartOf(cluster: ClusterRecord): string {
  const action = actionOf(cluster);
  if (action?.name === 'restart') return action.taskId;
  const value = cluster.settings[restartMember];
  return typeof value === 'string' ? value : '';
}

/** The deletion was accepted; the cluster takes no work any more. */
export function isBeingDeleted(cluster: ClusterRecord): boolean {
  return deletionOf(cluster) !== null;
}

/** The cluster takes work: of callers, and of its jobs' timers. */
export function isUsable(cluster: ClusterRecord): boolean {
  return cluster.status === clusterStatus.normal && !isBeingDeleted(cluster);
}

/** What the cluster holds may be looked at and its runs may be stopped, though it takes no new work: runs may still be under way. */
export function isReadable(cluster: ClusterRecord): boolean {
  if (isBeingDeleted(cluster)) return false;
  const { normal, stopping, restarting } = clusterStatus;
  return [normal, stopping, restarting].some((status) => status === cluster.status);
}

/** Something is under way that ends by itself. */
export function isChanging(cluster: ClusterRecord): boolean {
  const { creating, starting, stopping, restarting } = clusterStatus;
  return (
    isBeingDeleted(cluster) ||
    [creating, starting, stopping, restarting].some((status) => status === cluster.status)
  );
}

/** @returns the code of what made the last creation, start or restart fail; null when it did not fail. */
export function failureOf(cluster: ClusterRecord): string | null {
  const value = cluster.settings[failureMember] ?? cluster.settings[createFailureMember];
  return typeof value === 'string' ? value : null;
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json>> | null {
  if (value === null || value === undefined || typeof value !== 'object' || Array.isArray(value)) return null;
  return value as Readonly<Record<string, Json>>;
}
