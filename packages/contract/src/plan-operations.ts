import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import { JobPlan, PlanJobDraftRequest, PlanJobRequest } from './plan-views.ts';

export type PlanOperationId = 'PlanJob' | 'PlanJobDraft';

const jobs = '/api/v1/projects/{project_id}/clusters/{cluster_id}/jobs';
const errorStatuses = [400, ...lookUpErrors, 429];
const page = ['PlanPageNo', 'PlanPageSize', 'XLanguage'] as const;

/** What a run would do. Not a read: it signs in to both ends with the secrets of their links, and has them work. */
export const planOperations: readonly Operation<PlanOperationId>[] = [
  row({
    operationId: 'PlanJob',
    tag: 'runs',
    method: 'POST',
    path: `${jobs}/{job_name}/plan`,
    parameters: ['ProjectId', 'ClusterId', 'RunJobName', ...page],
    request: PlanJobRequest,
    isRequestOptional: true,
    response: JobPlan,
    errorStatuses,
    summary: {
      en: 'Say what a run of the job would do, statement by statement; nothing is written anywhere',
      zh: '给出作业一次运行将执行的内容（逐条语句），不写入任何数据',
    },
  }),
  row({
    operationId: 'PlanJobDraft',
    tag: 'runs',
    method: 'POST',
    path: `${jobs}/plan`,
    parameters: ['ProjectId', 'ClusterId', ...page],
    request: PlanJobDraftRequest,
    response: JobPlan,
    errorStatuses,
    summary: {
      en: 'The same for a job that is not saved, or not saved in this form',
      zh: '对尚未保存或修改后尚未保存的作业给出同样的计划',
    },
  }),
];
