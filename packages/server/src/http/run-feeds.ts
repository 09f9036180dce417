import type { ServerResponse } from 'node:http';
import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { Language } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { ignoredSettings } from '../jobs/ignored-settings.ts';
import type { RunService } from '../runs/run-service.ts';
import { isActiveState, type RunRecord } from '../store/model.ts';
import type { RunLogs } from '../telemetry/run-logs.ts';
import { EventStream } from './event-stream.ts';
import { type FeedPosition, type FeedSource, feedLimits, positionOf, RunFeed } from './run-feed.ts';
import { writeRun } from './wire/run.ts';

export interface RunFeedsDeps {
  /** A run that was found before; null: it is gone. */
  readonly findRun: (runId: string) => Promise<RunRecord | null>;
  readonly runs: Pick<RunService, 'progress' | 'slices' | 'driven'>;
  readonly runLogs: Pick<RunLogs, 'sizeOf' | 'read' | 'tail'>;
  readonly connectors: readonly ConnectorSpec[];
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The feeds of runs that are followed, and how many follow them. */
export class RunFeeds {
  readonly #deps: RunFeedsDeps;
  readonly #feeds = new Map<string, RunFeed>();
  /** Listeners by user. */
  readonly #byUser = new Map<string, number>();
  #count = 0;
  #isClosed = false;

  constructor(deps: RunFeedsDeps) {
    this.#deps = deps;
  }

  /** Listeners now: for metrics. */
  get listeners(): number {
    return this.#count;
  }

  /**
   * A stream of a run that the caller may see. It counts from here on, and until its connection is closed.
   * @throws APIGW.0308 (429) when the server or the user has too many.
   */
  async follow(
    run: RunRecord,
    language: Language,
    userId: string,
    lastEventId: string | null,
  ): Promise<EventStream> {
    const position = positionOf(lastEventId);
    if (await this.#hasSeenAll(run, position)) return new EventStream(null);
    const ofUser = this.#byUser.get(userId) ?? 0;
    if (this.#isClosed || this.#count >= feedLimits.listenersMax) throw tooMany(feedLimits.listenersMax);
    if (ofUser >= feedLimits.listenersPerUserMax) throw tooMany(feedLimits.listenersPerUserMax);
    this.#count++;
    this.#byUser.set(userId, ofUser + 1);
    return new EventStream((response) => {
      // Whoever went while the run was looked for has closed it before anybody could hear of that.
      if (response.destroyed) return this.#release(userId);
      response.on('close', () => this.#release(userId));
      this.#join(run, language, response, position);
    });
  }

  #release(userId: string): void {
    this.#count--;
    const left = (this.#byUser.get(userId) ?? 1) - 1;
    if (left === 0) this.#byUser.delete(userId);
    else this.#byUser.set(userId, left);
  }

  /** Sends every listener away, and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const feed of this.#feeds.values()) feed.close();
  }

  #join(run: RunRecord, language: Language, response: ServerResponse, position: FeedPosition | null): void {
    if (this.#isClosed) {
      response.end();
      return;
    }
    const key = `${run.id} ${language}`;
    let feed = this.#feeds.get(key);
    if (feed === undefined) {
      const made: RunFeed = new RunFeed(this.#sourceOf(run, language), this.#deps.now, () => {
        if (this.#feeds.get(key) === made) this.#feeds.delete(key);
      });
      feed = made;
      this.#feeds.set(key, feed);
    }
    void feed.join(response, position);
  }

  /** A client that comes back after the end is told not to come again. */
  async #hasSeenAll(run: RunRecord, position: FeedPosition | null): Promise<boolean> {
    if (position === null || isActiveState(run.state)) return false;
    return position.offset >= (await this.#deps.runLogs.sizeOf(run.id));
  }

  #sourceOf(first: RunRecord, language: Language): FeedSource {
    const { findRun, runs, runLogs, connectors } = this.#deps;
    const ignored = ignoredSettings(first.job, connectors);
    let known = first;
    return {
      async look() {
        const driven = runs.driven(known.clusterId, known.jobName);
        const isDriven = driven?.id === known.id;
        // A run that housekeeping removed meanwhile stays as it was seen last.
        known = isDriven ? driven : ((await findRun(known.id)) ?? known);
        const view = writeRun(known, runs.progress(known), await runs.slices(known), language, ignored);
        return { json: JSON.stringify(view), isEnded: !isActiveState(known.state), isDriven };
      },
      log: {
        sizeOf: () => runLogs.sizeOf(first.id),
        read: (offset) => runLogs.read(first.id, offset),
        tail: (lines) => runLogs.tail(first.id, lines),
      },
    };
  }
}

function tooMany(limit: number): SluiceError {
  return new SluiceError('APIGW.0308', { limit, seconds: feedLimits.retryMs / 1_000 });
}
