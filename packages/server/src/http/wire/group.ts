import type { JobGroup, JobOutcomesResponse, JobSummary } from '@sluice/contract/group-views';
import type { Language } from '@sluice/core/data/text';
import { renderError } from '@sluice/core/errors/render-error';
import type { GroupOutcome, GroupView } from '../../jobs/group-service.ts';
import type { JobView } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import { groupOf } from '../../store/model.ts';
import { jobStatusOf } from './job.ts';
import { writeRunSummary } from './run.ts';

export function writeGroup({ name, isDefault, jobs }: GroupView): JobGroup {
  return { name, is_default: isDefault, jobs };
}

export function writeOutcomes(outcomes: readonly GroupOutcome[], language: Language): JobOutcomesResponse {
  const jobs = outcomes.map(({ job, runId, finding }) => {
    const rendered = finding === null ? null : renderError(finding, language);
    return {
      job_name: job,
      is_done: finding === null,
      run_id: runId,
      finding:
        rendered === null ? null : { code: rendered.code, message: rendered.message, hint: rendered.remedy },
    };
  });
  return { done: jobs.filter(({ is_done }) => is_done).length, jobs };
}

export function writeJobSummary(
  { job, run }: JobView,
  runs: Pick<RunService, 'progress'>,
  language: Language,
): JobSummary {
  return {
    name: job.name,
    type: job.type,
    group: groupOf(job.driverOptions),
    from_connector: job.fromConnector,
    from_link: job.fromLink,
    to_connector: job.toConnector,
    to_link: job.toLink,
    is_scheduled: job.driverOptions['schedulerConfig.isSchedulerJob'] === 'true',
    status: jobStatusOf(run),
    last_run: run === null ? null : writeRunSummary(run, runs.progress(run), language),
    created_by: job.createdBy,
    created_at: job.createdAt,
    updated_by: job.updatedBy,
    updated_at: job.updatedAt,
  };
}
