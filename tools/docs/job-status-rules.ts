/** The seven statuses of a run on the wire. PENDING is none of them: it makes clients give up waiting. */
export const runStatuses = [
  'NEVER_EXECUTED',
  'BOOTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'FAILURE_ON_SUBMIT',
  'UNKNOWN',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export type Submission = Readonly<Record<string, unknown>>;

const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';
const int32Max = 2_147_483_647;

type Kind = 'text' | 'int32' | 'int64' | 'number' | 'flag';

/** The members that every answer has, in every state: 18 of the 21. */
const alwaysPresent: Readonly<Record<string, Kind>> = {
  'job-name': 'text',
  status: 'text',
  progress: 'number',
  'submission-id': 'int32',
  'creation-user': 'text',
  'creation-date': 'int64',
  'execute-date': 'int64',
  'last-update-date': 'int64',
  'last-update-user': 'text',
  'last-udpate-user': 'text',
  'is-execute-auto': 'flag',
  isIncrementing: 'flag',
  isDeleteJob: 'flag',
  isStopingIncrement: 'text',
  'external-id': 'text',
  write_rows: 'int32',
  update_rows: 'int32',
  delete_rows: 'int32',
};

const errorTexts = ['error-summary', 'error-details'] as const;

/** The ten counters; -1 stands for what does not apply. */
const counterKinds: Readonly<Record<string, 'int32' | 'int64'>> = {
  BYTES_WRITTEN: 'int64',
  TOTAL_FILES: 'int32',
  ROWS_READ: 'int64',
  BYTES_READ: 'int64',
  ROWS_WRITTEN: 'int64',
  FILES_WRITTEN: 'int32',
  FILES_READ: 'int32',
  TOTAL_SIZE: 'int64',
  FILES_SKIPPED: 'int32',
  ROWS_WRITTEN_SKIPPED: 'int64',
};

/** @returns the one run of a status answer; null when the answer does not hold exactly one. */
export function onlySubmission(answer: unknown): Submission | null {
  if (!isObject(answer) || !Array.isArray(answer.submissions) || answer.submissions.length !== 1) return null;
  const [run] = answer.submissions as unknown[];
  return isObject(run) ? run : null;
}

/**
 * What an answer of the status operation does not keep of the published rules, one sentence each; empty: all kept.
 * Written from the published description alone: nothing of the server's own code takes part in the judgement.
 */
export function brokenRules(answer: unknown, expected: RunStatus): string[] {
  const run = onlySubmission(answer);
  if (run === null) return ['the answer does not hold exactly one run under "submissions"'];
  const broken: string[] = [];
  if (Object.keys(answer as object).length !== 1) broken.push('the answer has members beside "submissions"');
  for (const [name, kind] of Object.entries(alwaysPresent)) {
    if (!(name in run)) broken.push(`${name} is missing`);
    else if (!isOfKind(run[name], kind)) broken.push(`${name} is ${JSON.stringify(run[name])}, not ${kind}`);
  }
  const known = new Set([...Object.keys(alwaysPresent), 'counters', ...errorTexts]);
  for (const name of Object.keys(run)) if (!known.has(name)) broken.push(`${name} is no member of a run`);
  if (run.status !== expected) broken.push(`status is ${String(run.status)}, not ${expected}`);
  if (run['last-update-user'] !== run['last-udpate-user'])
    broken.push('the two spellings of the last editor differ');
  if (run.isStopingIncrement !== '') broken.push('isStopingIncrement is not the empty text');
  return [...broken, ...brokenProgress(run, expected), ...brokenPresence(run, expected), ...brokenDates(run)];
}

function brokenProgress(run: Submission, status: RunStatus): string[] {
  const { progress } = run;
  const isFailure = status === 'FAILED' || status === 'FAILURE_ON_SUBMIT';
  const exact = isFailure ? -1 : status === 'SUCCEEDED' ? 100 : status === 'NEVER_EXECUTED' ? 0 : null;
  if (exact !== null)
    return progress === exact ? [] : [`progress of ${status} is ${String(progress)}, not ${exact}`];
  return typeof progress === 'number' && progress >= 0 && progress <= 100
    ? []
    : [`progress of ${status} is ${String(progress)}, outside 0 to 100`];
}

/** Counters belong to SUCCEEDED alone, error texts to FAILED alone. */
function brokenPresence(run: Submission, status: RunStatus): string[] {
  const broken: string[] = [];
  if (status === 'SUCCEEDED') broken.push(...brokenCounters(run.counters));
  else if ('counters' in run) broken.push(`${status} has counters`);
  for (const name of errorTexts) {
    const text = run[name];
    if (status !== 'FAILED') {
      if (name in run) broken.push(`${status} has ${name}`);
    } else if (typeof text !== 'string' || text.trim() === '') broken.push(`FAILED has no ${name}`);
  }
  if (status === 'NEVER_EXECUTED' && run['submission-id'] !== 0)
    broken.push('submission-id of NEVER_EXECUTED is not 0');
  if (status !== 'NEVER_EXECUTED' && Number(run['submission-id']) < 1)
    broken.push('submission-id of a run is not above 0');
  return broken;
}

function brokenCounters(counters: unknown): string[] {
  const group = isObject(counters) ? counters[counterGroup] : undefined;
  if (!isObject(group) || Object.keys(counters as object).length !== 1)
    return [`counters do not hold exactly ${counterGroup}`];
  const broken: string[] = [];
  for (const [name, kind] of Object.entries(counterKinds)) {
    const value = group[name];
    if (value !== -1 && !isOfKind(value, kind)) broken.push(`counter ${name} is ${JSON.stringify(value)}`);
  }
  for (const name of Object.keys(group)) if (!(name in counterKinds)) broken.push(`${name} is no counter`);
  const [read, written, skipped] = [group.ROWS_READ, group.ROWS_WRITTEN, group.ROWS_WRITTEN_SKIPPED];
  if (read !== -1 && Number(read) !== Number(written) + Number(skipped))
    broken.push(`rows read (${read}) are not rows written (${written}) and skipped (${skipped})`);
  return broken;
}

function brokenDates(run: Submission): string[] {
  const [created, executed, updated] = ['creation-date', 'execute-date', 'last-update-date'].map((name) =>
    Number(run[name]),
  ) as [number, number, number];
  if (created <= 0) return ['creation-date is not in milliseconds of our time'];
  return executed < created || updated < created ? ['a date lies before creation-date'] : [];
}

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'flag':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'int32':
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= int32Max;
    case 'int64':
      return Number.isSafeInteger(value) && Number(value) >= 0;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
