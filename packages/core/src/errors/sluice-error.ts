import type { ErrorCode } from './codes.ts';

/** Facts that fill the braces of a catalogue text. Never secrets. */
export type ErrorFacts = Readonly<Record<string, string | number>>;

export interface ErrorExtras {
  readonly cause?: unknown;
  /** HTTP status where it differs from the catalogue's. */
  readonly status?: number;
  /** May the same work succeed when it is tried again? Set by the connector that met the error. */
  readonly retry?: boolean;
  /** What was begun cannot be taken back, so that to begin it once more would do it twice, whoever asks for it. */
  readonly isFinal?: boolean;
}

/** Every failure that a caller may see: a code of the catalogue and the facts for its text. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  readonly status: number | null;
  readonly retry: boolean;
  readonly isFinal: boolean;

  constructor(code: ErrorCode, facts: ErrorFacts = {}, extras: ErrorExtras = {}) {
    const cause = extras.cause;
    super(`${code} ${Object.values(facts).join(', ')}`.trim(), cause === undefined ? undefined : { cause });
    this.name = 'SluiceError';
    this.code = code;
    this.facts = facts;
    this.status = extras.status ?? null;
    this.retry = extras.retry ?? false;
    this.isFinal = extras.isFinal ?? false;
  }
}

/** Another attempt has taken over this slice or run: this one must stop at once and report nothing. */
export class Fenced extends Error {
  constructor(what: string) {
    super(`${what} was taken over by a newer attempt`);
    this.name = 'Fenced';
  }
}

/** The moment of the source that a slice was to read is gone: its holder died, or the table was rebuilt. A new one may be taken. */
export class SnapshotLost extends Error {
  constructor(why: string) {
    super(`the snapshot of the source was lost: ${why}`);
    this.name = 'SnapshotLost';
  }
}
