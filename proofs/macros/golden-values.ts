import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseText } from '../../packages/core/src/macros/parse-text.ts';
import { expandTimeMacro, type MacroClock } from '../../packages/core/src/macros/time-macro.ts';

export const zones = [
  'UTC',
  'Asia/Shanghai',
  'Asia/Kolkata',
  'America/New_York',
  'Australia/Lord_Howe',
] as const;
export const firstYear = 2016;
export const years = 10;

const hourMs = 3_600_000;
const folder = fileURLToPath(new URL('.', import.meta.url));

/** Texts of the macros that are compared, in the order of `macros.tsv`. */
export const macroTexts: readonly string[] = readFileSync(`${folder}macros.tsv`, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [kind = '', pattern = '', amount = '', unit = ''] = line.split('\t');
    const shift = amount === '' ? [] : [amount, unit];
    if (kind === 'timestamp') return `\${timestamp(${shift.join(', ')})}`;
    const format = `dateformat(${[pattern, ...shift].join(', ')})`;
    return kind === 'nested' ? `\${timestamp(${format})}` : `\${${format}}`;
  });

/** One zone, macro and year of the golden file. */
export interface Chunk {
  readonly zone: string;
  readonly macro: number;
  readonly year: number;
  readonly hash: string;
}

/** What `GoldenMacros.java` said: written by `java GoldenMacros.java macros.tsv > golden.tsv`. */
export function readGolden(): { readonly java: string; readonly chunks: readonly Chunk[] } {
  const [head = '', ...lines] = readFileSync(`${folder}golden.tsv`, 'utf8').trimEnd().split('\n');
  const chunks = lines.flatMap((line) => {
    const [zone = '', macro = '', ...hashes] = line.split('\t');
    return hashes.map((hash, at) => ({ zone, macro: Number(macro), year: firstYear + at, hash }));
  });
  return { java: head.split('\t')[1] ?? '', chunks };
}

/** What a text with one macro in it becomes. */
export type Expand = (text: string, clock: MacroClock) => string;

/** As jobs do it. */
export const expand: Expand = (text, clock) =>
  parseText(text)
    .map((part) =>
      part.kind === 'call'
        ? expandTimeMacro(part.name as 'dateformat' | 'timestamp', part.inner, clock)
        : part.source,
    )
    .join('');

/** A year's values, one for a moment in each of its hours. */
export function valuesOf({ zone, macro, year }: Omit<Chunk, 'hash'>, by: Expand = expand): readonly string[] {
  const text = macroTexts[macro] ?? '';
  const values: string[] = [];
  let state = year;
  for (let hour = Date.UTC(year, 0, 1); hour < Date.UTC(year + 1, 0, 1); hour += hourMs) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    values.push(by(text, { now: hour + (state % hourMs), zone }));
  }
  return values;
}

export function hashOf(values: readonly string[]): string {
  return createHash('sha256')
    .update(values.map((value) => `${value}\n`).join(''))
    .digest('hex')
    .slice(0, 16);
}

/** The first of a chunk's values that Java has otherwise; null where there is no Java here. */
export async function firstDifference(chunk: Chunk, ours: readonly string[]): Promise<string | null> {
  const { zone, macro, year } = chunk;
  const args = [`${folder}GoldenMacros.java`, `${folder}macros.tsv`, zone, String(macro), String(year)];
  const answer = await promisify(execFile)('java', args, { maxBuffer: 64 * 1024 * 1024 }).catch(() => null);
  if (answer === null) return null;
  const theirs = answer.stdout.trimEnd().split('\n');
  const at = theirs.findIndex((value, hour) => value !== ours[hour]);
  return at < 0 ? null : `hour ${at} of ${year}: Java says ${theirs[at]}, we say ${ours[at]}`;
}
