import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import { ListVerificationsResponse, RepairRequest, VerificationView } from './verification-views.ts';

export type VerificationOperationId =
  | 'StartVerification'
  | 'ListVerifications'
  | 'ShowVerification'
  | 'StopVerification'
  | 'RepairDifferences';

const verifications =
  '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs/{job_name}/runs/{run_id}/verifications';
const ofRun = ['ProjectId', 'ClusterId', 'RunJobName', 'RunId'] as const;
const one = [...ofRun, 'VerificationId', 'XLanguage'] as const;
const errorStatuses = [400, ...lookUpErrors];

/** Comparing what a run read with what it wrote, and setting right what differs. */
export const verificationOperations: readonly Operation<VerificationOperationId>[] = [
  row({
    operationId: 'StartVerification',
    tag: 'runs',
    method: 'POST',
    path: verifications,
    parameters: [...ofRun, 'XLanguage'],
    response: VerificationView,
    successStatus: 202,
    errorStatuses,
    summary: {
      en: 'Compare the table of an ended run at both ends, inside their databases',
      zh: '在两端数据库内比较一次已结束运行的数据',
    },
  }),
  row({
    operationId: 'ListVerifications',
    tag: 'runs',
    method: 'GET',
    path: verifications,
    parameters: [...ofRun, 'XLanguage'],
    response: ListVerificationsResponse,
    summary: {
      en: 'List the verifications and repairs of a run, newest first',
      zh: '查询一次运行的校验与修复记录（最新的在前）',
    },
  }),
  row({
    operationId: 'ShowVerification',
    tag: 'runs',
    method: 'GET',
    path: `${verifications}/{verification_id}`,
    parameters: [...one],
    response: VerificationView,
    summary: {
      en: 'Show a verification with the state of its table and the keys that differ, as it is now',
      zh: '查询校验的当前状态，包括表的比较结果与存在差异的主键',
    },
  }),
  row({
    operationId: 'StopVerification',
    tag: 'runs',
    method: 'POST',
    path: `${verifications}/{verification_id}/stop`,
    parameters: [...one],
    response: VerificationView,
    errorStatuses,
    summary: { en: 'Stop a verification or a repair that is under way', zh: '停止正在进行的校验或修复' },
  }),
  row({
    operationId: 'RepairDifferences',
    tag: 'runs',
    method: 'POST',
    path: `${verifications}/{verification_id}/repair`,
    parameters: [...one],
    request: RepairRequest,
    isRequestOptional: true,
    response: VerificationView,
    successStatus: 202,
    errorStatuses,
    summary: {
      en: 'Write the rows anew that a verification found changed or missing, then compare again',
      zh: '重新写入校验发现的不同或缺失的记录，然后再次比较',
    },
  }),
];
