import type { TableEntry } from '@sluice/core/connector/inspection';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { BatchTable } from '../store/model.ts';
import { failureOf } from './failure.ts';

/** The option that picks tables; blank or absent: all of the schema. */
export const tableListOption = 'fromJobConfig.tableList';

/** Tables named in a job's options, in any order and each once; null: all of the schema. Blanks may belong to a name. */
export function namedTables(fromOptions: OptionValues): readonly string[] | null {
  const list = fromOptions[tableListOption];
  if (typeof list !== 'string' || list.trim() === '') return null;
  const names = list.split('&').filter((name) => name.trim() !== '');
  return names.length === 0 ? null : [...new Set(names)];
}

/** What the catalogs of both ends say. */
export interface FoundTables {
  readonly entries: readonly TableEntry[];
  /** Names that differ only by case mean one table at that end. */
  readonly sourceIgnoresCase: boolean;
  readonly targetIgnoresCase: boolean;
}

/**
 * The tables of a run, in the order in which they are begun: by name, code point by code point. Views, partitions (their rows
 * are their table's) and what is no user's table are left out. A named table that is not there is taken along: the run that
 * is to move it says so. What cannot be moved for another reason is refused here, table by table.
 */
export function chooseTables(named: readonly string[] | null, found: FoundTables): readonly BatchTable[] {
  const { entries, sourceIgnoresCase, targetIgnoresCase } = found;
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const byFolded = new Map(entries.map((entry) => [folded(entry.name), entry]));
  const entryOf = (name: string) =>
    byName.get(name) ?? (sourceIgnoresCase ? byFolded.get(folded(name)) : undefined);

  const chosen = new Map<string, TableEntry | null>();
  if (named === null) {
    for (const entry of entries) if (isTable(entry)) chosen.set(entry.name, entry);
  } else {
    for (const name of named) {
      const entry = entryOf(name) ?? null;
      chosen.set(entry?.name ?? name, entry);
    }
  }
  const names = [...chosen.keys()].sort(byCodePoint);
  const twins = targetIgnoresCase ? namesThatClash(names) : new Set<string>();
  const isWeighed = names.every((name) => typeof chosen.get(name)?.rowsEstimate === 'number');
  return names.map((name, no) => {
    const entry = chosen.get(name) ?? null;
    const rowsEstimate = entry?.rowsEstimate ?? null;
    const why = refusalOf(name, entry, twins);
    return {
      no,
      name,
      rowsEstimate: rowsEstimate === null ? null : Math.round(rowsEstimate),
      weight: isWeighed ? Math.max(1, Math.round(rowsEstimate ?? 1)) : 1,
      refusal: why === null ? null : failureOf(new SluiceError('Cdm.0014', { name, ...explained(why) })),
      carriesRunId: null,
    };
  });
}

function isTable({ kind, isPartition }: TableEntry): boolean {
  return kind === 'table' && isPartition !== true;
}

/** Names of which another one is the same but for its case. */
export function namesThatClash(names: readonly string[]): ReadonlySet<string> {
  const byFolded = new Map<string, string[]>();
  for (const name of names) byFolded.set(folded(name), [...(byFolded.get(folded(name)) ?? []), name]);
  return new Set([...byFolded.values()].filter((same) => same.length > 1).flat());
}

function refusalOf(name: string, entry: TableEntry | null, twins: ReadonlySet<string>): Text | null {
  if (twins.has(name)) {
    return {
      en: `Another table of the source has the name ${name} but for its case, and the destination takes both for one table: move one of them by a job of its own.`,
      zh: `源端另有一张仅大小写与 ${name} 不同的表，而目的端视两者为同一张表：请用单独的作业迁移其中一张。`,
    };
  }
  // The name would be taken for a reference to a variable, and another table be moved in its place.
  if (name.includes('${')) {
    return {
      en: `The name ${name} holds \${, which stands for a variable in the settings of jobs: rename the table.`,
      zh: `表名 ${name} 含有 \${，该写法在作业参数中表示变量：请重命名该表。`,
    };
  }
  if (entry !== null && !isTable(entry)) {
    return {
      en: `${name} is a view, a partition or a table of the server itself: an entire-database job moves tables.`,
      zh: `${name} 是视图、分区或数据库系统表：整库迁移只迁移表。`,
    };
  }
  return null;
}

function folded(name: string): string {
  return name.toLowerCase();
}

function byCodePoint(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
