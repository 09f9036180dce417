import { randomUUID } from 'node:crypto';
import type { RunRecord } from '../store/model.ts';
import type { VerificationRecord } from '../store/verification-record.ts';

/** A verification as it stands in the queue. @param at Unix milliseconds. */
export function newVerification(
  run: RunRecord,
  user: string,
  at: number,
  wish: Pick<VerificationRecord, 'kind' | 'removesExtra' | 'phase'>,
): VerificationRecord {
  return {
    id: randomUUID(),
    runId: run.id,
    projectId: run.projectId,
    clusterId: run.clusterId,
    ...wish,
    state: 'queued',
    plan: null,
    notComparable: null,
    isAtSnapshot: false,
    failure: null,
    createdBy: user,
    createdAt: at,
    startedAt: null,
    endedAt: null,
    stopRequestedBy: null,
    leaseOwner: null,
    leaseUntil: 0,
    fence: 0,
  };
}
