import { Agent, request } from 'node:http';
import { percentile, rounded } from '../measure/statistics.ts';

const ANSWER_LIMIT_MS = 60_000;

/** Times of answers, in milliseconds. */
export interface AnswerTimes {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** One client with one kept-alive connection that asks one question after the other. */
export class Asking {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #endpoint: URL;
  readonly #token: string;

  constructor(endpoint: string, token: string) {
    this.#endpoint = new URL(endpoint);
    this.#token = token;
  }

  /** @throws when the answer is not 200, or does not come. */
  ask(path: string): Promise<string> {
    const { hostname: host, port } = this.#endpoint;
    const headers = { 'x-auth-token': this.#token };
    const options = { host, port, path, headers, agent: this.#agent, timeout: ANSWER_LIMIT_MS };
    return new Promise((resolve, reject) => {
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(body);
          else reject(new Error(`${path}: ${answer.statusCode} ${body.slice(0, 300)}`));
        });
      });
      sent.once('timeout', () => sent.destroy(new Error(`${path}: no answer`)));
      sent.once('error', reject);
      sent.end();
    });
  }

  /** Asks for each path once. */
  async times(paths: readonly string[]): Promise<AnswerTimes> {
    const times: number[] = [];
    for (const path of paths) {
      const begun = performance.now();
      await this.ask(path);
      times.push(performance.now() - begun);
    }
    return timesOf(times);
  }

  /** Asks for the path again and again, with a pause in between, until something has happened. */
  async timesUntil(path: string, pauseMs: number, happened: () => Promise<boolean>): Promise<AnswerTimes> {
    const times: number[] = [];
    do {
      const begun = performance.now();
      await this.ask(path);
      times.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    } while (!(await happened()));
    return timesOf(times);
  }

  close(): void {
    this.#agent.destroy();
  }
}

function timesOf(times: readonly number[]): AnswerTimes {
  const ms = (share: number) => rounded(percentile(times, share), 2);
  return { count: times.length, p50Ms: ms(0.5), p95Ms: ms(0.95), maxMs: ms(1) };
}
