import type { Text } from '@sluice/core/data/text';
import type { ChunkOutcome, ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import type { RunFailure } from './model.ts';

/**
 * queued → running → equal | different | not_comparable | failed | stopped.
 * `failed`: it could not be told; `not_comparable`: it cannot be, and the record says why.
 */
export const verificationStates = [
  'queued',
  'running',
  'equal',
  'different',
  'not_comparable',
  'failed',
  'stopped',
] as const;
export type VerificationState = (typeof verificationStates)[number];

export const activeVerificationStates = ['queued', 'running'] as const satisfies VerificationState[];

/** Whether the verification may still change. */
export function isActiveVerification(state: VerificationState): boolean {
  return (activeVerificationStates as readonly VerificationState[]).includes(state);
}

/** `run`: a step of the run itself, before it may succeed; `check`: asked for afterwards; `repair`: one that sets right what differs first. */
export const verificationKinds = ['run', 'check', 'repair'] as const;
export type VerificationKind = (typeof verificationKinds)[number];

/** What its chunks are gone through for. */
export type VerificationPhase = 'repairing' | 'comparing';

/** Comparing the table of a run at both ends. Times are Unix milliseconds. */
export interface VerificationRecord {
  readonly id: string;
  readonly runId: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly kind: VerificationKind;
  /** Of a repair: rows that only the destination has are removed. */
  readonly removesExtra: boolean;
  readonly state: VerificationState;
  readonly phase: VerificationPhase;
  /** null: not planned yet, or there is nothing to plan. */
  readonly plan: ComparisonPlan | null;
  /** null: it can be compared, or is not known. */
  readonly notComparable: Text | null;
  /** True: the source is seen at the moment that the run read; false: as it is by then. */
  readonly isAtSnapshot: boolean;
  readonly failure: RunFailure | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly stopRequestedBy: string | null;
  /** As for a run. One of the kind `run` has none: who drives the run drives it. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: number;
  readonly fence: number;
}

/** A chunk that has been gone through. */
export interface VerificationChunk {
  readonly phase: VerificationPhase;
  readonly no: number;
  readonly outcome: ChunkOutcome;
}

/** A verification in hand: changes under a fence that is not the newest do nothing. */
export interface VerificationClaim {
  readonly id: string;
  readonly fence: number;
}

export interface VerificationChange {
  readonly state?: VerificationState;
  readonly phase?: VerificationPhase;
  readonly plan?: ComparisonPlan;
  readonly notComparable?: Text;
  readonly isAtSnapshot?: boolean;
  readonly failure?: RunFailure;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** Verifications of runs; they go with their runs. */
export interface VerificationRepository {
  /** @throws Conflict when one of the run is active. */
  create(verification: VerificationRecord): Promise<void>;
  find(id: string): Promise<VerificationRecord | null>;
  /** Newest first. */
  list(runId: string, limit: number): Promise<readonly VerificationRecord[]>;
  /** The run's active one. */
  active(runId: string): Promise<VerificationRecord | null>;
  /** Takes the oldest that nobody has in hand, under a new fence; never one of the kind `run`. */
  claim(
    owner: string,
    now: number,
    leaseMs: number,
    passedOver?: readonly string[],
  ): Promise<VerificationRecord | null>;
  /** The same for an active one of the kind `run`, for whoever drives the run. */
  take(id: string): Promise<VerificationRecord | null>;
  /** Drops all leases of this owner, left from before a restart. */
  releaseLeases(owner: string): Promise<void>;
  /** Extends the lease. @returns the record; null: the claim is lost, or it has ended. */
  heartbeat(claim: VerificationClaim, now: number, leaseMs: number): Promise<VerificationRecord | null>;
  /** @returns null when the claim is lost or it has ended: then nothing is changed. */
  change(claim: VerificationClaim, change: VerificationChange): Promise<VerificationRecord | null>;
  /** Asks for a stop; one that nobody has in hand yet ends at once. @returns null when it has ended. */
  requestStop(id: string, user: string, now: number): Promise<VerificationRecord | null>;
  /** Stores what a chunk gave, in place of what is there. @returns false when the claim is lost or it has ended. */
  storeChunk(claim: VerificationClaim, chunk: VerificationChunk): Promise<boolean>;
  /** By phase and number. */
  chunks(id: string): Promise<readonly VerificationChunk[]>;
}
