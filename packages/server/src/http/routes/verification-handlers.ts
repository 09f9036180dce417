import type { VerificationOperationId } from '@sluice/contract/verification-operations';
import { RepairRequest } from '@sluice/contract/verification-views';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { VerificationService } from '../../runs/verification-desk.ts';
import type { RunRecord } from '../../store/model.ts';
import type { VerificationRecord } from '../../store/verification-record.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { writeVerification, writeVerificationSummary } from '../wire/verification.ts';

export interface VerificationHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly verifications: VerificationService;
}

/** Verifications of runs. What was found may be looked at whatever state its cluster is in. */
export function verificationHandlers(
  deps: VerificationHandlerDeps,
): Readonly<Record<VerificationOperationId, Handler>> {
  const { clusters, jobs, verifications } = deps;

  async function runOf(call: Call, needsCluster: boolean): Promise<RunRecord> {
    const clusterId = parameterOf(call, 'cluster_id');
    const { id } = needsCluster
      ? await clusters.requireUsable(call.projectId, clusterId)
      : await clusters.find(call.projectId, clusterId);
    return await jobs.run(id, parameterOf(call, 'job_name'), parameterOf(call, 'run_id'));
  }

  async function shown(run: RunRecord, record: VerificationRecord, call: Call) {
    return writeVerification(run, record, await verifications.chunks(record.id), call.language);
  }

  return {
    async StartVerification(call) {
      const run = await runOf(call, true);
      return await shown(run, await verifications.start(run, call.caller.userName), call);
    },

    async ListVerifications(call) {
      const run = await runOf(call, false);
      const found = await verifications.list(run);
      const listed: ReturnType<typeof writeVerificationSummary>[] = [];
      // One after the other: the keys that differ are read with the chunks, and of all together they may be many.
      for (const record of found)
        listed.push(writeVerificationSummary(record, await verifications.chunks(record.id), call.language));
      return { verifications: listed };
    },

    async ShowVerification(call) {
      const run = await runOf(call, false);
      return await shown(run, await verifications.find(run, parameterOf(call, 'verification_id')), call);
    },

    async StopVerification(call) {
      const run = await runOf(call, false);
      const id = parameterOf(call, 'verification_id');
      return await shown(run, await verifications.stop(run, id, call.caller.userName), call);
    },

    async RepairDifferences(call) {
      const run = await runOf(call, true);
      const { remove_extra = false } = checkedBody(call, RepairRequest);
      const found = await verifications.find(run, parameterOf(call, 'verification_id'));
      const { userName } = call.caller;
      return await shown(run, await verifications.repair(run, found, remove_extra, userName), call);
    },
  };
}
