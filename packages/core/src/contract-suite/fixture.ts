import type { Connection, Host } from '../connector/contract.ts';
import type { OptionValues } from '../options/option.ts';

/** A row as the database itself prints it, through its own SQL and client, never through the connector. */
export type PrintedRow = readonly (string | null)[];

/**
 * What a connector's live test lends to the shared suites: its own database, reached beside the connector.
 * Everything here but `open` must go around the connector, or the suite would ask it about itself.
 */
export interface SuiteFixture {
  /** Opens the connector on the fixture's database; `changes` replaces single link options. */
  open(host: Host, changes?: OptionValues): Promise<Connection>;
  /** Job options that read or write this table; `more` adds or replaces options by full name. */
  sourceOptions(table: string, more?: OptionValues): OptionValues;
  sinkOptions(table: string, more?: OptionValues): OptionValues;
  /**
   * Makes a table in the shape of `numbersColumns` and fills it with the rows of `numbersRow` for id 1 to `rowCount`:
   * `id` 64-bit integer, primary key; `label` text of at least 40 characters, NOT NULL; `amount` 32-bit integer, nullable.
   */
  makeNumbers(table: string, rowCount: number): Promise<void>;
  /**
   * Makes a table with one column for every type that the connector moves, key first, and at least three rows: ordinary
   * values, the ends of each range, and nulls wherever the column takes them.
   * @param isFilled false: the same table without rows.
   */
  makeTypes(table: string, isFilled: boolean): Promise<void>;
  /** Every row as the database prints it, ordered by the first column. @param columns null: all. */
  readBack(table: string, columns?: readonly string[]): Promise<readonly PrintedRow[]>;
  /** Runs one statement of plain SQL over the fixture's own connection; `{table}` stands for the quoted table. */
  write(table: string, sql: string): Promise<void>;
  tableExists(table: string): Promise<boolean>;
  /** Names of the tables whose name begins so. */
  tablesLike(prefix: string): Promise<readonly string[]>;
  dropTable(table: string): Promise<void>;
  /** Primary key columns of a table in key order, as the database's catalog says. */
  primaryKey(table: string): Promise<readonly string[]>;
  /** Ends every session of the connector at the server, as an administrator would. Resolves when it is done. */
  cutSessions(): Promise<void>;
  /** Link options that cannot work, by what is wrong with them. */
  readonly wrongLinks: {
    readonly password: OptionValues;
    readonly database: OptionValues;
    /** A port of loopback on which nobody listens. */
    readonly port: OptionValues;
  };
  /** Conditions that pick the ids 2 and 3 of a numbers table, as a user would write them, with comments and quotes. */
  readonly honestConditions: readonly string[];
  /** Conditions that try to leave the place of a condition; each must be refused and do nothing. */
  readonly hostileConditions: readonly string[];
  /** Prefix of the run's checkpoint table, to which the run key is added. */
  readonly checkpointTablePrefix: string;
}

/** The label of row `id`: fixed width, with characters of two, three and four bytes. */
export function numbersLabel(id: number): string {
  return `row ${String(id).padStart(10, '0')} é 中 😀 ${'x'.repeat(24)}`;
}

/** Every third amount is null. */
export function numbersAmount(id: number): number | null {
  return id % 3 === 0 ? null : id * 10;
}

/** A row as any of the databases prints it. */
export function printedNumbersRow(id: number): PrintedRow {
  const amount = numbersAmount(id);
  return [String(id), numbersLabel(id), amount === null ? null : String(amount)];
}

let serial = 0;

/** A table name that no other test of this process uses. */
export function freshName(stem: string): string {
  serial += 1;
  return `${stem}_${process.pid.toString(36)}_${serial.toString(36)}`;
}

/** A host for a test: its signal can be aborted, its log is kept. */
export function testHost(): { readonly host: Host; readonly lines: string[]; abort(): void } {
  const controller = new AbortController();
  const lines: string[] = [];
  return {
    host: { signal: controller.signal, log: (line) => lines.push(line) },
    lines,
    abort: () => controller.abort(),
  };
}
