import type { Column, TableShape } from '../data/column.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorFacts } from '../errors/sluice-error.ts';

/**
 * What a link is tested for, in this order: its host name has addresses, all of them allowed; a TCP connection comes
 * about; so does encryption; the user may sign in, may read definitions of tables, and may create tables.
 */
export const checkStages = ['name', 'tcp', 'tls', 'login', 'read', 'create'] as const;
export type CheckStage = (typeof checkStages)[number];

/** What a link is to be tested for. */
export interface CheckPurpose {
  /** Tables may be created by jobs that write to it. */
  readonly isDestination: boolean;
  /** Where they would be created; null: anywhere. */
  readonly schema: string | null;
}

/** An error as plain values, to be put into words by whoever knows the reader's language. */
export interface Finding {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

/** One stage of a test. Skipped: it does not apply to the link, or one before it failed. */
export interface StageResult {
  readonly stage: CheckStage;
  readonly state: 'ok' | 'failed' | 'skipped';
  /** Milliseconds; 0 when skipped. */
  readonly ms: number;
  readonly finding: Finding | null;
}

/** Which part of a list by name is wanted. */
export interface ListPage {
  /** Part of the name, taken literally; empty: all. */
  readonly filter: string;
  readonly offset: number;
  readonly limit: number;
}

export interface NameList<Entry> {
  readonly entries: readonly Entry[];
  /** Of all pages together. */
  readonly total: number;
  /** Names that differ only by upper and lower case mean one thing to the server. Absent: they are different names. */
  readonly ignoresCase?: true;
}

/** A table or view as the list of its schema shows it. */
export interface TableEntry {
  readonly name: string;
  /** `other`: what no user made as a table, such as a sequence, a table of the server itself, or one that we work with. */
  readonly kind: 'table' | 'view' | 'other';
  /** A part of another table of the list, whose rows are that one's too. */
  readonly isPartition?: true;
  /** From the database's statistics; null: it has none. */
  readonly rowsEstimate: number | null;
}

export interface TableRef {
  readonly schema: string;
  readonly table: string;
}

export interface PreviewLimits {
  readonly rowsMax: number;
  /** Of all values together as JSON text, in bytes. */
  readonly bytesMax: number;
  /** Characters of one value, or bytes of a binary one; the rest is cut off. */
  readonly valueCharsMax: number;
  /** The database itself gives up after this time, in milliseconds. */
  readonly timeLimitMs: number;
}

/**
 * Integers of up to 32 bits and floats are numbers, booleans are themselves, binary values Base64 text; all else is text as
 * the database prints it: 64 bits and decimals too, which JSON's readers would round, and the floats that JSON has no number for.
 */
export type PreviewValue = string | number | boolean | null;

/** The first rows of a table, in no order of their own. */
export interface Preview {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly PreviewValue[])[];
  /** The table has no more rows than these. */
  readonly isWhole: boolean;
  /** Values that were cut off: row and column, both from 0. */
  readonly cut: readonly (readonly [row: number, column: number])[];
}

/** Looks at a system without changing it. Methods throw `SluiceError`. */
export interface Inspector {
  /** Stages that apply to the link, in order. */
  stages(purpose: CheckPurpose): readonly CheckStage[];
  /** Goes through these stages and tells each one that is passed. @throws the finding of the first that is not. */
  walk(purpose: CheckPurpose, passed: (stage: CheckStage) => void): Promise<void>;
  /** Schemas of users by name; for MySQL databases. */
  schemas(page: ListPage): Promise<NameList<string>>;
  /** Tables and views of a schema by name. */
  tables(schema: string, page: ListPage): Promise<NameList<TableEntry>>;
  /** @throws Cdm.0900 when there is no such table. */
  describe(table: TableRef): Promise<TableShape>;
  /** Reads in a transaction that cannot write. @throws Cdm.0900 when there is no such table; Cdm.0066. */
  preview(table: TableRef, limits: PreviewLimits): Promise<Preview>;
}
