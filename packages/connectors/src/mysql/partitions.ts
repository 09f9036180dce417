import { noSuchPartition } from '../jdbc/column-pairs.ts';
import { quoteText } from './names.ts';
import type { Session } from './session.ts';

/** A partition or sub-partition that holds rows itself. */
export interface Partition {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
}

/**
 * The partitions that hold the rows of those listed.
 * @param list names of partitions, sub-partitions by their own name or as `P2.SUBP1`; null: all.
 * @throws Cdm.0236 the table is not partitioned, or has no such partition.
 */
export async function chosenPartitions(
  session: Session,
  database: string,
  table: string,
  list: readonly string[] | null,
): Promise<readonly Partition[]> {
  const target = `${database}.${table}`;
  const rows = await session.rows(
    `SELECT PARTITION_NAME, SUBPARTITION_NAME, DATA_LENGTH, TABLE_ROWS FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)} AND PARTITION_NAME IS NOT NULL
      ORDER BY PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION`,
    'metadata',
    target,
  );
  if (rows.length === 0) throw noSuchPartition(target, null);
  const parts = rows.map(([outer, inner, bytes, count]) => ({
    outer: String(outer),
    inner: inner === null || inner === undefined ? null : String(inner),
    name: String(inner ?? outer),
    bytes: Number(bytes ?? 0),
    rows: Number(count ?? 0),
  }));
  if (list === null) return parts;
  const chosen = new Set<(typeof parts)[number]>();
  for (const name of list) {
    // The servers compare names of partitions without regard to case.
    const wanted = name.toLowerCase();
    const found = parts.filter(({ outer, inner }) =>
      [outer, inner, `${outer}.${inner}`].some((text) => text?.toLowerCase() === wanted),
    );
    if (found.length === 0) throw noSuchPartition(target, name);
    for (const part of found) chosen.add(part);
  }
  return parts.filter((part) => chosen.has(part));
}
