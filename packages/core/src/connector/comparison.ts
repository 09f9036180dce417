import type { Value } from '../data/batch.ts';
import type { Column, TableShape } from '../data/column.ts';
import type { Snapshot } from '../data/snapshot.ts';
import type { Text } from '../data/text.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { ErrorFacts } from '../errors/sluice-error.ts';

/**
 * How the values of a pair of columns are printed, so that two systems print the same bytes for the same value. What is
 * printed depends on the pair, how it is printed on each column's own type:
 *
 * | form      | canonical text                                                                                       |
 * |-----------|------------------------------------------------------------------------------------------------------|
 * | number    | digits without a leading `+` or zeros at the end of a fraction; booleans 0 and 1; `NaN`, `Infinity`   |
 * | float     | the 64 bits of IEEE 754 as 16 hexadecimal digits, of the value rounded to `bits`; -0 counts as 0      |
 * | text      | its UTF-8 bytes; `isPadded`: without blanks at the end, for one of the columns does not keep them      |
 * | uuid      | lower case                                                                                           |
 * | bits      | 0 and 1                                                                                              |
 * | binary    | hexadecimal, lower case                                                                              |
 * | date      | `YYYY-MM-DD`                                                                                         |
 * | time      | `HH:MM:SS[.f]` without zeros at the end of the fraction                                               |
 * | timestamp | `YYYY-MM-DD HH:MM:SS[.f]` in UTC, the fraction likewise                                              |
 * | json      | `jsonb`: as PostgreSQL's jsonb prints it; `text`: as it stands                                        |
 *
 * `isDigest`: the hash of these bytes stands for them, for they may be long. A null prints as nothing else does.
 */
export type CanonicalForm =
  | { readonly kind: 'number' | 'uuid' | 'bits' | 'date' | 'time' | 'timestamp' }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'text'; readonly isPadded: boolean; readonly isDigest: boolean }
  | { readonly kind: 'binary'; readonly isDigest: boolean }
  | { readonly kind: 'json'; readonly as: 'jsonb' | 'text' };

/** Hashes that systems compute, those that take less time first. */
export const rowHashes = ['md5', 'sha256'] as const;
export type RowHash = (typeof rowHashes)[number];

/** One column at one end, and how it is printed. */
export interface ComparedColumn {
  readonly name: string;
  readonly form: CanonicalForm;
}

/** What is compared at one end; columns by position are those of the other end. Plain JSON. */
export interface ComparedSide {
  readonly columns: readonly ComparedColumn[];
  /** What tells rows apart; its forms are never digests. Empty: nothing does. */
  readonly key: readonly ComparedColumn[];
  /** The hash of all digests, the same at both ends; absent, as in plans that were stored before there was a choice: MD5. */
  readonly hash?: RowHash;
}

/** Rows by the first column of the key, a whole number: `from` <= it < `below`; null is open, and open below takes nulls too. */
export interface KeyRange {
  readonly from: string | null;
  readonly below: string | null;
}

/** Part of a table, the same rows at both ends. Both members null: all of it. */
export interface Region {
  readonly range: KeyRange | null;
  /** First hexadecimal digits of the hash of the key, all of one length: rows whose key's begin with one of them. */
  readonly prefixes: readonly string[] | null;
}

/** How the rows of a region are told apart into parts. */
export type Division =
  | { readonly by: 'none' }
  /** Of equal width, the first from `from`: part 0, 1, … */
  | { readonly by: 'range'; readonly from: string; readonly width: string }
  /** By so many first digits of the hash of the key, which are the part's name. */
  | { readonly by: 'hash'; readonly digits: number };

/** What the rows of a part come to, whatever their order. */
export interface PartSummary {
  /** Empty without a division. */
  readonly part: string;
  readonly rows: number;
  /** Sum over the rows of the first 60 bits of the hash of their canonical text; decimal. */
  readonly sum: string;
}

/** Values of a key, in their canonical text. */
export type KeyTexts = readonly (string | null)[];

/** One row as lists have it. */
export interface RowDigest {
  readonly key: KeyTexts;
  /** Hash of the row's canonical text. */
  readonly digest: string;
}

/** A table as comparing sees it. */
export interface ComparedTable {
  readonly shape: TableShape;
  /** How JSON columns keep their values: `jsonb` and `parsed` in an order of their own, `text` as they were written. */
  readonly jsonOf: (column: Column) => 'jsonb' | 'parsed' | 'text';
  /** The product, for people. */
  readonly system: string;
  /** What the server can compute. */
  readonly hashes: readonly RowHash[];
}

/** Compares a table inside of its database. Nothing of it changes the table. Waits end with the host's signal. */
export interface Comparer {
  /** Why the rows of the job cannot be told in this table; null: they can. */
  readonly refusal: Text | null;
  /** The table as it is now. @throws Cdm.0900 when it does not exist. */
  describe(): Promise<ComparedTable>;
  /** Least and greatest value of a column of whole numbers; null: there are no rows, or no values. */
  bounds(
    side: ComparedSide,
    at: Snapshot | null,
  ): Promise<{ readonly min: string; readonly max: string } | null>;
  /** Parts without rows are left out. @param at the moment to look at; null: now. @throws SnapshotLost. */
  summarise(
    side: ComparedSide,
    region: Region,
    division: Division,
    at: Snapshot | null,
  ): Promise<readonly PartSummary[]>;
  /** The rows of a region, in any order. To be asked for regions that are known to be small. */
  list(side: ComparedSide, region: Region, at: Snapshot | null): Promise<readonly RowDigest[]>;
}

/** A row that is to be written once more. */
export interface FetchedRow {
  readonly key: KeyTexts;
  /** By position of the columns asked for. */
  readonly values: readonly Value[];
}

/** A source that can be compared. */
export interface SourceComparer extends Comparer {
  /** Rows with these keys, as they are now; keys without a row are left out. */
  fetch(
    side: ComparedSide,
    columnNames: readonly string[],
    keys: readonly KeyTexts[],
  ): Promise<readonly FetchedRow[]>;
}

/** What is to be set right at the destination, in one transaction. */
export interface Repair {
  readonly side: ComparedSide;
  /** As the source describes them, by position of the values of `rows`. */
  readonly sourceColumns: readonly Column[];
  /** Destination columns by position. */
  readonly columnNames: readonly string[];
  /** Each takes the place of whatever has its key. */
  readonly rows: readonly FetchedRow[];
  /** Keys whose rows are removed. */
  readonly removals: readonly KeyTexts[];
}

/** Why the destination does not take a row. */
export interface RowRefusal {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

export interface RepairCounts {
  readonly rowsWritten: number;
  readonly rowsRemoved: number;
  /** Rows that the destination does not take: what has their key is as it was. */
  readonly rowsRefused: number;
  /** What was said of the first of them; null: there are none. */
  readonly refusal: RowRefusal | null;
}

/** A destination that can be compared and repaired. */
export interface SinkComparer extends Comparer {
  /**
   * What the job's options make of rows that are no rows of the job:
   * `none`: there are none, the job made or cleared the table; `others`: there may be; `kept`: such rows may also stand in
   * the place of the job's own, for the job leaves what has the same key.
   */
  readonly foreignRows: 'none' | 'others' | 'kept';
  /**
   * Writes and removes rows in one transaction. To repeat it changes nothing. A row that the destination refuses for what is in
   * it is left out and counted; rows with other keys are never changed for the sake of one.
   * @throws what writing a slice throws; nothing is changed then.
   */
  repair(repair: Repair): Promise<RepairCounts>;
}
