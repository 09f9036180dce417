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
  /** Of each poller. */
  readonly questionsMax: number;
}

export interface PollCounts {
  /** Questions answered with status 200. */
  readonly answers: number;
  readonly failures: number;
}
