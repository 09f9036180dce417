import type { Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { type KeptLimits, keptLimits } from './limits.ts';
import type { RunWork } from './work.ts';

/** Why connections are used: to move and prepare data, or to hold a snapshot that other workers read. */
export type KeptRole = 'data' | 'keeper';

/** Both ends of a run as one worker reaches them. */
export interface RunEnds {
  readonly source: Source;
  readonly sink: Sink;
  /** From now on the connections hold a snapshot: they stay when a task of another run comes. */
  readonly hold: () => void;
}

/**
 * The connections of the run that this worker works on, kept from one task to the next, so that a slice need not sign in
 * and ask for the same definitions again.
 *
 * They are closed: after an error or an abort, for nobody knows what state they are in; when a task of another run comes,
 * unless they hold a snapshot; when the run is over (`forget`); and after an idle time, for they hold the run's secrets.
 * While a task runs, its signal ends them; between tasks they have only their own.
 */
export class KeptEnds {
  readonly #registry: ConnectorRegistry;
  readonly #limits: KeptLimits;
  readonly #kept = new Map<string, Ends>();

  constructor(registry: ConnectorRegistry, limits: KeptLimits = keptLimits) {
    this.#registry = registry;
    this.#limits = limits;
  }

  /** Runs one task on the run's connections. @throws what the action throws, with the connections closed. */
  async use<T>(work: RunWork, role: KeptRole, host: Host, action: (ends: RunEnds) => Promise<T>): Promise<T> {
    host.signal.throwIfAborted();
    const key = `${role} ${work.runId}`;
    await this.#closeOthers(work.runId);
    const identity = JSON.stringify([work.from, work.to]);
    let ends = this.#kept.get(key);
    if (ends !== undefined && ends.identity !== identity) {
      await this.#drop(key, ends);
      ends = undefined;
    }
    ends ??= await Ends.open(work, identity, this.#registry, host);
    this.#kept.set(key, ends);
    ends.begin(host);
    try {
      const result = await action(ends);
      host.signal.throwIfAborted();
      ends.rest(ends.isHolding ? this.#limits.heldIdleMs : this.#limits.idleMs, () => {
        if (this.#kept.get(key) === ends) this.#kept.delete(key);
      });
      if (ends.isForgotten) await this.#drop(key, ends);
      return result;
    } catch (error) {
      await this.#drop(key, ends);
      throw error;
    }
  }

  /** Closes whatever is kept of a run; what a task is using now, when it ends. */
  async forget(runId: string): Promise<void> {
    for (const [key, ends] of this.#kept) {
      if (ends.runId !== runId) continue;
      if (ends.isBusy) ends.isForgotten = true;
      else await this.#drop(key, ends);
    }
  }

  async #closeOthers(runId: string): Promise<void> {
    for (const [key, ends] of this.#kept) {
      if (ends.runId !== runId && !ends.isHolding) await this.#drop(key, ends);
    }
  }

  async #drop(key: string, ends: Ends): Promise<void> {
    if (this.#kept.get(key) === ends) this.#kept.delete(key);
    await ends.close();
  }
}

class Ends implements RunEnds {
  readonly runId: string;
  /** What the connections were made of. */
  readonly identity: string;
  readonly source: Source;
  readonly sink: Sink;
  isHolding = false;
  isForgotten = false;
  readonly #connections: readonly Connection[];
  readonly #life: Life;
  #idle: NodeJS.Timeout | null = null;

  private constructor(work: RunWork, identity: string, from: Connection, to: Connection, life: Life) {
    this.runId = work.runId;
    this.identity = identity;
    this.#connections = [from, to];
    this.#life = life;
    this.source = from.source(work.from.options);
    this.sink = to.sink(work.to.options);
  }

  /** Opens no socket: connectors do that when something is asked. */
  static async open(work: RunWork, identity: string, registry: ConnectorRegistry, host: Host): Promise<Ends> {
    const life = new Life();
    life.begin(host);
    const opened: Connection[] = [];
    try {
      const from = await registry.get(work.from.connector).open(work.from.link, life.hostOf('source'));
      opened.push(from);
      const to = await registry.get(work.to.connector).open(work.to.link, life.hostOf('destination'));
      opened.push(to);
      return new Ends(work, identity, from, to, life);
    } catch (error) {
      life.end();
      await Promise.all(opened.map((connection) => connection.close()));
      throw error;
    }
  }

  get isBusy(): boolean {
    return this.#life.isBusy;
  }

  readonly hold = (): void => {
    this.isHolding = true;
  };

  begin(host: Host): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    this.#life.begin(host);
  }

  /** No task uses the connections any more. @param onClosed called when the idle time has run out. */
  rest(idleMs: number, onClosed: () => void): void {
    this.#life.end();
    this.#idle = setTimeout(() => {
      onClosed();
      void this.close();
    }, idleMs).unref();
  }

  async close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    await Promise.all(this.#connections.map((connection) => connection.close()));
    this.#life.end();
  }
}

/** The host of kept connections: lives as long as they, and speaks for the task that uses them at the time. */
class Life {
  readonly #controller = new AbortController();
  #host: Host | null = null;
  readonly #onAbort = () => this.#controller.abort(this.#host?.signal.reason);

  get isBusy(): boolean {
    return this.#host !== null;
  }

  /** What the connection at one end is lent. */
  hostOf(end: 'source' | 'destination'): Host {
    const resolve = this.#host?.resolve;
    return {
      signal: this.#controller.signal,
      log: (line) => this.#host?.log(line),
      end,
      ...(resolve === undefined ? {} : { resolve }),
    };
  }

  begin(host: Host): void {
    this.end();
    this.#host = host;
    host.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (host.signal.aborted) this.#onAbort();
  }

  end(): void {
    this.#host?.signal.removeEventListener('abort', this.#onAbort);
    this.#host = null;
  }
}
