import type {
  CheckStep,
  Projection,
  Snapshot,
  SnapshotAnswer,
  TargetPlan,
} from '@sluice/core/connector/contract';
import type {
  CheckPurpose,
  Finding,
  ListPage,
  NameList,
  Preview,
  PreviewLimits,
  StageResult,
  TableEntry,
  TableRef,
} from '@sluice/core/connector/inspection';
import type { SinkPreview, SourcePreview } from '@sluice/core/connector/run-preview';
import type { TableShape } from '@sluice/core/data/column';
import type { Loss } from '@sluice/core/data/loss';
import type { PortableRow } from '@sluice/core/data/portable-row';
import type { ReadWindow, WatermarkBound } from '@sluice/core/data/read-window';
import type { PortableReject } from '@sluice/core/data/reject';
import type { Checkpoint, Slice, SliceCounts, SliceTimes } from '@sluice/core/data/slice';
import type { ErrorFacts } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { RepairWish } from './compare/compare-chunk.ts';
import type {
  ChunkOutcome,
  ComparedChunk,
  ComparisonPlan,
  PlannedComparison,
} from './compare/comparison-work.ts';
import type { PreviewReach, PreviewTotals, PreviewWish } from './preview-work.ts';
import type { ShapePlan, TransformWork } from './shape/shape-plan.ts';

/** One end of a run: which connector, how to sign in, what to read or write. Holds secrets in clear: never stored, never logged. */
export interface RunEnd {
  readonly connector: string;
  readonly link: OptionValues;
  readonly options: OptionValues;
}

/** What a worker must know of a run. Plain values, sent with each task. */
export interface RunWork {
  readonly runId: string;
  /** [0-9a-f]{12}, names the run at the destination. */
  readonly runKey: string;
  readonly from: RunEnd;
  readonly to: RunEnd;
  /** Column names by position; null: all columns of the source in their order, same names at the destination. Those of added fields are among them. */
  readonly mapping: { readonly from: readonly string[] | null; readonly to: readonly string[] | null };
  /** Slices that may run at once, 1-300. */
  readonly extractors: number;
  /** How often a slice that failed is moved again before the run fails; absent: never. */
  readonly sliceRetries?: number;
  /** Rows that cannot be converted or written are set aside; absent: the first one ends the run. */
  readonly dirty?: DirtyRules;
  /** Absent: fields go as they are. */
  readonly transform?: TransformWork;
  /** Absent: all rows that the source's options select. */
  readonly watermark?: WatermarkWork;
  /** Absent: as fast as both ends are. */
  readonly rateLimit?: RateLimit;
}

/** How many rows may be set aside, as far as the worker of a slice can tell. */
export interface DirtyRules {
  /** Of one slice; one more ends the run. null: any number. */
  readonly sliceMax: number | null;
}

/** How an incremental job finds the rows that are new. */
export interface WatermarkWork {
  /** Grows with every row that is new or changed. */
  readonly column: string;
  /** Names where the column is; kept with the bound, which means nothing elsewhere. */
  readonly place: string;
  /** Up to here all is done, with the rows of this value or without; null: nothing is. */
  readonly last: WatermarkBound | null;
  /** Where a job begins that has done nothing: behind this value; null: with the least. */
  readonly initial: string | null;
  /** Steps below the last bound from where rows are read again: seconds, days, or units of a number. */
  readonly overlap: number;
  readonly upper: 'MAX' | 'BELOW_MAX' | 'LAG';
  readonly lagSeconds: number;
  /** Whose clock columns without a zone follow. */
  readonly zone: string;
}

/** The window of a plan, with the place that its bounds are of. */
export interface PlannedWindow extends ReadWindow {
  readonly place: string;
  /** Rows without a value in the column are never read. */
  readonly isNullable: boolean;
}

/** How fast all slices of a run together may read. null: without a limit of this kind. */
export interface RateLimit {
  readonly bytesPerSecond: number | null;
  readonly rowsPerSecond: number | null;
  /** Read slower still while the source answers slowly. */
  readonly backsOff: boolean;
}

/** What a worker must know to work at the destination alone. */
export type DestinationWork = Pick<RunWork, 'runId' | 'runKey' | 'to'>;

/** Whether all rows of a run are of one moment of the source, and why, for people. */
export interface Consistency {
  readonly kind: 'one snapshot' | 'per slice' | 'renewed after a crash';
  readonly reason: string;
}

