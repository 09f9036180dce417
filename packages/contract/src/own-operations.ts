import { type AuditOperationId, auditOperations } from './audit-operations.ts';
import { type BatchOperationId, batchOperations } from './batch-operations.ts';
import { type GroupOperationId, groupOperations } from './group-operations.ts';
import { type IdentityOperationId, identityOperations } from './identity-operations.ts';
import { type LinkOperationId, linkOperations } from './link-operations.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import { type PlanOperationId, planOperations } from './plan-operations.ts';
import { type RejectOperationId, rejectOperations } from './reject-operations.ts';
import { RunEvent, RunLogResponse } from './run-log-views.ts';
import { ListRunsResponse, ResumeRunResponse, RunView } from './run-views.ts';
import { BuildSamplesRequest, BuildSamplesResponse } from './samples/sample-views.ts';
import { type TransferOperationId, transferOperations } from './transfer-operations.ts';
import { type VariableOperationId, variableOperations } from './variable-operations.ts';
import { type VerificationOperationId, verificationOperations } from './verification-operations.ts';
import { type WatermarkOperationId, watermarkOperations } from './watermark-operations.ts';

/** The operations of our own API, `/api/v1`: what the CDM API has no words for. */
export type OwnOperationId =
  | 'ListRuns'
  | 'ShowRun'
  | 'ShowRunLog'
  | 'FollowRun'
  | 'ResumeRun'
  | 'BuildSamples'
  | BatchOperationId
  | PlanOperationId
  | IdentityOperationId
  | LinkOperationId
  | TransferOperationId
  | GroupOperationId
  | VariableOperationId
  | WatermarkOperationId
  | VerificationOperationId
  | RejectOperationId
  | AuditOperationId;

const runs = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs';

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
  row({
    operationId: 'ShowRunLog',
    tag: 'runs',
    method: 'GET',
    path: `${runs}/{run_id}/log`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunId', 'LogOffset', 'LogTail'],
    response: RunLogResponse,
    summary: { en: 'Show the log of a run, part by part or its end', zh: '查询一次运行的日志（分段或末尾）' },
  }),
  row({
    operationId: 'FollowRun',
    tag: 'runs',
    method: 'GET',
    path: `${runs}/{run_id}/events`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunId', 'LastEventId'],
    response: RunEvent,
    isEventStream: true,
    errorStatuses: [...lookUpErrors, 429],
    summary: {
      en: 'Follow a run: its state and its log lines as server-sent events, until it ends',
      zh: '跟踪一次运行：以服务器推送事件返回其状态与日志，直至结束',
    },
  }),
  row({
    operationId: 'ResumeRun',
    tag: 'runs',
    method: 'POST',
    path: `${runs}/{run_id}/resume`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', 'RunId'],
    response: ResumeRunResponse,
    successStatus: 202,
    errorStatuses: [400, ...lookUpErrors],
    summary: {
      en: 'Resume a run that failed or was stopped: what is committed stays, the rest is moved by a new run',
      zh: '续传失败或已停止的运行：已提交的数据保留，其余数据由新的运行迁移',
    },
  }),
  row({
    operationId: 'BuildSamples',
    tag: 'samples',
    method: 'POST',
    path: '/api/v1/projects/{project_id}/samples/{operation_id}',
    parameters: ['ProjectId', 'OperationId', 'XLanguage'],
    request: BuildSamplesRequest,
    response: BuildSamplesResponse,
    // Nothing is changed by it.
    access: 'read',
    errorStatuses: [400, ...lookUpErrors],
    summary: {
      en: 'Write a call of the CDM API as source in the languages of the vendor’s SDKs, curl and Terraform; nothing is called',
      zh: '将一次 CDM API 调用生成为厂商各语言 SDK、curl 和 Terraform 的示例代码；不会实际调用',
    },
  }),
  ...batchOperations,
  ...planOperations,
  ...identityOperations,
  ...auditOperations,
  ...linkOperations,
  ...transferOperations,
  ...groupOperations,
  ...variableOperations,
  ...rejectOperations,
  ...watermarkOperations,
  ...verificationOperations,
];

/** The row of one operation of our own. */
export function ownOperation(operationId: OwnOperationId): Operation<OwnOperationId> {
  const operation = ownOperations.find((each) => each.operationId === operationId);
  if (operation === undefined) throw new Error(`no operation ${operationId} in the table`);
  return operation;
}
