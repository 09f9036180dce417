import { setTimeout as sleep } from 'node:timers/promises';
import type { RaceTarget, Reply } from './race-target.ts';

/** How many do the same at once. */
const crowd = 50;
/** Of those that cost more: a link is tested before it is stored. */
const smallCrowd = 10;

export interface RaceTools {
  readonly target: RaceTarget;
  readonly random: () => number;
  /** Part of the names of this round. */
  readonly round: number;
}

/** One race; what it finds wrong, in words. */
export type Race = (tools: RaceTools) => Promise<readonly string[]>;

function tally(replies: readonly Reply[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status, code } of replies) {
    const outcome = code === '' ? String(status) : code;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

const shown = (counts: ReadonlyMap<string, number>) => JSON.stringify(Object.fromEntries(counts));

/** Exactly one success, or up to `winnersMax` where one may follow another, and nothing but the documented refusals beside it. */
function oneWinner(
  what: string,
  replies: readonly Reply[],
  refusals: readonly string[],
  winnersMax = 1,
): readonly string[] {
  const counts = tally(replies);
  const wins = [...counts].filter(([outcome]) => /^2\d\d$/.test(outcome)).reduce((sum, [, n]) => sum + n, 0);
  const strange = [...counts.keys()].filter(
    (outcome) => !/^2\d\d$/.test(outcome) && !refusals.includes(outcome),
  );
  return wins >= 1 && wins <= winnersMax && strange.length === 0 ? [] : [`${what}: ${shown(counts)}`];
}

/** No success, and nothing but the documented refusals. */
function noWinner(what: string, replies: readonly Reply[], refusals: readonly string[]): readonly string[] {
  const counts = tally(replies);
  return [...counts.keys()].every((outcome) => refusals.includes(outcome))
    ? []
    : [`${what}: ${shown(counts)}`];
}

function times<T>(count: number, make: (no: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_none, no) => make(no)));
}

const createJob: Race = async ({ target, round }) => {
  const name = `created${round}`;
  const replies = await times(crowd, () => target.cdm('POST', '/job', target.job(name)));
  const found = [...oneWinner('creates of one job', replies, ['Cdm.0104'])];
  const stored = await target.count('jobs', name);
  if (stored !== 1) found.push(`creates of one job: ${stored} records`);
  const deletes = await times(smallCrowd, () => target.cdm('DELETE', `/job/${name}`));
  found.push(...oneWinner('deletes of one job', deletes, ['Cdm.0100']));
  if ((await target.count('jobs', name)) !== 0) found.push('deletes of one job: it is still there');
  return found;
};

const createLink: Race = async ({ target, round }) => {
  if (round % 10 !== 0) return [];
  const name = `link${round}`;
  const replies = await times(smallCrowd, () => target.cdm('POST', '/link', target.link(name)));
  const found = [...oneWinner('creates of one link', replies, ['Cdm.0315'])];
  const stored = await target.count('links', name);
  if (stored !== 1) found.push(`creates of one link: ${stored} records`);
  await target.must(target.cdm('DELETE', `/link/${name}`));
  return found;
};

/** While the run cannot read its source: one start wins, and whoever wants to delete or edit the job is refused. */
const startAndChange: Race = async ({ target, round }) => {
  const name = `started${round}`;
  await target.must(target.cdm('POST', '/job', target.job(name)));
  const release = await target.hold();
  const found: string[] = [];
  try {
    const starts = await times(crowd, () => target.cdm('PUT', `/job/${name}/start`));
    found.push(...oneWinner('starts of one job', starts, ['Cdm.0052']));
    const runs = await target.runsOf(name);
    if (runs.length !== 1) found.push(`starts of one job: ${runs.length} runs`);
    const deletes = await times(smallCrowd, () => target.cdm('DELETE', `/job/${name}`));
    found.push(...noWinner('deletes while it runs', deletes, ['Cdm.0052']));
    const edits = await times(smallCrowd, () => target.cdm('PUT', `/job/${name}`, target.job(name)));
    found.push(...noWinner('edits while it runs', edits, ['Cdm.0052']));
  } finally {
    await release();
  }
  const ended = await target.ended(name);
  if (ended.length !== 1 || ended[0]?.state !== 'succeeded')
    found.push(`after the starts: ${JSON.stringify(ended)}`);
  await target.must(target.cdm('DELETE', `/job/${name}`));
  return found;
};

/** Starts, deletes and edits of an idle job at once: whatever comes first, a job that is gone has no run under way. */
const startAgainstDelete: Race = async ({ target, round }) => {
  const name = `torn${round}`;
  await target.must(target.cdm('POST', '/job', target.job(name)));
  const release = await target.hold();
  const found: string[] = [];
  let started = 0;
  try {
    const [starts, deletes, edits] = await Promise.all([
      times(smallCrowd, () => target.cdm('PUT', `/job/${name}/start`)),
      times(smallCrowd, () => target.cdm('DELETE', `/job/${name}`)),
      times(smallCrowd, () => target.cdm('PUT', `/job/${name}`, target.job(name))),
    ]);
    started = starts.filter(({ code }) => code === '').length;
    const deleted = deletes.filter(({ code }) => code === '').length;
    const all = `starts ${shown(tally(starts))}, deletes ${shown(tally(deletes))}, edits ${shown(tally(edits))}`;
    if (started + deleted !== 1) found.push(`start against delete: ${all}`);
    const strange = [...starts, ...deletes, ...edits].filter(
      ({ code }) => !['', 'Cdm.0052', 'Cdm.0054', 'Cdm.0100'].includes(code),
    );
    if (strange.length > 0) found.push(`start against delete: ${all}`);
    const [runs, jobs] = [await target.runsOf(name), await target.count('jobs', name)];
    if (runs.length !== started || jobs !== 1 - deleted)
      found.push(`start against delete: ${runs.length} runs, ${jobs} jobs; ${all}`);
  } finally {
    await release();
  }
  await target.ended(name);
  if (started > 0) await target.must(target.cdm('DELETE', `/job/${name}`));
  return found;
};

