import { SluiceError } from '@sluice/core/errors/sluice-error';
import { splitLimits } from './limits.ts';
import type { Session } from './session.ts';

/** A partition or sub-partition that holds rows itself. */
export interface Partition {
  readonly name: string;
  readonly isSub: boolean;
  readonly bytes: number | null;
}

/**
 * The partitions that hold the rows of those listed.
 * @param list names of partitions, sub-partitions by their own name or as `P2.SUBP1`; null: all.
 * @throws Cdm.0236 the table is not partitioned, or has no such partition.
 */
export async function chosenPartitions(
  session: Session,
  schema: string,
  table: string,
  list: readonly string[] | null,
): Promise<readonly Partition[]> {
  const target = `${schema}.${table}`;
  const outer = await session.rows(
    `SELECT PARTITION_NAME, BLOCKS, SUBPARTITION_COUNT FROM ALL_TAB_PARTITIONS
  WHERE TABLE_OWNER = :1 AND TABLE_NAME = :2 ORDER BY PARTITION_POSITION`,
    [schema, table],
    'metadata',
    target,
  );
  if (outer.length === 0) throw new SluiceError('Cdm.0236', { cause: `table ${target} is not partitioned` });
  const hasInner = outer.some((row) => Number(row[2] ?? 0) > 0);
  const inner = hasInner
    ? await session.rows(
        `SELECT PARTITION_NAME, SUBPARTITION_NAME, BLOCKS FROM ALL_TAB_SUBPARTITIONS
  WHERE TABLE_OWNER = :1 AND TABLE_NAME = :2 ORDER BY PARTITION_NAME, SUBPARTITION_POSITION`,
        [schema, table],
        'metadata',
        target,
      )
    : [];
  const parts = outer.flatMap((row): readonly Part[] => {
    const holder = String(row[0]);
    const subs = inner.filter((each) => each[0] === holder);
    if (subs.length === 0) return [{ outer: holder, inner: null, bytes: bytesOf(row[1]) }];
    return subs.map((each) => ({ outer: holder, inner: String(each[1]), bytes: bytesOf(each[2]) }));
  });
  const chosen = new Set<Part>();
  for (const name of list ?? []) {
    const found = [name, name.toUpperCase()]
      .map((wanted) => parts.filter((part) => namesOf(part).includes(wanted)))
      .find((some) => some.length > 0);
    if (found === undefined)
      throw new SluiceError('Cdm.0236', { cause: `table ${target} has no partition ${name}` });
    for (const part of found) chosen.add(part);
  }
  return parts
    .filter((part) => list === null || chosen.has(part))
    .map(({ outer: own, inner: sub, bytes }) => ({ name: sub ?? own, isSub: sub !== null, bytes }));
}

interface Part {
  readonly outer: string;
  readonly inner: string | null;
  readonly bytes: number | null;
}

function namesOf(part: Part): readonly string[] {
  return part.inner === null ? [part.outer] : [part.outer, part.inner, `${part.outer}.${part.inner}`];
}

function bytesOf(blocks: unknown): number | null {
  return blocks === null || blocks === undefined ? null : Number(blocks) * splitLimits.blockBytes;
}
