import type { NameList, TableEntry } from '../../packages/core/src/connector/inspection.ts';
import { addCounts, type Checkpoint, zeroCounts, zeroTimes } from '../../packages/core/src/data/slice.ts';
import { Fenced, SluiceError } from '../../packages/core/src/errors/sluice-error.ts';
import type { RunPlan, Task, TaskKind, TaskOf, TaskResults } from '../../packages/engine/src/work.ts';
import type { TaskPool } from '../../packages/server/src/runs/worker-pool.ts';
import { type TaskListener, WorkerDied } from '../../packages/server/src/runs/worker-process.ts';
import { checkpointAfter, type Destination, type Session } from './destination.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a worker's task may meet, as shares of the moments at which it could. */
export interface WorkerFaults {
  readonly death: number;
  readonly passing: number;
  readonly lasting: number;
  readonly lostAnswer: number;
  readonly late: number;
  readonly duplicate: number;
}

/** A fault of the simulation itself, planted to see that the judge would find it in the product. */
export type WorkerPlant = 'reports before it commits' | null;

export interface PoolWorld {
  readonly time: VirtualTime;
  readonly destination: Destination;
  readonly random: () => number;
  readonly faults: () => WorkerFaults;
  readonly plant: WorkerPlant;
  readonly violate: (what: string) => void;
}

/** Tables of a source that are listed, at most. */
const tablesMost = 5;
/** Rows of a slice, whatever the plan. */
const rowsPerSlice = 30;
/** A worker whose server died is gone after this time at most, in milliseconds. */
const orphanMs = 400;

/** Stands in for the pool of worker processes: the same tasks and answers, with faults, on virtual time. */
export class StandInPool implements TaskPool {
  readonly sliceWorkersMax = 4;
  readonly #world: PoolWorld;
  readonly #sessions = new Set<Session>();
  /** Slices under way by driver: each has work of its own making. */
  readonly #slices = new WeakMap<object, Set<number>>();

  constructor(world: PoolWorld) {
    this.#world = world;
  }

  forget(): void {
    // Nothing is kept.
  }

  /** The server is gone: its workers notice and end, and the database ends their sessions. */
  orphan(): void {
    const { time, destination, random } = this.#world;
    for (const session of this.#sessions)
      time.as(null, () => time.after(random() * orphanMs, () => destination.cut(session)));
  }

  async run<K extends TaskKind>(
    task: TaskOf<K>,
    listener: TaskListener,
    signal: AbortSignal,
  ): Promise<TaskResults[K]> {
    signal.throwIfAborted();
    if (task.kind === 'check') return [] as unknown as TaskResults[K];
    if (task.kind === 'inspect') return (await this.#list(signal)) as unknown as TaskResults[K];
    const { destination, time, random } = this.#world;
    const session = destination.open(keyOf(task as Exclude<Task, { kind: 'check' | 'inspect' }>));
    this.#sessions.add(session);
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () =>
        void time.after(random() * 200, () => {
          destination.cut(session);
          reject(signal.reason);
        });
      signal.addEventListener('abort', onAbort, { once: true });
    });
    aborted.catch(() => undefined);
    try {
      const working = this.#work(task as Exclude<Task, { kind: 'check' | 'inspect' }>, session, listener);
      working.catch(() => undefined);
      return (await Promise.race([working, aborted])) as TaskResults[K];
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      destination.cut(session);
      this.#sessions.delete(session);
    }
  }

