import type { RequestBatch } from './request-batch.ts';

/** What the process of the clients is told, as JSON on a line of its input: one closed loop. */
export interface LoadOrder {
  /** On a loopback address. */
  readonly endpoint: string;
  /** Clients, each on a kept-alive connection of its own, each with one question under way. */
  readonly clients: number;
  /** Before and during the measuring, in milliseconds. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly requests: RequestBatch;
}

/** Its answer, as a line of JSON. */
export interface LoadRound {
  /** Answered with status 200 while it measured. */
  readonly answers: number;
  /** Any other answer, or none, at any time. */
  readonly failures: number;
  readonly seconds: number;
  /** Question sent to answer read whole. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Spent by the clients themselves while they measured. */
  readonly cpuSeconds: number;
  /** Answers before, while and after it measured. */
  readonly answersInAll: number;
}
