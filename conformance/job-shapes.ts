import {
  anyText,
  date,
  flag,
  int32,
  int64,
  is,
  list,
  maybe,
  none,
  object,
  oneOf,
  type Rule,
  text,
  within,
} from './member-rules.ts';

// Links, jobs, runs and refusals, member by member, as the published description and the SDKs' own models have them.

export const nothing = object({});

const extended = maybe(object({ name: maybe(anyText), value: maybe(anyText) }));

/** Groups of inputs, as links and jobs show them. Values travel as text, secrets without any. */
const configValues = object({
  configs: list(
    object({
      name: text,
      id: maybe(int32),
      type: maybe(anyText),
      inputs: list(object({ name: text, value: maybe(anyText), type: maybe(anyText) })),
    }),
    { min: 1 },
  ),
  'extended-configs': extended,
  validators: maybe(list(text)),
});

export const linkInFull = (name: Rule): Rule =>
  object({
    name,
    id: int32,
    'connector-name': is('generic-jdbc-connector'),
    'link-config-values': configValues,
    enabled: flag,
    'creation-user': text,
    'creation-date': date,
    'update-user': text,
    'update-date': date,
  });

export const linksWith = (links: Rule): Rule =>
  object({ links, 'fromTo-unMapping': maybe(anyText), 'batchFromTo-mapping': maybe(anyText) });

/** What was found wrong: nothing, in one of its published forms. */
const noFinding = maybe(list(object({ linkConfig: none, message: none, status: none })));
export const named = (name: string): Rule => object({ name: is(name), 'validation-result': noFinding });
export const findings = object({ 'validation-result': noFinding });

const jobConfig = object({
  configs: list(
    object({
      name: text,
      id: maybe(int32),
      type: maybe(anyText),
      inputs: list(object({ name: text, value: maybe(anyText), type: maybe(anyText) })),
    }),
  ),
  'extended-configs': extended,
});

/** What a job shows of its last run. */
export type LastRun = 'none' | 'open' | 'succeeded' | 'failed';

export function jobInFull(name: Rule, lastRun: LastRun, rows = 0): Rule {
  const ran = (rule: Rule) => (lastRun === 'none' ? none : rule);
  const counted = (value: number) => (lastRun === 'succeeded' ? is(value) : maybe(oneOf(0)));
  const status = {
    none: is('NEW'),
    open: oneOf('BOOTING', 'RUNNING', 'SUCCEEDED'),
    succeeded: is('SUCCEEDED'),
    failed: is('FAILED'),
  }[lastRun];
  return object({
    name,
    id: int32,
    job_type: is('NORMAL_JOB'),
    'from-connector-name': is('generic-jdbc-connector'),
    'from-link-name': text,
    'from-config-values': jobConfig,
    'to-connector-name': is('generic-jdbc-connector'),
    'to-link-name': text,
    'to-config-values': jobConfig,
    'driver-config-values': jobConfig,
    'creation-user': text,
    'creation-date': date,
    'update-user': text,
    'update-date': date,
    enabled: flag,
    group_name: text,
    is_incre_job: flag,
    is_incrementing: flag,
    is_use_sql: flag,
    status,
    type: maybe(text),
    flag: maybe(int32),
    external_id: lastRun === 'none' ? none : maybe(anyText),
    execute_create_date: ran(date),
    execute_start_date: ran(date),
    execute_update_date: ran(date),
    // A run that is seen while it goes on may end between two looks.
    ...(lastRun === 'open'
      ? Object.fromEntries(
          ['rows_read', 'rows_written', 'write_rows', 'update_rows', 'delete_rows'].map((member) => [
            member,
            maybe(int32),
          ]),
        )
      : {
          rows_read: counted(rows),
          rows_written: counted(rows),
          write_rows: counted(rows),
          update_rows: counted(0),
          delete_rows: counted(0),
        }),
    bytes_read: maybe(int64),
    bytes_written: maybe(int64),
    files_read: maybe(int32),
    files_written: maybe(int32),
  });
}

export const jobsWith = (jobs: Rule, page: { total: number; no: number; size: number }): Rule =>
  object({ total: is(page.total), jobs, page_no: is(page.no), page_size: is(page.size) });

export type RunState = 'never' | 'open' | 'succeeded' | 'failed' | 'rejected';

/** What start calls answer: the run without engine id, counters and error texts. */
function startedMembers(job: string, state: RunState, rows: number): Readonly<Record<string, Rule>> {
  const status = {
    never: is('NEVER_EXECUTED'),
    open: oneOf('BOOTING', 'RUNNING'),
    succeeded: is('SUCCEEDED'),
    failed: is('FAILED'),
    rejected: is('FAILURE_ON_SUBMIT'),
  }[state];
  const progress = {
    never: is(0),
    open: within(0, 100),
    succeeded: is(100),
    failed: is(-1),
    rejected: is(-1),
  };
  return {
    'job-name': is(job),
    status,
    progress: progress[state],
    'submission-id': state === 'never' ? is(0) : matchingNumber,
    'creation-user': text,
    'creation-date': date,
    'execute-date': date,
    'last-update-date': date,
    'last-update-user': text,
    'last-udpate-user': text,
    'is-execute-auto': flag,
    isIncrementing: is(false),
    isStopingIncrement: is(''),
    isDeleteJob: is(false),
    write_rows: state === 'succeeded' ? is(rows) : is(0),
    update_rows: is(0),
    delete_rows: is(0),
  };
}

const matchingNumber = within(1, 2_147_483_647);

export const startedRun = (job: string): Rule =>
  object({ submissions: list(object(startedMembers(job, 'open', 0)), { min: 1, max: 1 }) });

export function runInFull(job: string, state: RunState, rows = 0): Rule {
  const isFailed = state === 'failed';
  const counters = {
    ROWS_READ: is(rows),
    ROWS_WRITTEN: is(rows),
    ROWS_WRITTEN_SKIPPED: is(0),
    BYTES_READ: int64,
    BYTES_WRITTEN: int64,
    TOTAL_SIZE: int64,
    TOTAL_FILES: is(-1),
    FILES_READ: is(-1),
    FILES_WRITTEN: is(-1),
    FILES_SKIPPED: is(-1),
  };
  return object({
    ...startedMembers(job, state, rows),
    'external-id': state === 'never' ? is('') : anyText,
    counters:
      state === 'succeeded'
        ? object({ 'org.apache.sqoop.submission.counter.SqoopCounters': object(counters) })
        : none,
    'error-summary': isFailed ? text : none,
    'error-details': isFailed ? text : none,
  });
}

export const oneRun = (run: Rule): Rule => object({ submissions: list(run, { min: 1, max: 1 }) });

export const runsWith = (run: Rule, count: number): Rule =>
  object({
    submissions: list(run, { min: count, max: count }),
    total: is(count),
    page_no: is(1),
    page_size: is(10),
  });

/** The body of a refusal: one code and one text, under the names of all clients. */
export function refusalBody(code: Rule, more: Readonly<Record<string, Rule>> = {}): Rule {
  return object({
    error_code: code,
    error_msg: text,
    errCode: code,
    externalMessage: text,
    code,
    message: text,
    request_id: text,
    ...more,
  });
}

export const failedLinkCheck = refusalBody(text, {
  'validation-result': list(
    object({ linkConfig: list(object({ message: text, status: is('ERROR') }), { min: 1 }) }),
    { min: 1 },
  ),
});
