/** What the process of the pollers is told, as JSON on its command line. */
export interface PollerOrder {
  /** On a loopback address. */
  readonly endpoint: string;
  readonly path: string;
  readonly projectId: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pollers: number;
  /** Between an answer and the same poller's next question. */
  readonly pauseMs: number;
  readonly timeMaxMs: number;
  /** Of all pollers together. */
  readonly questionsMax: number;
}

/** Then, a line each on its input: ask from now on, or stay connected and be silent. Its end is the end. */
export type PollerCommand = 'poll' | 'rest';

/** Its answer to `rest`, as a line of JSON: what came of the polling before. To `poll` it answers when all have had an answer. */
export interface PollRound {
  /** Questions answered with status 200. */
  readonly answers: number;
  readonly failures: number;
  readonly seconds: number;
  /** Question sent to answer read whole, of each answer. */
  readonly answerMs: readonly number[];
  /** Spent by the pollers themselves. */
  readonly cpuSeconds: number;
}
