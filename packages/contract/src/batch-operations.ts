import { ListRunTablesResponse, RetryRunTablesRequest } from './batch-views.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import { ResumeRunResponse } from './run-views.ts';

export type BatchOperationId = 'ListRunTables' | 'RetryRunTables';

const tables = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs/{run_id}/tables';

/** The tables of entire-database jobs, one by one. */
export const batchOperations: readonly Operation<BatchOperationId>[] = [
  row({
    operationId: 'ListRunTables',
    tag: 'runs',
    method: 'GET',
    path: tables,
    parameters: [
      'ProjectId',
      'ClusterId',
      'RunJobName',
      'RunId',
      'TableStatesFilter',
      'RunsPageNo',
      'TablesPageSize',
    ],
    response: ListRunTablesResponse,
    errorStatuses: [400, ...lookUpErrors],
    summary: {
      en: 'List the tables of a run of an entire-database job, each with the state of its own run',
      zh: '查询整库迁移一次运行中的各张表及其子作业状态',
    },
  }),
  row({
    operationId: 'RetryRunTables',
    tag: 'runs',
    method: 'POST',
    path: `${tables}/retry`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunId'],
    request: RetryRunTablesRequest,
    isRequestOptional: true,
    response: ResumeRunResponse,
    successStatus: 202,
    summary: {
      en: 'Move the tables again that a run of an entire-database job did not move, and no others',
      zh: '重试整库迁移一次运行中未成功的表，其余的表不再迁移',
    },
  }),
];