  /** The tables of a source: as many as chance has it, and a view. */
  async #list(signal: AbortSignal): Promise<NameList<TableEntry>> {
    await this.#step();
    signal.throwIfAborted();
    const tables = Array.from({ length: 1 + Math.floor(this.#world.random() * tablesMost) }, (_none, no) => ({
      name: `t${no}`,
      kind: 'table' as const,
      rowsEstimate: no === 2 ? null : 10 * no,
    }));
    const entries = [...tables, { name: 'a_view', kind: 'view' as const, rowsEstimate: null }];
    return { entries, total: entries.length };
  }

  async #work(
    task: Exclude<Task, { kind: 'check' | 'inspect' }>,
    session: Session,
    listener: TaskListener,
  ): Promise<unknown> {
    const { destination } = this.#world;
    await this.#step();
    listener.begun(1);
    if ('isRepeated' in task && task.isRepeated === true) destination.endOthers(session);
    switch (task.kind) {
      case 'plan':
        return planOf(task.work.runKey, 1 + Math.floor(this.#world.random() * 3));
      case 'prepare':
        destination.prepare(session);
        await this.#step();
        return null;
      case 'snapshot':
        return { refusal: 'a stand-in has none' };
      case 'slice':
        return await this.#slice(task, session, listener);
      case 'verify': {
        const held = [...destination.checkpoints(session).values()];
        return {
          completeSlices: held.filter(({ isComplete }) => isComplete).length,
          counts: held.reduce((sum, { counts }) => addCounts(sum, counts), zeroCounts),
        };
      }
      case 'checkpoints':
        return [...destination.checkpoints(session)];
      case 'finish':
        destination.drop(session);
        await this.#step();
        return null;
      default:
        return null;
    }
  }

  async #slice(task: TaskOf<'slice'>, session: Session, listener: TaskListener): Promise<Checkpoint> {
    const { no } = task.slice;
    const slices = this.#slices.get(task.work) ?? new Set();
    this.#slices.set(task.work, slices);
    if (slices.has(no)) this.#world.violate(`two attempts of slice ${no} under one claim`);
    slices.add(no);
    try {
      return await this.#move(no, session, listener);
    } finally {
      slices.delete(no);
    }
  }

  async #move(no: number, session: Session, listener: TaskListener): Promise<Checkpoint> {
    const { destination, plant } = this.#world;
    let last = destination.checkpoints(session).get(no);
    // What an earlier attempt committed and could not report.
    if (last !== undefined) await this.#report(listener, no, last);
    while (last?.isComplete !== true) {
      await this.#step();
      const next: Checkpoint = checkpointAfter(last, 10, rowsPerSlice);
      listener.progress(no, next.counts, zeroTimes);
      if (plant === 'reports before it commits') await this.#report(listener, no, next);
      await this.#commit(session, no, next);
      last = next;
      await this.#step();
      if (plant === null) await this.#report(listener, no, last);
    }
    return last;
  }

  /** The commit travels to the database and its answer back; either may take its time, or be lost. */
  async #commit(session: Session, no: number, checkpoint: Checkpoint): Promise<void> {
    const { time, destination, random } = this.#world;
    const { late, lostAnswer } = this.#world.faults();
    const outcome = new Promise<void>((resolve, reject) => {
      const land = () => {
        try {
          destination.commit(session, no, 10, checkpoint);
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      // On its way it belongs to the network: it may land after its sender is gone.
      time.as(null, () => time.after(random() < late ? random() * 300 : 1, land));
    });
    outcome.catch(() => undefined);
    await outcome;
    if (random() >= lostAnswer) return;
    // The engine asks for what it did not hear.
    await this.#step();
    const held = destination.checkpoints(session).get(no);
    if (held?.sequence !== checkpoint.sequence)
      throw new SluiceError('Cdm.0234', { cause: 'the commit was lost' }, { retry: true });
  }

  async #report(listener: TaskListener, no: number, checkpoint: Checkpoint): Promise<void> {
    const isTwice = this.#world.random() < this.#world.faults().duplicate;
    const stored = await listener.checkpoint(no, checkpoint, zeroTimes);
    const again = isTwice ? await listener.checkpoint(no, checkpoint, zeroTimes) : stored;
    if (!stored || !again) throw new Fenced(`slice ${no}`);
  }

  /** Time passes, and something may go wrong. */
  async #step(): Promise<void> {
    const { time, random } = this.#world;
    await time.sleep(5 + random() * 120);
    const { death, passing, lasting } = this.#world.faults();
    const chance = random();
    if (chance < death) throw new WorkerDied(1, 'signal SIGKILL', false);
    if (chance < death + passing)
      throw new SluiceError('Cdm.0234', { cause: 'the connection was cut' }, { retry: true });
    if (chance < death + passing + lasting)
      throw new SluiceError('Cdm.0234', { cause: 'a value does not fit' });
  }
}

function keyOf(task: Exclude<Task, { kind: 'check' | 'inspect' }>): string {
  return 'plan' in task ? task.plan.target.runKey : task.work.runKey;
}

function planOf(runKey: string, sliceCount: number): RunPlan {
  return {
    target: { runKey, sourceColumns: [], sourcePrimaryKey: ['id'], columnNames: ['id'], form: 'rows' },
    projection: { form: 'rows', columns: [{ name: 'id', cast: null }] },
    reason: 'simulation',
    warnings: [],
    slices: Array.from({ length: sliceCount }, (_none, no) => ({
      no,
      cut: { no },
      label: `slice ${no}`,
      rowsEstimate: rowsPerSlice,
    })),
  };
}
