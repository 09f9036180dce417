import type { Direction, Phase, PhaseWatch, ProxyMemory } from './phases.ts';

/** How a connection is cut. */
export const ways = ['reset', 'half-message', 'silence', 'stall', 'one-way'] as const;
export type Way = (typeof ways)[number];

/** How a database goes away for good: nobody listens any more; or it stands still, as a stopped process does. */
export const outages = ['gone', 'frozen'] as const;
export type Outage = (typeof outages)[number];

/** One cut, as chosen from the seed. */
export interface CutOrder {
  readonly phase: Phase;
  readonly way: Way | Outage;
  /** So many occurrences of the phase are let through first. */
  readonly skip: number;
  /** Bytes of rows in one connection that make its middle. */
  readonly midStreamBytes: number;
  /** `silence`: nothing is taken from the sockets either, so that their senders are held up. */
  readonly isDeaf: boolean;
  /** `stall`: everything stands still for so long. */
  readonly stallMs: number;
  /** `one-way`: what the client had sent reaches the server so late. */
  readonly lateMs: number;
  /** `half-message` and `one-way`: new connections are refused for so long. */
  readonly refuseMs: number;
}

/** What proves that the cut landed. */
export interface CutEvidence {
  /** Connections that came before this one. */
  readonly connection: number;
  readonly direction: Direction | 'accept';
  /** Bytes that the connection had carried, both ways, when it was cut. */
  readonly bytesBefore: number;
  /** Bytes of the message that the cut met. */
  readonly messageBytes: number;
}

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  readonly kind: 'postgres' | 'mysql';
  watch(memory: ProxyMemory): PhaseWatch;
}

/** What a connection asks of its proxy. */
export interface CutDesk {
  /** Is this where the order wants its cut? Counts; true once. */
  isDue(phase: Phase, direction: Direction | 'accept', met: Omit<CutEvidence, 'direction'>): boolean;
  /** New connections are refused for so long; null: until the proxy is told otherwise. Those that exist stay. */
  refuse(ms: number | null): void;
  /** Nothing passes any more, on no connection and on no new one, and none is closed. */
  freeze(): void;
  /** Ends every connection. */
  release(): void;
  after(ms: number, action: () => void): void;
}
