import { bundle } from '../../packages/connectors/src/bundle.ts';
import type { System, TorturedColumn } from './columns.ts';
import { type Dressing, type End, type Lane, openEnd, rowsOnly } from './ends.ts';
import { mariadbColumns, mysqlColumns } from './mysql-columns.ts';
import { postgresColumns } from './postgres-columns.ts';
import { targetsOf } from './targets.ts';
import { type JobEnds, moveColumn, type Outcome, type Pairing } from './torture.ts';
import { judge, type PrintedTables, printTables, type Verdict } from './verdicts.ts';

/** Jobs at once. */
const LANES = 3;
const SOURCE_PREFIX = 's_';

const columnsBySystem: Readonly<Record<System, readonly TorturedColumn[]>> = {
  postgres: postgresColumns,
  mariadb: mariadbColumns,
  mysql: mysqlColumns,
};

/** A source that is filled, and what its database prints of it. */
export interface FilledSource {
  readonly end: End;
  readonly columns: readonly TorturedColumn[];
  readonly printed: PrintedTables;
}

/** Fills one table for each column. @param isChosen which columns. */
export async function fillSource(
  end: End,
  isChosen: (column: TorturedColumn) => boolean,
): Promise<FilledSource> {
  const columns = columnsBySystem[end.system];
  const statements = columns.flatMap((column, at) => [
    ...(column.before ?? []),
    ...(isChosen(column)
      ? [
          `CREATE TABLE ${sourceTable(at)} (id int PRIMARY KEY, v ${column.type})`,
          ...column.values.map(
            (literal, i) => `INSERT INTO ${sourceTable(at)} VALUES (${i + 1}, ${literal})`,
          ),
        ]
      : []),
  ]);
  await end.client.run(statements);
  return { end, columns: columns.filter(isChosen), printed: await printTables(end, SOURCE_PREFIX) };
}

function sourceTable(at: number): string {
  return `${SOURCE_PREFIX}${at}`;
}

/**
 * Moves every column of a source into every type of a destination, and judges what arrived.
 * @param every of the types of existing columns only so many-th ones, other ones for each column; 1: all.
 */
export async function torturePair(
  source: FilledSource,
  to: End,
  every: number,
  log: (line: string) => void,
): Promise<readonly Verdict[]> {
  const from = source.end;
  const prefix = `d_${from.system}_`;
  const all = columnsBySystem[from.system];
  const pairings = all.flatMap((column, at) =>
    source.columns.includes(column) ? pairingsOf(column, at, to.system, every, prefix) : [],
  );
  await to.client.run(
    pairings.flatMap(({ to: table, into }) =>
      into === null ? [] : [`CREATE TABLE ${table} (id int PRIMARY KEY, v ${into})`],
    ),
  );
  const outcomes = await moveAll(from, to, pairings);
  const targets = await printTables(to, prefix);
  const systems = { from: from.system, to: to.system };
  const verdicts = outcomes.flatMap((outcome) => judge(outcome, systems, source.printed, targets));
  log(`${from.system} to ${to.system}: ${outcomes.length} tables, ${verdicts.length} values`);
  return verdicts;
}

/** Each target twice: as the plan finds best, and as rows. */
function pairingsOf(
  column: TorturedColumn,
  at: number,
  to: System,
  every: number,
  prefix: string,
): readonly Pairing[] {
  const types = [null, ...targetsOf(to, column.family).filter((_, no) => (at + no) % every === 0)];
  return types.flatMap((into, no) =>
    (['best', 'rows'] as const).map(
      (lane): Pairing => ({
        column,
        from: sourceTable(at),
        to: `${prefix}${at}_${no}_${lane}`,
        into,
        lane,
      }),
    ),
  );
}

const dressings: Readonly<Record<Lane, Dressing>> = { best: (source) => source, rows: rowsOnly };

/** Runs the jobs, some at once; a pair that goes as rows anyway is not moved a second time. */
async function moveAll(from: End, to: End, pairings: readonly Pairing[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = pairings.filter(({ lane }) => lane === 'best');
  const again = new Map(pairings.filter(({ lane }) => lane === 'rows').map((each) => [sameOf(each), each]));
  await Promise.all(
    Array.from({ length: LANES }, () =>
      withJobEnds(from, to, async (ends) => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const outcome = await moveColumn(ends, next, dressings[next.lane]);
          outcomes.push(outcome);
          const rows = again.get(sameOf(next));
          if (next.lane === 'best' && rows !== undefined && outcome.form !== 'rows' && outcome.form !== null)
            waiting.push(rows);
        }
      }),
    ),
  );
  return outcomes;
}

function sameOf({ from, into }: Pairing): string {
  return `${from} ${into}`;
}

/** Opens both ends for one job after the other. */
export async function withJobEnds<T>(from: End, to: End, work: (ends: JobEnds) => Promise<T>): Promise<T> {
  const [connector] = bundle;
  if (connector === undefined) throw new Error('no connector');
  const { signal } = new AbortController();
  const source = await openEnd(connector, from, signal);
  try {
    const sink = await openEnd(connector, to, signal);
    try {
      return await work({ from, to, source, sink });
    } finally {
      await sink.close();
    }
  } finally {
    await source.close();
  }
}
