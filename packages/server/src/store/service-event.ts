import { randomUUID } from 'node:crypto';
import type { ClusterRecord, JobRecord } from './model.ts';
import type { Store } from './store.ts';

/** Who is named where the service did something by itself. */
export const serviceUser = 'system';

/** What the service did without being asked: a schedule, a daily time, or idleness was the reason. */
export interface ServiceAct {
  readonly event: 'startJob' | 'startCluster' | 'stopCluster';
  /** Unix milliseconds. */
  readonly at: number;
  readonly cluster: Pick<ClusterRecord, 'id' | 'name' | 'projectId'>;
  /** null: it was about the cluster. */
  readonly job: Pick<JobRecord, 'id' | 'name'> | null;
}

/**
 * Writes such an act into the audit trail, in the transaction of the change: an event of that name would be there had
 * somebody called. It names no caller, no address and no request.
 */
export async function recordServiceEvent(
  tx: Pick<Store, 'audit' | 'identity'>,
  { event, at, cluster, job }: ServiceAct,
): Promise<void> {
  const project = await tx.identity.findProject({ id: cluster.projectId });
  const about = job === null ? { type: 'cluster', ...cluster } : { type: 'job', ...job };
  await tx.audit.record({
    id: randomUUID(),
    at,
    domainId: project?.domainId ?? null,
    projectId: cluster.projectId,
    clusterId: cluster.id,
    userId: null,
    userName: serviceUser,
    source: '',
    event,
    operation: '',
    resourceType: about.type,
    resourceId: String(about.id),
    resourceName: about.name,
    result: 'success',
    errorCode: null,
    requestId: '',
    repeats: 1,
  });
}
