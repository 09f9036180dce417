import type { PlanOperationId } from '@sluice/contract/plan-operations';
import { PlanJobRequest, planPageSizes } from '@sluice/contract/plan-views';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobDraft } from '../../jobs/job-service.ts';
import type { PlanService } from '../../jobs/plan-service.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { readJob } from '../wire/job.ts';
import { writeJobPlan, writeRefusedPlan } from '../wire/plan.ts';
import { variablesOf } from './job-handlers.ts';

export interface PlanHandlerDeps {
  readonly clusters: ClusterService;
  readonly plans: PlanService;
}

/** What runs of jobs would do. */
export function planHandlers({
  clusters,
  plans,
}: PlanHandlerDeps): Readonly<Record<PlanOperationId, Handler>> {
  /** @param read looks at the body: behind the place that the path names. */
  async function planned(
    call: Call,
    read: () => { readonly job: string | JobDraft; readonly body: unknown },
  ): Promise<object> {
    const { projectId, caller, language } = call;
    const cluster = await clusters.requireUsable(projectId, parameterOf(call, 'cluster_id'));
    const { job, body } = read();
    const page = { pageNo: pageNumber(call), pageSize: queryNumber(call, 'page_size', planPageSizes) };
    const outcome = await plans.plan({
      projectId,
      clusterId: cluster.id,
      job,
      user: caller.userName,
      variables: variablesOf(body),
      page,
      gone: call.gone(),
    });
    return 'refused' in outcome
      ? writeRefusedPlan(outcome, page, language)
      : writeJobPlan(outcome.planned, language);
  }

  return {
    PlanJob: (call) =>
      planned(call, () => ({
        job: parameterOf(call, 'job_name'),
        body: checkedBody(call, PlanJobRequest),
      })),
    PlanJobDraft: (call) => planned(call, () => ({ job: readJob(call.json()), body: call.json() })),
  };
}
