/** The sides of a run that a connection can be cut on. */
export const sides = ['source', 'destination'] as const;
export type SideName = (typeof sides)[number];

/**
 * Moments of a run, in their order. A source commits nothing and prepares nothing: there `prepare` is the making ready of
 * the read (its transaction or prepared statement), `commit` is the end of a slice's rows, and `finish` is the first thing
 * that is asked behind them: the end of the read, or the next slice.
 */
export const phases = [
  'connect',
  'log-in',
  'describe',
  'prepare',
  'stream-start',
  'mid-stream',
  'commit',
  'finish',
] as const;
export type Phase = (typeof phases)[number];

/** What a phase is on a source, where it is something else than its name says. */
export const sourceMeanings: Partial<Record<Phase, string>> = {
  prepare: 'the read is made ready',
  commit: 'the rows of a slice end',
  finish: 'the first question behind the rows of a slice is asked',
};

export type Direction = 'request' | 'answer';

/** Recognises the phases in the messages of one connection. */
export interface PhaseWatch {
  /** @param message one whole message of the protocol. @returns the phase that begins with it, if one does. */
  see(direction: Direction, message: Buffer): Phase | null;
}

/** What the watches of one proxy know together. */
export interface ProxyMemory {
  /** The destination was made ready. */
  isPrepared: boolean;
  /** Bytes of rows in one connection that make its middle. */
  readonly midStreamBytes: number;
}

/** The words of the statements that tell the phases, the same for both systems. */
export const statements = {
  makesReady: /\bTRUNCATE\b|CREATE TABLE IF NOT EXISTS \S*_sluice_run_/,
  storesCheckpoint: /^(?:INSERT INTO|REPLACE INTO|UPDATE) \S*_sluice_run_/,
  readsAllCheckpoints: /^SELECT [\s\S]* FROM \S*_sluice_run_(?![\s\S]*WHERE slice_no)/,
  dropsCheckpoints: /^DROP TABLE IF EXISTS \S*_sluice_run_/,
} as const;

/** Counts the rows' bytes of one connection and says where they begin and where their middle is. */
export class StreamMeter {
  #bytes = 0;
  #isPastMiddle = false;
  readonly #middle: number;

  constructor(middle: number) {
    this.#middle = middle;
  }

  take(size: number): 'stream-start' | 'mid-stream' | null {
    const before = this.#bytes;
    this.#bytes += size;
    if (before === 0) return 'stream-start';
    // The first message may be longer than the way to the middle.
    if (this.#isPastMiddle || this.#bytes <= this.#middle) return null;
    this.#isPastMiddle = true;
    return 'mid-stream';
  }
}