/**
 * How the data travels: `splice`, bytes that both ends have as their own form; `transcode`, bytes of one system that
 * the other end makes or takes with kernels; `rows`, neutral values.
 */
export type PlanWay = 'splice' | 'transcode' | 'rows';

/** Made once per run before a byte moves, stored, and read again after a crash. */
export interface RunPlan {
  /** Absent in plans that were stored before it was recorded. */
  readonly way?: PlanWay;
  readonly target: TargetPlan;
  /** What is read. */
  readonly projection: Projection;
  /** What becomes of it before it is written; absent: nothing, the columns written are those read. */
  readonly shape?: ShapePlan;
  /** Why this wire form, for people. */
  readonly reason: string;
  readonly warnings: readonly string[];
  /** What the columns may lose; absent in plans that were stored before it was recorded as data. */
  readonly losses?: readonly Loss[];
  readonly slices: readonly Slice[];
  /** Absent: the run is not incremental. */
  readonly window?: PlannedWindow;
  /** The one part that changes while the run goes on; absent in plans that were stored before it was known. */
  readonly consistency?: Consistency;
}

/** A run as it would be, had it been started now. */
export interface RunPreview {
  /** null: not tested. */
  readonly reach: PreviewReach | null;
  /** With those of its slices that were asked for; null: none could be made. */
  readonly plan: RunPlan | null;
  readonly sliceCount: number;
  readonly totals: PreviewTotals | null;
  /** The source can show one moment to several slices. */
  readonly holdsMoments: boolean;
  /** Of the same slices; null: the source has no statements to show. */
  readonly source: SourcePreview | null;
  /** null: the destination has no statements to show. */
  readonly sink: SinkPreview | null;
  /** Why such a run cannot be planned or prepared; null: nothing is known that speaks against it. */
  readonly refusal: Finding | null;
}

/** What the destination itself says is durable: compared with our own ledger before a run may succeed. */
export interface DestinationTotals {
  readonly completeSlices: number;
  readonly counts: SliceCounts;
}

/** What can be asked about the system behind a link. Nothing of it changes the system. */
export type InspectQuestion =
  | { readonly what: 'stages'; readonly purpose: CheckPurpose; readonly timeLimitMs: number }
  | { readonly what: 'schemas'; readonly page: ListPage }
  | { readonly what: 'tables'; readonly schema: string; readonly page: ListPage }
  | { readonly what: 'columns'; readonly table: TableRef }
  | { readonly what: 'rows'; readonly table: TableRef; readonly limits: PreviewLimits };

/** What is answered, by the question. */
export interface InspectAnswers {
  stages: readonly StageResult[];
  schemas: NameList<string>;
  tables: NameList<TableEntry>;
  columns: TableShape;
  rows: Preview;
}

/** Holds the link's secrets in clear: never stored, never logged. */
export interface InspectTask {
  readonly kind: 'inspect';
  readonly connector: string;
  readonly link: OptionValues;
  readonly question: InspectQuestion;
}

/** What a worker process can be asked to do, and what it answers; one task at a time. */
export interface TaskResults {
  check: readonly CheckStep[];
  inspect: InspectAnswers[keyof InspectAnswers];
  plan: RunPlan;
  preview: RunPreview;
  prepare: null;
  snapshot: SnapshotAnswer;
  ready: null;
  /** Why it cannot be, for people; null: it is. */
  hold: string | null;
  join: null;
  settle: null;
  slice: Checkpoint;
  verify: DestinationTotals;
  /** What is durable at the destination, by slice number. */
  checkpoints: readonly (readonly [sliceNo: number, checkpoint: Checkpoint])[];
  finish: null;
  /** The attempt that made the commit. */
  replay: string;
  /** What of the run's table can be compared, and in which chunks. */
  comparison: PlannedComparison;
  compare: ChunkOutcome;
}

export type TaskKind = keyof TaskResults;

