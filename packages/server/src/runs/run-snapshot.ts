import type { Snapshot } from '@sluice/core/connector/contract';
import type { SnapshotLost } from '@sluice/core/errors/sluice-error';
import type { Consistency, RunWork, TaskKind, TaskOf, TaskResults } from '@sluice/engine/work';
import { runLimits } from './limits.ts';
import type { Seat } from './worker-pool.ts';

/** One of the places at which a run's slices are moved one after the other. */
export interface SliceLane {
  /** The worker that it comes back to. */
  readonly seat: Seat;
  /** The moment of the source that its next slice reads; null: as the source is by then. */
  snapshot: Snapshot | null;
}

export interface RunSnapshotTools {
  readonly work: RunWork;
  /** What was said of the run before; it can only become weaker. */
  readonly consistency: Consistency | null;
  /** Runs a task, again if its worker dies. */
  run<K extends TaskKind>(task: TaskOf<K>, seat: Seat | null): Promise<TaskResults[K]>;
  /** Runs a task once, within a time. */
  runWithin<K extends TaskKind>(task: TaskOf<K>, seat: Seat, withinMs: number): Promise<TaskResults[K]>;
  /** Stores what is known of the run's consistency, before rows that bear it out are written. */
  store(consistency: Consistency): Promise<void>;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * The moment of the source that the slices of a run read, taken once for all lanes and renewed when it is lost. What could
 * be kept of "one moment" is stored with the run, and every change of it is logged.
 */
export class RunSnapshot {
  readonly #tools: RunSnapshotTools;
  #consistency: Consistency | null;
  #lanes: readonly SliceLane[] = [];
  #renewals = 0;
  /** Ends when the shared moment has been taken anew; null: nobody is at it. */
  #renewing: Promise<void> | null = null;

  constructor(tools: RunSnapshotTools) {
    this.#tools = tools;
    this.#consistency = tools.consistency;
  }

  /**
   * Takes the moment and has all lanes join it.
   * @returns the lanes that can be used, at least one.
   */
  async begin(lanes: readonly SliceLane[]): Promise<readonly SliceLane[]> {
    const { work, run } = this.#tools;
    this.#lanes = lanes;
    const keeper: Seat = { worker: null, isFixed: true };
    const answer = await run({ kind: 'snapshot', work }, keeper);
    if ('refusal' in answer) {
      await this.#sayPerSlice(answer.refusal);
      return lanes;
    }
    const { snapshot } = answer;
    if (snapshot.isJoined) return await this.#joinAll(lanes, snapshot, keeper);
    for (const lane of lanes) lane.snapshot = snapshot;
    await this.#say('one snapshot', 'all slices read one snapshot of the source');
    return lanes;
  }

  /** Has the lanes join together; one that does not make it in time is left out. */
  async #joinAll(
    lanes: readonly SliceLane[],
    snapshot: Snapshot,
    keeper: Seat,
  ): Promise<readonly SliceLane[]> {
    const { work, runWithin, log } = this.#tools;
    const { snapshotReadyMs, snapshotJoinMs } = runLimits;
    const [only] = lanes;
    if (lanes.length === 1 && only !== undefined) {
      await this.#joinAlone(only, snapshot);
      await this.#say('one snapshot', 'all slices read one consistent view of the source');
      return lanes;
    }
    let trouble: unknown = null;
    const together = async (
      some: readonly SliceLane[],
      join: (lane: SliceLane) => Promise<unknown>,
    ): Promise<SliceLane[]> => {
      const outcomes = await Promise.allSettled(some.map(join));
      for (const outcome of outcomes) if (outcome.status === 'rejected') trouble = outcome.reason;
      return some.filter((_, i) => outcomes[i]?.status === 'fulfilled');
    };
    // Worker processes may have to start, and sessions to be opened: before others are kept from writing.
    const ready = await together(lanes, async (lane) => {
      await runWithin({ kind: 'ready', work }, lane.seat, snapshotReadyMs);
      lane.seat.isFixed = true;
    });
    let joined: SliceLane[] = [];
    try {
      const refusal = await runWithin({ kind: 'hold', work }, keeper, snapshotReadyMs);
      if (refusal !== null) {
        await this.#sayPerSlice(refusal);
        return lanes;
      }
      joined = await together(ready, async (lane) => {
        await runWithin({ kind: 'join', work, snapshot }, lane.seat, snapshotJoinMs);
        lane.snapshot = snapshot;
      });
      await runWithin({ kind: 'settle', work }, keeper, snapshotJoinMs);
    } catch (error) {
      // The moments that were joined are good ones, each for itself.
      await this.#sayPerSlice(messageOf(error));
      return lanes;
    }
    if (joined.length === 0) {
      await this.#sayPerSlice(messageOf(trouble));
      return lanes;
    }
    if (joined.length < lanes.length) {
      const why = messageOf(trouble);
      log('run.lanes-left-out', { run: work.runId, lanes: joined.length, of: lanes.length, why });
    }
    this.#lanes = joined;
    await this.#say('one snapshot', 'all slices read one consistent view of the source');
    return joined;
  }

