import { logTailLines, runsPageSizes } from '@sluice/contract/parameters';
import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import { ignoredSettings } from '../../jobs/ignored-settings.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import type { RunRecord } from '../../store/model.ts';
import type { RunLogs } from '../../telemetry/run-logs.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { writeLogLine } from '../run-feed.ts';
import type { RunFeeds } from '../run-feeds.ts';
import { writeRun, writeRunSummary } from '../wire/run.ts';

export interface RunHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly connectors: readonly ConnectorSpec[];
  readonly runs: Pick<RunService, 'progress' | 'slices' | 'driven'>;
  readonly runLogs: Pick<RunLogs, 'read' | 'tail'>;
  readonly feeds: Pick<RunFeeds, 'follow'>;
}

/** The active run of the job that the path names, from memory; null: this server drives none in the caller's project. */
export function drivenRun(runs: Pick<RunService, 'driven'>, call: Call): RunRecord | null {
  const run = runs.driven(parameterOf(call, 'cluster_id'), parameterOf(call, 'job_name'));
  return run?.projectId === call.projectId ? run : null;
}

/** Runs of our own API. What has run may be looked at whatever state its cluster is in. */
export function runHandlers(
  deps: RunHandlerDeps,
): Readonly<Record<'ListRuns' | 'ShowRun' | 'ShowRunLog' | 'FollowRun' | 'ResumeRun', Handler>> {
  const { clusters, jobs, runs, runLogs, feeds } = deps;

  async function clusterOf(call: Call): Promise<string> {
    return (await clusters.find(call.projectId, parameterOf(call, 'cluster_id'))).id;
  }

  async function runOf(call: Call): Promise<RunRecord> {
    const [name, runId] = [parameterOf(call, 'job_name'), parameterOf(call, 'run_id')];
    const driven = drivenRun(runs, call);
    return driven?.id === runId ? driven : await jobs.run(await clusterOf(call), name, runId);
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
      const run = await runOf(call);
      const ignored = ignoredSettings(run.job, deps.connectors);
      return writeRun(run, runs.progress(run), await runs.slices(run), call.language, ignored);
    },

    async ShowRunLog(call) {
      const { id } = await runOf(call);
      const lines = queryText(call, 'tail') === null ? null : queryNumber(call, 'tail', logTailLines);
      const from = queryNumber(call, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 });
      const part = lines === null ? await runLogs.read(id, from) : await runLogs.tail(id, lines);
      return {
        lines: part.lines.map(writeLogLine),
        offset: part.offset,
        next_offset: part.nextOffset,
        size: part.size,
      };
    },

    async FollowRun(call) {
      const run = await runOf(call);
      return await feeds.follow(run, call.language, call.caller.userId, call.header('last-event-id'));
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
