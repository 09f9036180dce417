import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import { PutWatermarkRequest, ResetWatermarkResponse, Watermark } from './watermark-views.ts';

export type WatermarkOperationId = 'ShowWatermark' | 'PutWatermark' | 'ResetWatermark';

const path = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/watermark';
const shared = {
  tag: 'watermarks',
  path,
  parameters: ['ProjectId', 'ClusterId', 'RunJobName'],
} as const;
const errorStatuses = [400, ...lookUpErrors];

/** How far incremental jobs have come. */
export const watermarkOperations: readonly Operation<WatermarkOperationId>[] = [
  row({
    ...shared,
    operationId: 'ShowWatermark',
    method: 'GET',
    response: Watermark,
    errorStatuses,
    summary: { en: 'Show how far an incremental job has come', zh: '查询增量作业的水位' },
  }),
  row({
    ...shared,
    operationId: 'PutWatermark',
    method: 'PUT',
    request: PutWatermarkRequest,
    response: Watermark,
    summary: { en: 'Set where the next run of an incremental job begins', zh: '设置增量作业的水位' },
  }),
  row({
    ...shared,
    operationId: 'ResetWatermark',
    method: 'DELETE',
    response: ResetWatermarkResponse,
    summary: {
      en: 'Forget how far an incremental job has come: its next run begins where the job says',
      zh: '重置增量作业的水位：下次运行从作业设置的起点开始',
    },
  }),
];