  async #joinAlone(lane: SliceLane, snapshot: Snapshot): Promise<void> {
    const { work, run } = this.#tools;
    lane.seat.isFixed = false;
    await run({ kind: 'join', work, snapshot }, lane.seat);
    lane.seat.isFixed = true;
    lane.snapshot = snapshot;
  }

  /** The lane's moment is gone: the rest is read at a new one, or at none after too many. */
  async renew(lane: SliceLane, used: Snapshot, lost: SnapshotLost): Promise<void> {
    // Another lane was faster.
    if (!used.isJoined && lane.snapshot !== used) return;
    this.#renewing ??= this.#takeAnew(lane, lost).finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
    if (lane.snapshot === used) await this.renew(lane, used, lost);
  }

  async #takeAnew(lane: SliceLane, lost: SnapshotLost): Promise<void> {
    const { work, run, log } = this.#tools;
    this.#renewals += 1;
    log('run.snapshot-lost', { run: work.runId, why: lost.message, times: this.#renewals });
    const affected = lane.snapshot?.isJoined ? [lane] : this.#lanes;
    if (this.#renewals > runLimits.snapshotRenewalsMax) {
      for (const each of affected) each.snapshot = null;
      await this.#sayPerSlice(`${lost.message}, again and again`);
      return;
    }
    await this.#say('renewed after a crash', `later slices read a newer snapshot: ${lost.message}`);
    const keeper: Seat = { worker: null, isFixed: true };
    const answer = await run({ kind: 'snapshot', work }, keeper);
    const snapshot = 'snapshot' in answer ? answer.snapshot : null;
    if (snapshot?.isJoined) {
      lane.seat.isFixed = false;
      await run({ kind: 'join', work, snapshot }, lane.seat);
      lane.seat.isFixed = true;
    }
    for (const each of affected) each.snapshot = snapshot;
    if ('refusal' in answer)
      await this.#say('per slice', `slices may see different moments: ${answer.refusal}`);
  }

  /** A run that goes on from a stored place reads the rest at another moment. */
  async sayResumed(why: string): Promise<void> {
    await this.#say('renewed after a crash', `later rows were read at a later moment: ${why}`);
  }

  async #sayPerSlice(why: string): Promise<void> {
    await this.#say('per slice', `slices may see different moments: ${why}`);
  }

  /** Stores and logs the weaker of what was known and what is known now. */
  async #say(kind: Consistency['kind'], reason: string): Promise<void> {
    const before = this.#consistency;
    if (before !== null && strength[kind] >= strength[before.kind]) return;
    this.#consistency = { kind, reason };
    await this.#tools.store(this.#consistency);
    this.#tools.log('run.consistency', { run: this.#tools.work.runId, consistency: kind, reason });
  }
}

const strength: Readonly<Record<Consistency['kind'], number>> = {
  'per slice': 0,
  'renewed after a crash': 1,
  'one snapshot': 2,
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