/** A stop at a random moment of a short run: one terminal state, which the answers do not contradict. */
const stopAgainstFinish: Race = async ({ target, round, random }) => {
  const name = `stopped${round}`;
  await target.must(target.cdm('POST', '/job', target.job(name)));
  await target.must(target.cdm('PUT', `/job/${name}/start`));
  await sleep(random() * 250);
  const stops = await times(smallCrowd, () => target.cdm('PUT', `/job/${name}/stop`));
  const counts = tally(stops);
  const found = [...counts.keys()].every((outcome) => ['200', 'Cdm.0053'].includes(outcome))
    ? []
    : [`stops: ${shown(counts)}`];
  const runs = await target.ended(name);
  const [run] = runs;
  if (runs.length !== 1 || run === undefined)
    return [...found, `stop against finish: ${JSON.stringify(runs)}`];
  if (!counts.has('200') && run.state !== 'succeeded')
    found.push(`no stop was heard, and the run is ${run.state}`);
  if (!['succeeded', 'stopped'].includes(run.state)) found.push(`stop against finish: ${run.state}`);
  await sleep(20);
  const [later] = await target.runsOf(name);
  if (later?.state !== run.state || later.fence !== run.fence)
    found.push(`stop against finish: ${JSON.stringify(run)} became ${JSON.stringify(later)}`);
  await target.must(target.cdm('DELETE', `/job/${name}`));
  return found;
};

/** The deletion of a cluster wins: what was started is stopped, and nothing of the cluster is left. */
const deleteCluster: Race = async ({ target, round }) => {
  if (round % 4 !== 0) return [];
  const clusterId = await target.makeCluster('j');
  const [starts, deletes] = await Promise.all([
    times(smallCrowd, () => target.cdm('PUT', '/job/j/start', undefined, clusterId)),
    times(3, () => target.ask('DELETE', `/clusters/${clusterId}`)),
  ]);
  const found: string[] = [];
  const all = `starts ${shown(tally(starts))}, deletes ${shown(tally(deletes))}`;
  const started = starts.filter(({ code }) => code === '').length;
  const refusals = ['', 'Cdm.0052', 'Cdm.0054', 'Cdm.0100', 'Cdm.0201', 'Cdm.0001'];
  if (started > 1 || starts.some(({ code }) => !refusals.includes(code)))
    found.push(`start against delete of the cluster: ${all}`);
  // Who comes when it is gone hears that; the others are told of one and the same deletion.
  const ids = new Set(
    deletes.filter(({ code }) => code === '').map(({ body }) => JSON.stringify(body.jobId)),
  );
  if (ids.size !== 1 || deletes.some(({ code }) => !['', 'Cdm.0001'].includes(code)))
    found.push(`deletes of one cluster: ${all}`);
  await target.inState(clusterId, 'gone');
  const runs = await target.ended('j', clusterId);
  if (runs.length !== started) found.push(`delete of the cluster: ${runs.length} runs; ${all}`);
  const left =
    (await target.count('jobs', 'j', clusterId)) + (await target.count('links', 'source', clusterId));
  if (left > 0) found.push(`delete of the cluster: ${left} records are left`);
  return found;
};

/** Stops, then starts, then restarts of one cluster at once: one wins, the others find a state that does not allow it. */
const powerOfCluster: Race = async ({ target, round }) => {
  if (round % 4 !== 1) return [];
  const clusterId = await target.makeCluster('j');
  const act = (body: object) => target.ask('POST', `/clusters/${clusterId}/action`, body);
  const restart = { restartDelayTime: 0, restartMode: 'IMMEDIATELY', restartLevel: 'SERVICE', type: 'cdm' };
  const acts = [
    { what: 'stops', body: { stop: { stopMode: 'IMMEDIATELY', delayTime: 0 } }, after: '900' },
    { what: 'starts', body: { start: {} }, after: '200' },
    { what: 'restarts', body: { restart }, after: '200' },
  ];
  const found: string[] = [];
  for (const { what, body, after } of acts) {
    const replies = await times(smallCrowd, () => act(body));
    if (replies.every(({ code }) => code === 'APIGW.0101')) break;
    // A restart of a cluster without runs may be over before the last of the crowd is heard: that one restarts it anew.
    const winnersMax = what === 'restarts' ? smallCrowd : 1;
    found.push(...oneWinner(`${what} of one cluster`, replies, ['CDM.5090'], winnersMax));
    await target.inState(clusterId, after);
  }
  await target.must(target.ask('DELETE', `/clusters/${clusterId}`));
  await target.inState(clusterId, 'gone');
  return found;
};

/** The races of one round, in this order. */
export const races: Readonly<Record<string, Race>> = {
  createJob,
  createLink,
  startAndChange,
  startAgainstDelete,
  stopAgainstFinish,
  deleteCluster,
  powerOfCluster,
};
