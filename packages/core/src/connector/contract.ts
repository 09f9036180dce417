import type { Batch, ByteForm, Position, RowBatch, WireForm } from '../data/batch.ts';
import type { Column, NeutralType, TableShape } from '../data/column.ts';
import type { Loss, OddValue } from '../data/loss.ts';
import type { ReadWindow, WatermarkColumn } from '../data/read-window.ts';
import type { Reject } from '../data/reject.ts';
import type { Checkpoint, Slice, SliceCounts } from '../data/slice.ts';
import type { Snapshot } from '../data/snapshot.ts';
import type { OptionValues } from '../options/option.ts';
import type { SinkComparer, SourceComparer } from './comparison.ts';
import type { CheckStage, Inspector } from './inspection.ts';
import type { SinkPreview, SourcePreview } from './run-preview.ts';

export type { Snapshot } from '../data/snapshot.ts';

/** One address of a host, as the system's resolver gives it. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** What the process that opens a connection lends to it. */
export interface Host {
  /** Aborts when the connection is to end, whatever it does; every wait of a connector ends with it, within a second. */
  readonly signal: AbortSignal;
  /** One line for the run's log. No secrets; the connector's own words. */
  log(line: string): void;
  /** Which end of a run the connection serves, for error texts; absent where there is no run. */
  readonly end?: 'source' | 'destination';
  /** The connection is there for looking only: where the system can refuse a session to write, it is told to. Absent: it may. */
  readonly isReadOnly?: true;
  /**
   * The addresses of a host, by name or address, as they are now; all of them allowed by the rules on where links may lead.
   * A connector connects to one of these and looks up nothing itself: what was checked is what is connected to.
   * Absent: no rules. @throws Cdm.0941 for an address that is not allowed; the resolver's own errors.
   */
  readonly resolve?: (host: string) => Promise<readonly HostAddress[]>;
  /**
   * Fetches a file over HTTP or HTTPS, bounded in size and time, from addresses that the same rules allow. Absent: none can be had.
   * @throws Cdm.0233 it cannot be had; Cdm.0941 for an address that is not allowed.
   */
  readonly download?: (url: string) => Promise<Uint8Array>;
}

/** One finding of a connection test. `ok` false ends the test. */
export interface CheckStep {
  readonly step: CheckStage;
  readonly ok: boolean;
  readonly ms: number;
}

/**
 * An open way to one system, made from a link's options. It may hold any number of sockets, and opens them when needed.
 * All methods may throw `SluiceError`; native errors are translated inside the connector.
 */
export interface Connection {
  /** Proves that the system can be reached and the user may sign in. Throws the finding as a SluiceError. */
  check(): Promise<readonly CheckStep[]>;
  /** @param options the job's fromJobConfig values. */
  source(options: OptionValues): Source;
  /** @param options the job's toJobConfig values. */
  sink(options: OptionValues): Sink;
  /** Absent: the system can be checked, but not looked into. */
  readonly inspector?: Inspector;
  /** Closes all sockets; safe to repeat; never throws. */
  close(): Promise<void>;
}

/** What a source would send in which form; what the sink must agree to. */
export interface SourceOffer {
  /** The columns that will be read, in order. */
  readonly columns: readonly Column[];
  /** Forms that the source can send these columns in, best first; always ends with `rows`. */
  readonly forms: readonly WireForm[];
  /**
   * Byte forms carry values in the binary shape of one system's types. Says whether the source can send a column as such a
   * type, and what to cast it to in its own SQL first; null: it cannot. Absent: in no byte form.
   * @param wireType a type of the form's own system, a PostgreSQL type for `pgcopy-binary`.
   */
  readonly sendAs?: (
    form: ByteForm,
    column: Column,
    wireType: string,
  ) => { readonly cast: string | null } | null;
  /** Column names of the source's primary key in key order. Absent: it has none, or nobody asked. */
  readonly primaryKey?: readonly string[];
  /** Values that the columns may hold and not every destination has. Absent: none are known of. */
  readonly oddValues?: ReadonlySet<OddValue>;
  /** Who makes the byte form when it is not the source's own, for people: a sentence that begins the agreement's reason. */
  readonly byteFormsBy?: string;
}

/**
 * What a read gives: the columns in order, and the form. `cast` is a native type of the source to cast to before sending;
 * `wireType`, in byte forms, is the type of the form's own system that the bytes must be of.
 */
