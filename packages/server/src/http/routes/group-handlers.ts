import type { GroupOperationId } from '@sluice/contract/group-operations';
import { JobGroupRequest, MoveJobsRequest } from '@sluice/contract/group-views';
import { namesPageSizes } from '@sluice/contract/link-parameters';
import { runsPageSizes } from '@sluice/contract/parameters';
import { runStates } from '@sluice/contract/run-views';
import { int32Max } from '@sluice/contract/wire-types';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { GroupService } from '../../jobs/group-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import type { RunState } from '../../store/model.ts';
import type { HistoryFilter } from '../../store/store.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { writeGroup, writeJobSummary, writeOutcomes } from '../wire/group.ts';
import { jobTypeOf } from '../wire/job.ts';
import { writeRunSummary } from '../wire/run.ts';
import { variablesOf } from './job-handlers.ts';

export interface GroupHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly groups: GroupService;
  readonly runs: Pick<RunService, 'progress'>;
}

/** Jobs as lists, their groups, and the history of a cluster. */
export function groupHandlers(deps: GroupHandlerDeps): Readonly<Record<GroupOperationId, Handler>> {
  const { clusters, jobs, groups, runs } = deps;

  async function usable(call: Call): Promise<string> {
    return (await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'))).id;
  }

  return {
    async ListJobs(call) {
      const clusterId = await usable(call);
      const pageNo = pageNumber(call);
      const pageSize = queryNumber(call, 'page_size', namesPageSizes);
      const type = queryText(call, 'type');
      const group = queryText(call, 'group');
      const found = await jobs.list(clusterId, {
        type: type === null ? null : jobTypeOf(type),
        filter: queryText(call, 'filter') ?? '',
        ...(group === null ? {} : { group }),
        pageNo,
        pageSize,
      });
      const shown = found.jobs.map((view) => writeJobSummary(view, runs, call.language));
      return { jobs: shown, total: found.total, page_no: pageNo, page_size: pageSize };
    },

    // What has run may be looked at whatever state its cluster is in.
    async ListClusterRuns(call) {
      const { id } = await clusters.find(call.projectId, parameterOf(call, 'cluster_id'));
      const pageSize = queryNumber(call, 'page_size', runsPageSizes);
      const found = await jobs.runsOfCluster(id, { ...filterOf(call), limit: pageSize + 1 });
      const page = found.slice(0, pageSize);
      return {
        runs: page.map((run) => writeRunSummary(run, runs.progress(run), call.language)),
        next_before: found.length > pageSize ? (page.at(-1)?.submissionId ?? null) : null,
        page_size: pageSize,
      };
    },

    async ListJobGroups(call) {
      return { groups: (await groups.list(await usable(call))).map(writeGroup) };
    },

    async CreateJobGroup(call) {
      const clusterId = await usable(call);
      const { name } = checkedBody(call, JobGroupRequest);
      return writeGroup(await groups.create(clusterId, name, call.caller.userName));
    },

    async RenameJobGroup(call) {
      const clusterId = await usable(call);
      const { name } = checkedBody(call, JobGroupRequest);
      return writeGroup(await groups.rename(clusterId, groupOf(call), name, call.caller.userName));
    },

    async DeleteJobGroup(call) {
      const clusterId = await usable(call);
      return { deleted_jobs: await groups.delete(clusterId, groupOf(call)) };
    },

    async MoveJobsToGroup(call) {
      const clusterId = await usable(call);
      const { job_names } = checkedBody(call, MoveJobsRequest);
      return writeGroup(await groups.move(clusterId, groupOf(call), job_names, call.caller.userName));
    },

    async StartJobGroup(call) {
      const clusterId = await usable(call);
      const variables = variablesOf(call.json());
      const { userName } = call.caller;
      const outcomes = await groups.start(call.projectId, clusterId, groupOf(call), userName, variables);
      return writeOutcomes(outcomes, call.language);
    },

    async StopJobGroup(call) {
      const clusterId = await usable(call);
      return writeOutcomes(await groups.stop(clusterId, groupOf(call), call.caller.userName), call.language);
    },
  };
}

function groupOf(call: Call): string {
  return parameterOf(call, 'group_name');
}

function filterOf(call: Call): Omit<HistoryFilter, 'limit'> {
  return {
    jobName: queryText(call, 'job_name'),
    states: statesOf(queryText(call, 'state') ?? ''),
    from: wholeOf(call, 'from', 0, Number.MAX_SAFE_INTEGER),
    until: wholeOf(call, 'until', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    before: wholeOf(call, 'before', int32Max, int32Max),
  };
}

/** @param otherwise for what is no number: the bound that leaves nothing out. @returns null when absent. */
function wholeOf(call: Call, name: string, otherwise: number, max: number): number | null {
  if (queryText(call, name) === null) return null;
  return queryNumber(call, name, { min: 0, max, default: otherwise });
}

/** `failed,stopped`. @throws Cdm.0014 for a word that is no state. */
function statesOf(text: string): readonly RunState[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return [...new Set(words)].map((word) => {
    const state = runStates.find((known) => known === word);
    if (state !== undefined) return state;
    const list = runStates.join(', ');
    const why = explained({ en: `Its words are ${list}.`, zh: `取值为 ${list}。` });
    throw new SluiceError('Cdm.0014', { name: 'state', ...why }, { status: 400 });
  });
}
