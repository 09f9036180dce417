import type { FastifyInstance } from 'fastify';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { Authenticator } from '../../identity/caller.ts';
import type { JobService } from '../../jobs/job-service.ts';
import { parameterOf } from '../call.ts';
import { statusOf } from '../wire/submission.ts';
import { provedCall } from './operation-routes.ts';

export interface RunRouteDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
}

const job = '/api/v1/projects/:project_id/clusters/:cluster_id/jobs/:job_name';

/** Calls of our own about runs, under `/api/v1`: what the CDM API has no operation for. Proved like every other call. */
export function addRunRoutes(app: FastifyInstance, authenticator: Authenticator, deps: RunRouteDeps): void {
  const { clusters, jobs } = deps;

  app.post(`${job}/runs/:run_id/resume`, async (request, reply) => {
    const call = await provedCall(request, authenticator);
    const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
    const run = await jobs.resume(
      call.projectId,
      cluster.id,
      parameterOf(call, 'job_name'),
      parameterOf(call, 'run_id'),
      call.caller.userName,
    );
    // 202: stored and on its way; the CDM status operation tells how it goes on.
    return reply.status(202).send({
      id: run.id,
      submission_id: run.submissionId,
      job_name: run.jobName,
      state: run.state,
      cdm_status: statusOf(run.state),
      resumes_run_id: run.resumesRunId,
    });
  });
}