export interface Projection {
  readonly form: WireForm;
  readonly columns: readonly {
    readonly name: string;
    readonly cast: string | null;
    readonly wireType?: string;
  }[];
  /** A row that has no form as values comes as a reject of its batch, and ends nothing. Only with the form `rows`. */
  readonly isTolerant?: true;
}

/** A moment, or why the source has none to give, for people: then every slice is read as it is when its turn comes. */
export type SnapshotAnswer = { readonly snapshot: Snapshot } | { readonly refusal: string };

/**
 * How a source shows one moment of its table to several slices. `take` comes first, in one process, the keeper. Where the
 * moment is to be joined, each reading process joins it; several of them do so together: `ready` (each of them) → `hold`
 * (the keeper) → `join` (each of them) → `settle` (the keeper).
 */
export interface Snapshots {
  /** Fixes the moment, and keeps it until the connection closes; where it is to be joined, fixes nothing yet. */
  take(): Promise<SnapshotAnswer>;
  /** Opens what joining needs, so that it takes no longer than one question and its answer. */
  ready(): Promise<void>;
  /**
   * Keeps others from writing to the table, no longer than the source's named limit: who joins now is at one moment.
   * @returns null; or why that cannot be, for people.
   */
  hold(): Promise<string | null>;
  /** Opens this process's session at the moment and keeps it until the connection closes. */
  join(snapshot: Snapshot): Promise<void>;
  /**
   * All have joined who will: others may write again.
   * @throws SnapshotLost when they might have written before: those who joined may be at different moments.
   */
  settle(): Promise<void>;
}

/** What a source can tell of a column that grows with every new or changed row. */
export interface Watermarks {
  /** @throws Cdm.0903 when there is no such column; Cdm.0902 when the job's own condition is none. */
  describe(column: string): Promise<WatermarkColumn>;
  /**
   * The greatest finite value of the rows that the job selects, from `window.from` on; null: there is none. `window.to` is not
   * looked at. Only after `describe`.
   */
  highest(window: ReadWindow): Promise<string | null>;
  /** The same source, of which only the window is read. Only for windows that were made after `describe`. */
  within(window: ReadWindow): Source;
}

export interface Source {
  /** Absent: slices are read as the source is when their turn comes. */
  readonly snapshots?: Snapshots;
  /** Absent: it cannot be read incrementally. */
  readonly watermarks?: Watermarks;
  /** Absent: what was read cannot be compared with what was written. */
  readonly comparer?: SourceComparer;
  /** The table as it is now. @throws Cdm.0900 when it does not exist. */
  describe(): Promise<TableShape>;
  /** Forms for these columns. Pure. */
  offer(shape: TableShape, columns: readonly Column[]): SourceOffer;
  /**
   * Cuts the table into slices. Their union is every row that the options select, each row in exactly one slice.
   * @param sliceCountHint upper bound of slices that may run at once; more slices than that are fine.
   */
  split(shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]>;
  /**
   * Reads one slice. Batches are bounded by bytes, not rows. Ends early with the host's signal.
   * @param after go on behind this position; null: from the slice's start.
   * @param snapshot the moment to read; null or absent: now.
   * @throws SnapshotLost when the moment cannot be read any more, at the latest behind the last batch: what was read since
   * the last commit must not be made durable then.
   */
  read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot?: Snapshot | null,
  ): AsyncIterable<Batch>;
  /**
   * Says how these slices would be read, and reads none of them. Absent: the source has no statements to show.
   * @param slices of one `split`, as few as are to be shown.
   */
  preview?(slices: readonly Slice[], projection: Projection): Promise<SourcePreview>;
}

/** How a sink wants to be fed: the answer to an offer. */
export interface SinkAgreement {
  readonly projection: Projection;
  /** Why this form and not a better one, for people. */
  readonly reason: string;
  /** The byte form is another system's: the sink makes something of its own out of it. */
  readonly convertsBytes?: true;
  /** What else is to be known before the run, for people. */
  readonly warnings: readonly string[];
  /** What the columns may lose on their way. Absent: nothing. */
  readonly losses?: readonly Loss[];
  /** What the destination columns hold, by position, so that values made on the way can be made to fit; null, absent: not known. */
  readonly targetTypes?: readonly (NeutralType | null)[];
}

