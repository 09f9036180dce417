import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nextAfter } from '../../packages/server/src/scheduler/next-after.ts';
import type { Schedule } from '../../packages/server/src/scheduler/schedule.ts';
import { ZoneClock } from '../../packages/server/src/scheduler/zone-clock.ts';
import type { Case } from './random-schedules.ts';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** Instants at which each case is asked anew, beside being walked through. */
const probesPerCase = 60;
const oracleAnswerBytesMax = 256 * 1024 * 1024;

export interface Comparison {
  readonly occurrences: number;
  readonly probes: number;
  readonly differences: number;
  /** The first difference in words; null: none. */
  readonly first: string | null;
}

/** Why the oracle cannot be asked on this machine; null: it can. */
export async function whyNoOracle(): Promise<string | null> {
  try {
    await ask([]);
    const script = 'from zoneinfo import ZoneInfo; ZoneInfo("Australia/Lord_Howe")';
    await python(['-c', script], '');
    return null;
  } catch (error) {
    return `python3 with zoneinfo and its time zone data is needed: ${(error as Error).message.split('\n').at(-2)}`;
  }
}

/** Walks through every case by `next`, asks it at random instants as well, and compares all of it with the oracle. */
export async function compare(
  cases: readonly Case[],
  random: () => number,
  next: typeof nextAfter = nextAfter,
  clockOf: (zone: string) => ZoneClock = (zone) => new ZoneClock(zone),
): Promise<Comparison> {
  const expected = await ask(cases);
  const total = { occurrences: 0, probes: 0, differences: 0, first: null as string | null };
  const clocks = new Map<string, ZoneClock>();
  for (const [index, each] of cases.entries()) {
    const clock = clocks.get(each.zone) ?? clockOf(each.zone);
    clocks.set(each.zone, clock);
    const due = expected[index] ?? [];
    const differ = (at: number, ours: number | null, theirs: number | null) => {
      total.differences += 1;
      total.first ??= `${JSON.stringify(wireOf(each))}: after ${iso(at)} ${iso(ours)}, the oracle says ${iso(theirs)}`;
    };
    // The walk ends behind the oracle's last one: nothing more may follow, and nothing between two may be left out.
    let at = clock.instantOf(each.schedule.start) - 1;
    for (const theirs of [...due, null]) {
      const ours = within(each, next(each.schedule, clock, at));
      if (ours !== theirs) {
        differ(at, ours, theirs);
        break;
      }
      if (theirs !== null) at = theirs;
    }
    total.occurrences += due.length;
    const from = each.schedule.start - 30 * 86_400_000;
    for (let probe = 0; probe < probesPerCase; probe += 1) {
      const near = due[Math.floor(random() * due.length)];
      const instant =
        probe % 2 === 0 || near === undefined
          ? Math.floor(from + random() * (each.until - from))
          : near - 1 + Math.floor(random() * 3);
      const theirs = firstAbove(due, instant);
      const ours = within(each, next(each.schedule, clock, instant));
      if (ours !== theirs) differ(instant, ours, theirs);
      total.probes += 1;
    }
  }
  return total;
}

function within({ until }: Case, due: number | null): number | null {
  return due !== null && due < until ? due : null;
}

function firstAbove(due: readonly number[], instant: number): number | null {
  let [low, high] = [0, due.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((due[middle] ?? 0) > instant) high = middle;
    else low = middle + 1;
  }
  return due[low] ?? null;
}

/** @returns the moments of each case, in Unix milliseconds. */
async function ask(cases: readonly Case[]): Promise<readonly (readonly number[])[]> {
  const script = fileURLToPath(new URL('./oracle.py', import.meta.url));
  const answer = await python([script], JSON.stringify({ cases: cases.map(wireOf) }));
  const { due } = JSON.parse(answer) as { due: readonly (readonly number[])[] };
  return due.map((seconds) => seconds.map((each) => each * 1_000));
}

function python(args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: oracleAnswerBytesMax };
    const child = execFile('python3', args, options, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function wireOf({ zone, schedule, until }: Case): object {
  const { unit, cycle, start, stop } = schedule;
  return {
    zone,
    unit,
    cycle,
    runAt: runAtOf(schedule),
    start: textOf(start),
    stop: stop === null ? null : textOf(stop),
    until: until / 1_000,
  };
}

function runAtOf(schedule: Schedule): readonly (number | string)[] {
  if (schedule.unit === 'hour') return schedule.minutes;
  if (schedule.unit === 'week') return schedule.weekdays.map((day) => weekdays[day] ?? '');
  return schedule.unit === 'month' ? schedule.days : [];
}

function textOf(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

function iso(instant: number | null): string {
  return instant === null ? 'none' : new Date(instant).toISOString();
}
