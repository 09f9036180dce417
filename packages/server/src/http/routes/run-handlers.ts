import type { OwnOperationId } from '@sluice/contract/own-operations';
import { runsPageSizes } from '@sluice/contract/parameters';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber } from '../call.ts';
import { writeRun, writeRunSummary } from '../wire/run.ts';

export interface RunHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly runs: Pick<RunService, 'progress' | 'slices'>;
}

/** Runs of our own API. What has run may be looked at whatever state its cluster is in. */
export function runHandlers(deps: RunHandlerDeps): Readonly<Record<OwnOperationId, Handler>> {
  const { clusters, jobs, runs } = deps;

  async function clusterOf(call: Call): Promise<string> {
    return (await clusters.find(call.projectId, parameterOf(call, 'cluster_id'))).id;
  }

  return {
    async ListRuns(call) {
      const clusterId = await clusterOf(call);
      const pageNo = pageNumber(call);
      const pageSize = queryNumber(call, 'page_size', runsPageSizes);
      const name = parameterOf(call, 'job_name');
      const found = await jobs.runs(clusterId, name, pageSize, (pageNo - 1) * pageSize);
      return {
        runs: found.runs.map((run) => writeRunSummary(run, runs.progress(run), call.language)),
        total: found.total,
        page_no: pageNo,
        page_size: pageSize,
      };
    },

    async ShowRun(call) {
      const clusterId = await clusterOf(call);
      const run = await jobs.run(clusterId, parameterOf(call, 'job_name'), parameterOf(call, 'run_id'));
      return writeRun(run, runs.progress(run), await runs.slices(run), call.language);
    },
  };
}
