import type { ClusterRecord, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { type ActionWish, ClusterActions } from './cluster-actions.ts';

type Tx = Omit<Store, 'transaction' | 'close'>;

/** A process that is gone: whatever it still asks of the store fails. */
class Crash extends Error {}

interface Timer {
  readonly dueAt: number;
  readonly work: () => void;
}

interface Server {
  readonly actions: ClusterActions;
  readonly timers: Set<Timer>;
  isDead: boolean;
  isPoolOpen: boolean;
  /** Calls to the store until the process ends; null: it lives. */
  callsLeft: number | null;
}

/**
 * One cluster, its runs, and a server that may end at any call to the store. The store is a stand-in: transactions follow
 * each other and are undone when they fail, so that thousands of histories can be tried.
 */
export class ClusterWorld {
  clock = 1_000_000;
  /** null: the cluster is gone. */
  cluster: ClusterRecord | null;
  /** Names of the jobs that run. */
  readonly running = new Set<string>();
  /** Jobs whose run was stopped by an action, in order. */
  readonly stopped: string[] = [];
  crashes = 0;
  /** Pools cannot be opened: workers do not start. */
  isPoolBroken = false;
  /** Whether a run asks for the cluster's state under its lock; false is a planted bug. */
  isGuarded = true;
  #tasks = 0;
  #server: Server;
  #last: Promise<unknown> = Promise.resolve();

  constructor(cluster: ClusterRecord) {
    this.cluster = cluster;
    this.#server = this.#boot();
  }

  get isPoolOpen(): boolean {
    return this.#server.isPoolOpen;
  }

  /** A new process in place of the one before. */
  async restartServer(): Promise<void> {
    this.#kill(this.#server);
    this.#server = this.#boot();
    await this.#server.actions.takeUp();
  }

  /** The server ends at its n-th call to the store from now on. */
  crashAfter(calls: number): void {
    this.#server.callsLeft = calls;
  }

  /** @returns the task, or the code of the refusal; null: the server ended before it answered. */
  request(wish: ActionWish): Promise<string | null> {
    return this.#answer((actions) => actions.request('p', 'c', wish, 'u'));
  }

  delete(): Promise<string | null> {
    return this.#answer((actions) => actions.delete('p', 'c', 'u'));
  }

  /** Starts a run as the run desk does. @returns whether it was taken. */
  startRun(jobName: string, isUsable: (cluster: ClusterRecord) => boolean): boolean {
    if (this.cluster === null || this.running.has(jobName)) return false;
    if (this.isGuarded && !isUsable(this.cluster)) return false;
    this.running.add(jobName);
    return true;
  }

  /** Lets time pass, and all that waits for it happen; a server that ended meanwhile is started again. */
  async pass(ms: number): Promise<void> {
    const end = this.clock + ms;
    for (let round = 0; round < 2_000; round += 1) {
      await this.#quiet();
      if (this.#server.isDead) {
        await this.restartServer();
        continue;
      }
      const next = [...this.#server.timers].sort((a, b) => a.dueAt - b.dueAt)[0];
      if (next === undefined || next.dueAt > end) break;
      this.clock = Math.max(this.clock, next.dueAt);
      this.#server.timers.delete(next);
      next.work();
    }
    this.clock = end;
  }

  async #answer(ask: (actions: ClusterActions) => Promise<string>): Promise<string | null> {
    try {
      return await ask(this.#server.actions);
    } catch (error) {
      if (error instanceof Crash) return null;
      return (error as { code?: string }).code ?? String(error);
    }
  }

  #boot(): Server {
    const timers = new Set<Timer>();
    const server: Server = {
      timers,
      isDead: false,
      isPoolOpen: false,
      callsLeft: null,
      actions: new ClusterActions({
        store: this.#store(() => server),
        runs: {
          hold: async () => undefined,
          release: () => undefined,
          stop: async (_clusterId, jobName) => {
            this.#expectAlive(server);
            this.running.delete(jobName);
            this.stopped.push(jobName);
          },
        },
        traces: { removeNow: async () => undefined },
        pools: {
          open: async () => {
            this.#expectAlive(server);
            if (this.isPoolBroken) throw new Error('no worker starts');
            server.isPoolOpen = true;
          },
          close: async () => {
            server.isPoolOpen = false;
          },
        },
        timers: {
          now: () => this.clock,
          after: (waitMs, work) => {
            const timer = { dueAt: this.clock + waitMs, work };
            timers.add(timer);
            return () => void timers.delete(timer);
          },
        },
        newId: () => `task${++this.#tasks}`,
        log: () => undefined,
      }),
    };
    return server;
  }

  #kill(server: Server): void {
    if (!server.isDead) this.crashes += 1;
    server.isDead = true;
    server.timers.clear();
  }

  #expectAlive(server: Server): void {
    if (server.callsLeft !== null && server.callsLeft-- <= 0) this.#kill(server);
    if (server.isDead) throw new Crash();
  }

  #store(serverOf: () => Server): Store {
    const alive = () => this.#expectAlive(serverOf());
    const tx = {
      clusters: {
        lock: async () => {
          alive();
          return this.cluster;
        },
        findById: async () => {
          alive();
          return this.cluster;
        },
        listAll: async () => {
          alive();
          return this.cluster === null ? [] : [this.cluster];
        },
        update: async (cluster: ClusterRecord) => {
          alive();
          this.cluster = cluster;
        },
        delete: async () => {
          alive();
          this.cluster = null;
          return true;
        },
      },
      runs: {
        active: async () => {
          alive();
          return [...this.running].map((jobName) => ({ jobName }) as RunRecord);
        },
      },
    } as unknown as Tx;
    return {
      ...tx,
      transaction: (work: (tx: Tx) => Promise<unknown>) => {
        const mine = this.#last
          .catch(() => undefined)
          .then(async () => {
            const before = this.cluster;
            let isCommitted = false;
            try {
              const result = await work(tx);
              // The process may end behind the commit, before its answer.
              if (serverOf().callsLeft === 0) isCommitted = true;
              alive();
              return result;
            } catch (error) {
              if (!isCommitted) this.cluster = before;
              throw error;
            }
          });
        this.#last = mine;
        return mine;
      },
    } as unknown as Store;
  }

  async #quiet(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}
