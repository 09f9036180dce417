import { runsPageSizes } from '@sluice/contract/parameters';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import type { RunRecord } from '../../store/model.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber } from '../call.ts';
import { writeRun, writeRunSummary } from '../wire/run.ts';

export interface RunHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly runs: Pick<RunService, 'progress' | 'slices' | 'driven'>;
}

/** The active run of the job that the path names, from memory; null: this server drives none in the caller's project. */
export function drivenRun(runs: Pick<RunService, 'driven'>, call: Call): RunRecord | null {
  const run = runs.driven(parameterOf(call, 'cluster_id'), parameterOf(call, 'job_name'));
  return run?.projectId === call.projectId ? run : null;
}

/** Runs of our own API. What has run may be looked at whatever state its cluster is in. */
export function runHandlers(
  deps: RunHandlerDeps,
): Readonly<Record<'ListRuns' | 'ShowRun' | 'ResumeRun', Handler>> {
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
      const [name, runId] = [parameterOf(call, 'job_name'), parameterOf(call, 'run_id')];
      const driven = drivenRun(runs, call);
      const run = driven?.id === runId ? driven : await jobs.run(await clusterOf(call), name, runId);
      return writeRun(run, runs.progress(run), await runs.slices(run), call.language);
    },

    async ResumeRun(call) {
      const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
      const [name, runId] = [parameterOf(call, 'job_name'), parameterOf(call, 'run_id')];
      const run = await jobs.resume(call.projectId, cluster.id, name, runId, call.caller.userName);
      // Stored and on its way; the status operation and ShowRun tell how it goes on.
      return { run: writeRunSummary(run, runs.progress(run), call.language) };
    },
  };
}
