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
  /** What the proof aims at, for proofs that can choose. */
  readonly target?: string;
  /** Takes a line about the progress. */
  readonly log: (line: string) => void;
}

export interface ProofResult {
  /** Whether the promise held. */
  readonly ok: boolean;
  /** What was counted, and the seed. */
  readonly figures: Readonly<Record<string, number | string | boolean | object | null>>;
}
