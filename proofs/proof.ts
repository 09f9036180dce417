/** A proof is a file of this folder that exports `promise` (one sentence) and `run`. main.ts finds it by its name. */
export interface Proof {
  readonly promise: string;
  run(options: ProofOptions): Promise<ProofResult>;
}

export interface ProofOptions {
  /** How often the proof repeats what it does; its own default when missing. */
  readonly count?: number;
  /** The same seed makes the same choices; a random one when missing. */
  readonly seed?: number;
  /** How much data the proof moves, for proofs that can choose. */
  readonly bytes?: number;
  /** From which database to which, for proofs that can choose: `mariadb-to-postgres`. */
  readonly pair?: string;
  /** Takes a line about the progress. */
  readonly log: (line: string) => void;
}

export interface ProofResult {
  /** Whether the promise held. */
  readonly ok: boolean;
  /** Why it could not be tried here: then it counts as neither held nor refuted. */
  readonly skipped?: string;
  /** What was counted, and the seed. */
  readonly figures: Readonly<Record<string, number | string | boolean>>;
}
