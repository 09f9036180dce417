import Type, { type Static } from 'typebox';
import { jobStatuses, jobTypes } from './jobs.ts';
import { RunSummary } from './run-views.ts';
import { answer, flag, int32, int64, listOf, oneOfTexts, orNull, part, request, text } from './wire-types.ts';

// Groups of jobs, and jobs as a list shows them. Members are in snake_case throughout; times are Unix milliseconds.

/** Characters of a group's name. */
export const groupNameCharsMax = 128;

/** Jobs that one call may name, or start with their group. */
export const groupJobsMax = 1_000;

const groupName = (description: string) => text(description, { minLength: 1, maxLength: groupNameCharsMax });

export const JobGroup = answer(
  'JobGroup',
  {
    name: text('Name of the group.'),
    is_default: flag(
      'Whether it is the group of jobs that name none; it can be neither renamed nor deleted.',
    ),
    jobs: int32('Jobs in it.'),
  },
  'A group of jobs.',
);
export type JobGroup = Static<typeof JobGroup>;

export const ListJobGroupsResponse = answer(
  'ListJobGroupsResponse',
  { groups: listOf(JobGroup, 'The default group first, the others by name.') },
  'Groups of a cluster.',
);
export type ListJobGroupsResponse = Static<typeof ListJobGroupsResponse>;

export const JobGroupRequest = request(
  'JobGroupRequest',
  { name: groupName('Name of the group, or its new name.') },
  'A group.',
);
export type JobGroupRequest = Static<typeof JobGroupRequest>;

export const DeleteJobGroupResponse = answer(
  'DeleteJobGroupResponse',
  { deleted_jobs: int32('Jobs that were deleted with the group.') },
  'The group is gone, and its jobs with it.',
);
export type DeleteJobGroupResponse = Static<typeof DeleteJobGroupResponse>;

export const MoveJobsRequest = request(
  'MoveJobsRequest',
  {
    job_names: Type.Array(Type.String({ minLength: 1, maxLength: 240 }), {
      description: 'Jobs to move into the group.',
      minItems: 1,
      maxItems: groupJobsMax,
    }),
  },
  'Jobs by name.',
);
export type MoveJobsRequest = Static<typeof MoveJobsRequest>;

export const StartJobGroupRequest = request(
  'StartJobGroupRequest',
  {
    variables: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description: 'Values for the variables in the settings of the jobs, by name; the same for each.',
      }),
    ),
  },
  'May be absent.',
);
export type StartJobGroupRequest = Static<typeof StartJobGroupRequest>;

export const JobOutcome = answer(
  'JobOutcome',
  {
    job_name: text('Name of the job.'),
    is_done: flag('Whether it was started, or stopped.'),
    run_id: orNull(Type.String(), 'Id of the run; null: it was not started.'),
    finding: orNull(
      part({ code: text('Error code.'), message: text('What is wrong.'), hint: text('What to do.') }),
      'Why not; null: it was.',
    ),
  },
  'What became of one job of the group.',
);
export type JobOutcome = Static<typeof JobOutcome>;

export const JobOutcomesResponse = answer(
  'JobOutcomesResponse',
  { done: int32('Jobs that were started, or stopped.'), jobs: listOf(JobOutcome, 'By name.') },
  'What became of each job. One that cannot be started keeps no other from it.',
);
export type JobOutcomesResponse = Static<typeof JobOutcomesResponse>;

export const JobSummary = answer(
  'JobSummary',
  {
    name: text('Name of the job.'),
    type: oneOfTexts(jobTypes, 'Kind of job.'),
    group: text('Its group.'),
    from_connector: text('Connector to read with.'),
    from_link: text('Link to read from.'),
    to_connector: text('Connector to write with.'),
    to_link: text('Link to write to.'),
    is_scheduled: flag('Whether it starts by itself.'),
    status: oneOfTexts(jobStatuses, 'State of its last run, as the CDM API words it; NEW without one.'),
    last_run: orNull(RunSummary, 'Its last run; null: none.'),
    created_by: text('Who made it.'),
    created_at: int64('Made at this time. Unix milliseconds.'),
    updated_by: text('Who last changed it.'),
    updated_at: int64('Last changed at this time. Unix milliseconds.'),
  },
  'A job as lists show it.',
);
export type JobSummary = Static<typeof JobSummary>;

export const ListJobsResponse = answer(
  'ListJobsResponse',
  {
    jobs: listOf(JobSummary, 'By name.'),
    total: int32('Jobs on all pages together.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'Jobs of a cluster.',
);
export type ListJobsResponse = Static<typeof ListJobsResponse>;

export const ListClusterRunsResponse = answer(
  'ListClusterRunsResponse',
  {
    runs: listOf(RunSummary, 'Newest first.'),
    next_before: orNull(
      Type.Integer({ format: 'int32' }),
      'What to send as before for the next page; null: this is the last one.',
    ),
    page_size: int32('Entries on a page.'),
  },
  'Runs of a cluster over all its jobs, those of deleted ones too, for as long as history is kept.',
);
export type ListClusterRunsResponse = Static<typeof ListClusterRunsResponse>;
