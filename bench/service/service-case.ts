/** The status operation under load. */
export interface StatusCase {
  readonly kind: 'status';
  readonly name: string;
  readonly targets: readonly StatusTarget[];
}

/** Requests per second as a share of the bare server's. */
export interface StatusTarget {
  readonly of: 'token' | 'ak-sk' | 'ak-sk-anew';
  readonly clients: number;
  readonly atLeast: number;
}

/** A store with years of work in it, asked one question after the other. */
export interface StoreCase {
  readonly kind: 'store';
  readonly name: string;
  readonly jobs: number;
  readonly runs: number;
  readonly targets: readonly StoreTarget[];
}

/** The time that 95 of 100 answers keep, of every operation measured and on every store. */
export interface StoreTarget {
  readonly p95AtMostMs: number;
}

export type ServiceCase = StatusCase | StoreCase;