/** The destination of a run: plain JSON, made by the planner, stored, handed to every worker. */
export interface TargetPlan {
  /** Identifies the run at the destination: [0-9a-f]{12}. */
  readonly runKey: string;
  /** Source columns by position, as the source describes them. */
  readonly sourceColumns: readonly Column[];
  readonly sourcePrimaryKey: readonly string[];
  /** Destination columns by position; same length as sourceColumns. */
  readonly columnNames: readonly string[];
  readonly form: WireForm;
  /** Rows that the destination refuses are set aside: they are written with `SliceWriter.sift`. Only with the form `rows`. */
  readonly isTolerant?: true;
}

/**
 * The destination of one run. The order of calls over the life of a run:
 * `agree` → `prepare` (once) → `openWriter` for each slice, in any process and order, repeated after a crash → `finish` (once, repeatable).
 * A run that failed or was stopped is not finished yet: it may be resumed, days later, with `openWriter` under the same plan.
 */
export interface Sink {
  /** Absent: as for a source. */
  readonly comparer?: SinkComparer;
  /**
   * Chooses the form. Looks at the destination (its columns and their types) without changing it.
   * @param columnNames destination columns by position; null: the source's names.
   * @throws Cdm.0900 no such table and none is to be made; Cdm.0931 columns do not pair up; Cdm.0921 a type cannot go there.
   */
  agree(
    offer: SourceOffer,
    columnNames: readonly string[] | null,
  ): Promise<SinkAgreement & { readonly columnNames: readonly string[] }>;
  /**
   * Makes the destination ready: creates or clears the table as the options say, then the run's checkpoint table.
   * Runs again after a crash before it was acknowledged; never after a writer was opened.
   * @param isRepeated as for `openWriter`.
   * @throws Fenced when the destination holds checkpoints of the run: another driver went on with it.
   */
  prepare(plan: TargetPlan, isRepeated?: boolean): Promise<void>;
  /**
   * Says what `prepare`, the writers and `finish` would send, by the functions that make it, and which rights that takes.
   * Looks at the destination and changes nothing. Absent: the sink has no statements to show.
   * @throws what `prepare` would throw before its first change.
   */
  preview?(plan: TargetPlan): Promise<SinkPreview>;
  /**
   * Opens a writer and reads the slice's last durable checkpoint from the destination itself.
   * @param isRepeated the same work was begun before and given up: what is left of its sessions may still hold locks, or
   *   carry out a statement that was on its way, and is to be ended first.
   */
  openWriter(plan: TargetPlan, slice: Slice, isRepeated?: boolean): Promise<SliceWriter>;
  /** All checkpoints of the run that are durable at the destination, by slice number. @throws Fenced when the run was finished, or never prepared. */
  checkpoints(plan: TargetPlan): Promise<ReadonlyMap<number, Checkpoint>>;
  /**
   * Ends the run at the destination and removes its checkpoint table: from then on no writer of the run can commit.
   * `discard`: the run did not succeed and will not be resumed. Safe to repeat, and to call for a run that was never prepared.
   */
  finish(plan: TargetPlan, outcome: 'publish' | 'discard'): Promise<void>;
}

/** Writes one slice. Not to be used by two callers at once. */
export interface SliceWriter {
  /** What was durable of this slice when the writer opened; null: nothing. */
  readonly resumed: Checkpoint | null;
  /** The destination cannot roll back: rows of an attempt that failed stay, and a repetition would double them. Absent: it can. */
  readonly keepsFailedRows?: boolean;
  /** Resolves when there is room for the next batch; nothing is durable yet. The batch's memory is the caller's again. */
  write(batch: Batch): Promise<void>;
  /**
   * As `write`, for a tolerant plan: writes all rows that the destination takes, in parts that get smaller where one is
   * refused, down to single rows. When it resolves the destination has taken or refused each row; what it took is durable
   * with the commit. Rejects that the batch brings along are not looked at. Absent: the first row that is refused ends it all.
   * @returns the rows that were refused.
   */
  sift?(batch: RowBatch): Promise<readonly Reject[]>;
  /**
   * Makes all that was written durable, together with the checkpoint, in one transaction of the destination.
   * @returns the checkpoint as stored.
   * @throws Fenced when another writer has committed this slice since this one opened: nothing of this writer remains.
   */
  commit(counts: SliceCounts, position: Position | null, isComplete: boolean): Promise<Checkpoint>;
  /** Bytes handed to the destination so far. */
  bytesWritten(): number;
  /** Rolls back what is not committed and frees the socket. Safe to repeat; never throws. */
  close(): Promise<void>;
}
