import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { RunLogLineView } from '@sluice/contract/run-log-views';
import type { RunLogLine, RunLogPart } from '../telemetry/run-logs.ts';

/** Limits of followed runs, one place, each with its unit. */
export const feedLimits = {
  /** A run is looked at this often, in milliseconds, however many follow it. */
  tickMs: 500,
  /** The same for a run that another server drives, where each look is one at the store. */
  storedTickMs: 2_000,
  /** Listeners of one server. */
  listenersMax: 1_000,
  /** Listeners of one user. */
  listenersPerUserMax: 100,
  /** A listener that takes nothing for this time, in milliseconds, is dropped. Until then it is sent nothing either. */
  stalledMs: 10_000,
  /** Something is sent this often, in milliseconds, so that whoever stands between does not take the connection for dead. */
  heartbeatMs: 15_000,
  /** A stream ends after this time, in milliseconds, and is asked for anew: then it is proved anew who asks. */
  lifeMs: 5 * 60_000,
  /** How much of a log a listener gets that brings no Last-Event-ID, in lines. */
  firstLines: 100,
  /** Looks that may fail one after the other before the listeners are sent away. */
  failuresMax: 10,
  /** A client waits this long before it asks anew, in milliseconds. */
  retryMs: 1_000,
} as const;

/** What a feed is made from. */
export interface FeedSource {
  /** The run as it is now, as text of JSON. `isDriven`: from memory, so looking costs little. */
  look(): Promise<{ readonly json: string; readonly isEnded: boolean; readonly isDriven: boolean }>;
  log: {
    sizeOf(): Promise<number>;
    read(offset: number): Promise<RunLogPart>;
    tail(lines: number): Promise<RunLogPart>;
  };
}

/** Where a listener stands: which state of the run it has seen, and how far of the log. */
export interface FeedPosition {
  readonly version: string;
  readonly offset: number;
}

/** `<version>.<offset>`. @returns null for anything else: then the listener begins anew. */
export function positionOf(lastEventId: string | null): FeedPosition | null {
  const found = /^([0-9a-f]{8})\.(\d{1,15})$/.exec(lastEventId ?? '');
  return found === null ? null : { version: found[1] ?? '', offset: Number(found[2]) };
}

interface Listener {
  readonly response: ServerResponse;
  readonly since: number;
  version: string;
  offset: number;
  sentAt: number;
  stalledAt: number | null;
}

/** A chunk that all listeners share: one buffer, however many sockets it waits for. */
interface Shared {
  readonly data: Buffer;
}

/**
 * One followed run. It is looked at and put into words once for all listeners, at most twice a second; each listener gets
 * what it has not seen. A listener that is slow is passed over, for the next state holds all that the last one did, and its log lines
 * are read again from the file. So nothing piles up for it but what was written when it stopped taking.
 */
export class RunFeed {
  readonly #source: FeedSource;
  readonly #now: () => number;
  readonly #onEmpty: () => void;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | null = null;
  #isTicking = false;
  #isOver = false;
  #failures = 0;
  #latest: { readonly version: string; readonly run: Shared } | null = null;
  /** Ended, and nothing was added to the log since the look before. */
  #isQuiet = false;

  constructor(source: FeedSource, now: () => number, onEmpty: () => void) {
    this.#source = source;
    this.#now = now;
    this.#onEmpty = onEmpty;
  }

