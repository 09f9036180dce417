import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import {
  DeleteRejectsResponse,
  ListRejectsResponse,
  ListReplaysResponse,
  RejectFile,
  RejectView,
  ReplayRejectsRequest,
  ReplayView,
  UpdateRejectRequest,
} from './reject-views.ts';

export type RejectOperationId =
  | 'ListRejects'
  | 'DownloadRejects'
  | 'UpdateReject'
  | 'DeleteReject'
  | 'DeleteRejects'
  | 'ReplayRejects'
  | 'ListReplays'
  | 'ShowReplay';

const run = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs/{run_id}';
const ofRun = ['ProjectId', 'ClusterId', 'RunJobName', 'RunId'] as const;
const changeErrors = [400, ...lookUpErrors];

/** Rows that a run set aside: the quarantine. */
export const rejectOperations: readonly Operation<RejectOperationId>[] = [
  row({
    operationId: 'ListRejects',
    tag: 'runs',
    method: 'GET',
    path: `${run}/rejects`,
    parameters: [...ofRun, 'RejectSlice', 'RejectState', 'RejectsPageNo', 'RejectsPageSize', 'XLanguage'],
    response: ListRejectsResponse,
    summary: {
      en: 'List the rows that a run set aside, each with its reason',
      zh: '查询一次运行隔离的脏数据及原因',
    },
  }),
  row({
    operationId: 'DownloadRejects',
    tag: 'runs',
    method: 'GET',
    path: `${run}/rejects.csv`,
    parameters: [...ofRun, 'RejectSlice', 'RejectState', 'XLanguage'],
    response: RejectFile,
    contentType: 'text/csv',
    summary: {
      en: 'Download the rows that a run set aside as CSV',
      zh: '以 CSV 下载一次运行隔离的脏数据',
    },
  }),
  row({
    operationId: 'UpdateReject',
    tag: 'runs',
    method: 'PUT',
    path: `${run}/rejects/{reject_id}`,
    parameters: [...ofRun, 'RejectId', 'XLanguage'],
    request: UpdateRejectRequest,
    response: RejectView,
    errorStatuses: changeErrors,
    summary: {
      en: 'Give a row that was set aside other values',
      zh: '修改一条被隔离的脏数据',
    },
  }),
  row({
    operationId: 'DeleteReject',
    tag: 'runs',
    method: 'DELETE',
    path: `${run}/rejects/{reject_id}`,
    parameters: [...ofRun, 'RejectId'],
    response: DeleteRejectsResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Delete a row that was set aside', zh: '删除一条被隔离的脏数据' },
  }),
  row({
    operationId: 'DeleteRejects',
    tag: 'runs',
    method: 'DELETE',
    path: `${run}/rejects`,
    parameters: [...ofRun],
    response: DeleteRejectsResponse,
    errorStatuses: changeErrors,
    summary: {
      en: 'Delete all rows that a run set aside',
      zh: '删除一次运行隔离的全部脏数据',
    },
  }),
  row({
    operationId: 'ReplayRejects',
    tag: 'runs',
    method: 'POST',
    path: `${run}/replays`,
    parameters: [...ofRun, 'XLanguage'],
    request: ReplayRejectsRequest,
    isRequestOptional: true,
    response: ReplayView,
    successStatus: 202,
    errorStatuses: changeErrors,
    summary: {
      en: 'Write rows that were set aside to the destination of their run: each is written, or set aside again with a reason',
      zh: '将被隔离的脏数据重新写入该次运行的目的端：每条要么写入，要么连同新的原因再次隔离',
    },
  }),
  row({
    operationId: 'ListReplays',
    tag: 'runs',
    method: 'GET',
    path: `${run}/replays`,
    parameters: [...ofRun, 'XLanguage'],
    response: ListReplaysResponse,
    summary: { en: 'List the replays of the rows of a run', zh: '查询一次运行脏数据的重放记录' },
  }),
  row({
    operationId: 'ShowReplay',
    tag: 'runs',
    method: 'GET',
    path: `${run}/replays/{replay_id}`,
    parameters: [...ofRun, 'ReplayId', 'XLanguage'],
    response: ReplayView,
    summary: { en: 'Show a replay', zh: '查询一次重放' },
  }),
];