export type Task =
  | { readonly kind: 'check'; readonly connector: string; readonly link: OptionValues }
  | InspectTask
  | { readonly kind: 'plan'; readonly work: RunWork }
  /** Plans what is not run, and says what a run would do. Nothing is kept of it, and nothing changed. */
  | { readonly kind: 'preview'; readonly work: RunWork; readonly wish: PreviewWish }
  | {
      readonly kind: 'prepare';
      readonly work: DestinationWork;
      readonly plan: RunPlan;
      /** See `Sink.openWriter`. */
      readonly isRepeated?: boolean;
    }
  /** Takes a snapshot of the source, which this worker keeps until it is told that the run is over. */
  | { readonly kind: 'snapshot'; readonly work: RunWork }
  /** Has this worker prepare to join a snapshot. */
  | { readonly kind: 'ready'; readonly work: RunWork }
  /** Has the worker that took the snapshot see to it that all who join are at one moment. */
  | { readonly kind: 'hold'; readonly work: RunWork }
  /** Has this worker join a snapshot, and stay at it until it is told that the run is over. */
  | { readonly kind: 'join'; readonly work: RunWork; readonly snapshot: Snapshot }
  /** Tells the worker that took the snapshot that all have joined. */
  | { readonly kind: 'settle'; readonly work: RunWork }
  | {
      readonly kind: 'slice';
      readonly work: RunWork;
      readonly plan: RunPlan;
      readonly slice: Slice;
      /** The moment to read; null: as the source is by then. */
      readonly snapshot: Snapshot | null;
      readonly isRepeated?: boolean;
    }
  /** Writes rows that a run set aside, under a key of the replay's own. */
  | {
      readonly kind: 'replay';
      readonly work: DestinationWork;
      readonly plan: RunPlan;
      readonly rows: readonly PortableRow[];
      /** Places of rows with a field that could not be made and that nobody has given since: they are refused again. */
      readonly unmade: readonly number[];
      readonly isRepeated: boolean;
    }
  | { readonly kind: 'verify'; readonly work: DestinationWork; readonly plan: RunPlan }
  | { readonly kind: 'checkpoints'; readonly work: DestinationWork; readonly plan: RunPlan }
  | {
      readonly kind: 'finish';
      readonly work: DestinationWork;
      readonly plan: RunPlan;
      readonly outcome: 'publish' | 'discard';
    }
  | { readonly kind: 'comparison'; readonly work: RunWork; readonly plan: RunPlan }
  | {
      readonly kind: 'compare';
      readonly work: RunWork;
      readonly plan: RunPlan;
      /** Without its chunks. */
      readonly comparison: ComparisonPlan;
      readonly chunk: ComparedChunk;
      /** The moment of the source to compare with; null: as it is by then. */
      readonly snapshot: Snapshot | null;
      /** null: nothing is changed. */
      readonly repair: RepairWish | null;
    };

export type TaskOf<K extends TaskKind> = Extract<Task, { readonly kind: K }>;

/**
 * Where the engine reports what is durable. The server implements it; the engine knows no database of ours.
 */
export interface Ledger {
  /**
   * Resolves when the checkpoint is stored: only then may it be counted.
   * @param times of this attempt up to the checkpoint.
   * @throws Fenced when the run has moved on without us.
   */
  checkpoint(sliceNo: number, checkpoint: Checkpoint, times: SliceTimes): Promise<void>;
  /**
   * Keeps rows that were set aside; to be called before the commit which counts them. Absent: they are counted only.
   * @throws Fenced when the run has moved on without us.
   */
  rejects?(sliceNo: number, part: RejectPart): Promise<RejectAnswer>;
  /** What is under way but not yet durable, and the times of this attempt so far. May be dropped. */
  progress(sliceNo: number, counts: SliceCounts, times: SliceTimes): void;
  /**
   * Charges what was read to the run's rate limit. Resolves when the next may be read; rejects when the task is to end.
   * @param sourceMs how long the source was waited for, for those rows.
   */
  charge?(rows: number, bytes: number, sourceMs: number): Promise<void>;
}

/** Rows of a slice that were set aside, all to be counted by the same commit. */
export interface RejectPart {
  /** The commit's. */
  readonly sequence: number;
  /** Of many attempts at that commit the one that was made is told by this; it is in the checkpoint's position. */
  readonly attempt: string;
  /** Number of the first one: 0, 1 … within the commit. */
  readonly firstNo: number;
  readonly rejects: readonly PortableReject[];
  /** Of a replay: which of its rows they are, from 0; their values are not sent again. */
  readonly places?: readonly number[];
  /** Of the slice so far, durable or not, those that are told here included. */
  readonly rowsRead: number;
  readonly rowsSkipped: number;
}

export interface RejectAnswer {
  /** No more are kept of this run; they need not be sent, only counted. */
  readonly isFull: boolean;
  /** The run has too many of them, as facts of Cdm.0936: it is to end behind the commit. null: it has not. */
  readonly excess: ErrorFacts | null;
}
