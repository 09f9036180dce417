import type { Operation } from './operation.ts';
import { ListRunsResponse, RunView } from './run-views.ts';

/** The operations of our own API, `/api/v1`: what the CDM API has no words for. */
export type OwnOperationId = 'ListRuns' | 'ShowRun';

const lookUpErrors = [401, 403, 404, 500, 503];

const runs = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs';

type Row = Pick<
  Operation<OwnOperationId>,
  'operationId' | 'tag' | 'method' | 'path' | 'parameters' | 'response' | 'summary'
> &
  Partial<Operation<OwnOperationId>>;

function row(given: Row): Operation<OwnOperationId> {
  return {
    request: null,
    isRequestOptional: false,
    successStatus: 200,
    errorStatuses: lookUpErrors,
    requestsPerMinute: null,
    isAsync: false,
    variant: null,
    ...given,
  };
}

/** The whole of it: routes, answers and description come from this table, as those of the CDM API come from its own. */
export const ownOperations: readonly Operation<OwnOperationId>[] = [
  row({
    operationId: 'ListRuns',
    tag: 'runs',
    method: 'GET',
    path: runs,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunsPageNo', 'RunsPageSize'],
    response: ListRunsResponse,
    summary: { en: 'List the runs of a job, newest first', zh: '查询作业的运行记录（最新的在前）' },
  }),
  row({
    operationId: 'ShowRun',
    tag: 'runs',
    method: 'GET',
    path: `${runs}/{run_id}`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunId'],
    response: RunView,
    summary: {
      en: 'Show a run with its plan and its slices, as it is now',
      zh: '查询一次运行的当前状态，包括其计划与各分片',
    },
  }),
];