  /** @param position where it goes on; null: from the present state and the end of the log. */
  async join(response: ServerResponse, position: FeedPosition | null): Promise<void> {
    const at = this.#now();
    const listener: Listener = {
      response,
      since: at,
      version: position?.version ?? '',
      offset: position?.offset ?? 0,
      sentAt: at,
      stalledAt: null,
    };
    response.on('close', () => this.#leave(listener));
    response.write(`retry: ${feedLimits.retryMs}\n\n`);
    // Only then is it one of the listeners: until then it stands nowhere.
    if (position === null) await this.#beginLog(listener);
    if (this.#isOver) response.end();
    if (this.#isOver || response.destroyed) return this.#leave(listener);
    this.#listeners.add(listener);
    this.#sendRun(listener);
    if (this.#timer === null && !this.#isTicking) void this.#tick();
  }

  /** Sends every listener away. */
  close(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { response } of this.#listeners) {
      // What waits for one that takes nothing would keep the server from ending.
      if (response.writableNeedDrain) response.destroy();
      else response.end();
    }
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#onEmpty();
  }

  async #beginLog(listener: Listener): Promise<void> {
    const tail = await this.#source.log.tail(feedLimits.firstLines).catch(() => null);
    if (tail !== null) this.#sendLog(listener, tail, sharedLog(tail));
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    let isDriven = false;
    try {
      const look = await this.#source.look();
      isDriven = look.isDriven;
      const version = createHash('sha1').update(look.json).digest('hex').slice(0, 8);
      if (version !== this.#latest?.version) {
        this.#latest = { version, run: { data: Buffer.from(`data: {"run":${look.json},"log":null}\n\n`) } };
      }
      const size = await this.#source.log.sizeOf();
      const isDone = await this.#serve(size);
      // The last lines of a log are written a moment after the run's end.
      if (look.isEnded && isDone && this.#isQuiet) this.#end();
      this.#isQuiet = look.isEnded && isDone;
      this.#failures = 0;
    } catch {
      // The store is away: the listeners keep what they have. If it stays away, they are to ask anew.
      this.#failures++;
      if (this.#failures > feedLimits.failuresMax) this.close();
    }
    this.#isTicking = false;
    this.#timer = null;
    if (this.#isOver || this.#listeners.size === 0) return;
    const pauseMs = isDriven || this.#isQuiet ? feedLimits.tickMs : feedLimits.storedTickMs;
    this.#timer = setTimeout(() => void this.#tick(), pauseMs);
  }

  /** Gives each listener what it has not seen. @returns whether all of them have seen all there is. */
  async #serve(size: number): Promise<boolean> {
    // Most listeners stand at the same place, so most parts are read once.
    const parts = new Map<number, Promise<{ readonly part: RunLogPart; readonly shared: Shared | null }>>();
    const partAt = (offset: number) => {
      let part = parts.get(offset);
      if (part === undefined) {
        part = this.#source.log.read(offset).then((read) => ({ part: read, shared: sharedLog(read) }));
        parts.set(offset, part);
      }
      return part;
    };
    let isDone = true;
    for (const listener of [...this.#listeners]) {
      if (!this.#isReady(listener)) {
        isDone = false;
        continue;
      }
      if (listener.offset !== size) {
        const { part, shared } = await partAt(listener.offset);
        this.#sendLog(listener, part, shared);
        if (listener.offset < size) isDone = false;
      }
      this.#sendRun(listener);
      if (this.#now() - listener.sentAt >= feedLimits.heartbeatMs) this.#send(listener, ': \n\n', null);
    }
    return isDone;
  }

  /** Whether the listener takes more; one that has not for too long, or that is too old, is sent away. */
  #isReady(listener: Listener): boolean {
    const { response } = listener;
    const at = this.#now();
    if (response.writableEnded || response.destroyed) return false;
    if (response.writableNeedDrain) {
      listener.stalledAt ??= at;
      if (at - listener.stalledAt >= feedLimits.stalledMs) response.destroy();
      return false;
    }
    listener.stalledAt = null;
    if (at - listener.since < feedLimits.lifeMs) return true;
    response.end();
    return false;
  }

  #sendRun(listener: Listener): void {
    const latest = this.#latest;
    if (latest === null || listener.version === latest.version) return;
    listener.version = latest.version;
    this.#send(listener, `id: ${idOf(listener)}\nevent: run\n`, latest.run);
  }

  #sendLog(listener: Listener, part: RunLogPart, shared: Shared | null): void {
    // A log that is shorter than before was removed and begun anew.
    listener.offset = part.nextOffset;
    if (shared !== null) this.#send(listener, `id: ${idOf(listener)}\nevent: log\n`, shared);
  }

  #send(listener: Listener, head: string, shared: Shared | null): void {
    const { response } = listener;
    if (response.writableEnded || response.destroyed) return;
    response.write(head);
    if (shared !== null) response.write(shared.data);
    listener.sentAt = this.#now();
  }

  #end(): void {
    this.#isOver = true;
    for (const listener of this.#listeners) {
      this.#send(listener, `id: ${idOf(listener)}\nevent: end\ndata: {"run":null,"log":null}\n\n`, null);
      listener.response.end();
    }
  }
}

function idOf({ version, offset }: Listener): string {
  return `${version === '' ? '00000000' : version}.${offset}`;
}

function sharedLog({ lines }: RunLogPart): Shared | null {
  if (lines.length === 0) return null;
  return {
    data: Buffer.from(`data: ${JSON.stringify({ run: null, log: { lines: lines.map(writeLogLine) } })}\n\n`),
  };
}

/** A line of a log as our own API shows it. */
export function writeLogLine({ at, level, event, fields }: RunLogLine): RunLogLineView {
  return { at, level, event, fields: { ...fields } };
}
