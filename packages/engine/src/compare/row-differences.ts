import type { KeyTexts, PartSummary, RowDigest } from '@sluice/core/connector/comparison';
import type { Difference } from './comparison-work.ts';

/** A part whose rows are not the same at both ends, with the larger of their numbers. */
export interface DifferingPart {
  readonly part: string;
  readonly rows: number;
  /** The source has no row of it. */
  readonly isExtra: boolean;
}

/** Parts that differ, and the rows of all parts. */
export function differingParts(
  source: readonly PartSummary[],
  destination: readonly PartSummary[],
): readonly DifferingPart[] {
  const theirs = new Map(destination.map((summary) => [summary.part, summary]));
  const differing: DifferingPart[] = [];
  for (const ours of source) {
    const their = theirs.get(ours.part);
    theirs.delete(ours.part);
    if (their?.rows === ours.rows && their.sum === ours.sum) continue;
    differing.push({ part: ours.part, rows: Math.max(ours.rows, their?.rows ?? 0), isExtra: false });
  }
  for (const { part, rows } of theirs.values()) differing.push({ part, rows, isExtra: true });
  return differing;
}

/** Rows of one key at both ends. */
interface KeyRows {
  readonly key: KeyTexts;
  readonly source: string[];
  readonly destination: string[];
}

/** Keys whose rows are not the same at both ends. */
export function rowDifferences(
  source: readonly RowDigest[],
  destination: readonly RowDigest[],
): readonly Difference[] {
  const byKey = new Map<string, KeyRows>();
  const rowsOf = (key: KeyTexts): KeyRows => {
    const name = JSON.stringify(key);
    let rows = byKey.get(name);
    if (rows === undefined) {
      rows = { key, source: [], destination: [] };
      byKey.set(name, rows);
    }
    return rows;
  };
  for (const { key, digest } of source) rowsOf(key).source.push(digest);
  for (const { key, digest } of destination) rowsOf(key).destination.push(digest);
  const differences: Difference[] = [];
  for (const { key, source: ours, destination: theirs } of byKey.values()) {
    if (theirs.length === 0) differences.push({ kind: 'missing', key });
    else if (ours.length === 0) differences.push({ kind: 'extra', key });
    // A key that is there twice is a difference too: the lists are compared, not their members.
    else if (ours.sort().join() !== theirs.sort().join()) differences.push({ kind: 'changed', key });
  }
  return differences;
}
