/** A proof is a file of this folder that exports `promise` (one sentence) and `run`. main.ts finds it by its name. */
export interface Proof {
  readonly promise: string;
  /** Options of its own, each with the values it may have: `--phase connect`. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  run(options: ProofOptions): Promise<ProofResult>;
}

export interface ProofOptions {
  /** How often the proof repeats what it does; its own default when missing. */
  readonly count?: number;
  /** The same seed makes the same choices; a random one when missing. */
  readonly seed?: number;
  /** Values of the proof's own options; those that were not given are missing. */
  readonly choice?: Readonly<Record<string, string>>;
  /** Takes a line about the progress. */
  readonly log: (line: string) => void;
}

export interface ProofResult {
  /** Whether the promise held. */
  readonly ok: boolean;
  /** What was counted, and the seed. */
  readonly figures: Readonly<Record<string, number | string | boolean>>;
}
