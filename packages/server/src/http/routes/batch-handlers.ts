import type { BatchOperationId } from '@sluice/contract/batch-operations';
import { RetryRunTablesRequest, tableStates, tablesPageSizes } from '@sluice/contract/batch-views';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { writeTable, writeTablesSummary } from '../wire/batch.ts';
import { writeRunSummary } from '../wire/run.ts';

export interface BatchHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly runs: Pick<RunService, 'progress'>;
}

/** The tables of entire-database jobs. */
export function batchHandlers(deps: BatchHandlerDeps): Readonly<Record<BatchOperationId, Handler>> {
  const { clusters, jobs, runs } = deps;
  return {
    // What has run may be looked at whatever state its cluster is in.
    async ListRunTables(call) {
      const { id } = await clusters.find(call.projectId, parameterOf(call, 'cluster_id'));
      const run = await jobs.run(id, parameterOf(call, 'job_name'), parameterOf(call, 'run_id'));
      const pageNo = pageNumber(call);
      const pageSize = queryNumber(call, 'page_size', tablesPageSizes);
      const filter = { states: statesOf(call), limit: pageSize, offset: (pageNo - 1) * pageSize };
      const { tables, standing, total } = await jobs.batches.tables(run, filter);
      const percentOf = (child: Parameters<typeof runs.progress>[0]) => runs.progress(child);
      return {
        tables: tables.map((table) => writeTable(run, table, percentOf, call.language)),
        summary: writeTablesSummary(standing),
        total,
        page_no: pageNo,
        page_size: pageSize,
      };
    },

    async RetryRunTables(call) {
      const { from_start = false } = checkedBody(call, RetryRunTablesRequest);
      const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
      const [name, runId] = [parameterOf(call, 'job_name'), parameterOf(call, 'run_id')];
      const { projectId, caller } = call;
      const wish = { projectId, clusterId: cluster.id, name, runId, user: caller.userName };
      const run = await jobs.resumes.retryTables(wish, !from_start);
      // Stored and on its way; the status operation and ListRunTables tell how it goes on.
      return { run: writeRunSummary(run, runs.progress(run), call.language) };
    },
  };
}

/** `failed,pending`. @throws Cdm.0014 for a word that is no state. */
function statesOf(call: Call): readonly (typeof tableStates)[number][] {
  const words = (queryText(call, 'state') ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return [...new Set(words)].map((word) => {
    const state = tableStates.find((known) => known === word);
    if (state !== undefined) return state;
    const list = tableStates.join(', ');
    const why = explained({ en: `Its words are ${list}.`, zh: `取值为 ${list}。` });
    throw new SluiceError('Cdm.0014', { name: 'state', ...why }, { status: 400 });
  });
}
