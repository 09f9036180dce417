import { SluiceError } from '@sluice/core/errors/sluice-error';
import { runLimits } from './limits.ts';
import { compareRanks, Turns } from './turns.ts';

/**
 * Six lanes share the worker processes: slices, which may keep a worker for minutes; steps of runs, which may wait for a
 * lock; what must be prompt, and so waits behind neither; what looks at the systems behind links while somebody waits, and
 * takes no run's place; plans of what is not run, which may take a minute and must not keep those looks waiting; and the joining
 * of a snapshot, for which others may be kept from writing, and so waits behind nothing.
 */
export type Lane = 'slice' | 'step' | 'prompt' | 'inspect' | 'preview' | 'join';

/** In the order in which free workers are offered: the shortest work first. */
const lanes = ['join', 'prompt', 'inspect', 'preview', 'step', 'slice'] as const;

/** A task that waits for a worker. */
export interface SlotRequest {
  readonly lane: Lane;
  readonly projectId: string;
  readonly clusterId: string;
  /** The run it is for; empty: nobody's in particular. */
  readonly runId: string;
  /** False: there is a worker for the task, or may be one, but not now. */
  isReady(): boolean;
  /** The slot is the task's until it is released. Must not ask for another one at once. */
  start(): void;
}

/**
 * Who may have a worker process of this machine next. Each lane has so many slots for all clusters together, a cluster has
 * so many slices, a project so many steps. A free slot goes to the project that has the fewest in that lane, of equal ones
 * to the one that was served longest ago; in it to the cluster by the same rule, then to the run with the fewest
 * workers, then to the task that waits longest. So a project with a thousand runs in hand keeps another one waiting no longer
 * than until the next slot is free, and while it is alone it may use all of them.
 */
export class WorkerSlots {
  readonly #lanes: Readonly<Record<Lane, LaneState>>;
  /** Slices at once by cluster; no entry: as many as the machine. */
  readonly #slicesMax = new Map<string, number>();
  /** Workers in hand by run, over all lanes. */
  readonly #ofRun = new Tally();
  /** Tasks that wait, by cluster. */
  readonly #waiting = new Tally();

  /** @param sliceWorkersMax slices at once over all clusters. */
  constructor(sliceWorkersMax: number) {
    this.#lanes = {
      slice: new LaneState(sliceWorkersMax, sliceWorkersMax),
      step: new LaneState(runLimits.stepWorkersMax, runLimits.stepWorkersPerProjectMax),
      prompt: new LaneState(runLimits.promptWorkersMax, runLimits.promptWorkersPerProjectMax),
      inspect: new LaneState(runLimits.inspectWorkersMax, runLimits.inspectWorkersPerProjectMax),
      preview: new LaneState(runLimits.previewWorkersMax, runLimits.previewWorkersPerProjectMax),
      join: new LaneState(sliceWorkersMax, sliceWorkersMax),
    };
  }

  /** Slices at once over all clusters. */
  get sliceWorkersMax(): number {
    return this.#lanes.slice.max;
  }

  /** Worker processes at once, those that only hold a snapshot included, before no further snapshot is begun. */
  get workersMax(): number {
    return lanes.reduce((sum, lane) => sum + this.#lanes[lane].max, 0);
  }

  /** Sets how many slices of a cluster may be moved at once; null: the cluster is gone. */
  limit(clusterId: string, slicesMax: number | null): void {
    if (slicesMax === null) this.#slicesMax.delete(clusterId);
    else this.#slicesMax.set(clusterId, slicesMax);
    this.pump();
  }

  /** Slots in hand and tasks that wait, of a cluster: for metrics. */
  numbersOf(clusterId: string): { readonly slicesBusy: number; readonly tasksWaiting: number } {
    return {
      slicesBusy: this.#lanes.slice.ofCluster.of(clusterId),
      tasksWaiting: this.#waiting.of(clusterId),
    };
  }

  /** Queues a task, and starts it when it may. @throws Cdm.0056 when too many tasks wait already. */
  ask(request: SlotRequest): void {
    const { clusterId } = request;
    const { waitingTasksMax, waitingTasksPerClusterMax } = runLimits;
    const ofCluster = this.#waiting.of(clusterId);
    if (ofCluster >= waitingTasksPerClusterMax || this.#waiting.total >= waitingTasksMax) {
      throw new SluiceError('Cdm.0056', { cause: `${ofCluster} tasks wait for a worker already` });
    }
    this.#lanes[request.lane].add(request);
    this.#waiting.add(clusterId, 1);
    this.pump();
  }

  /** Takes a task that waits out of the queue; of one that does not wait nothing changes. */
  withdraw(request: SlotRequest): void {
    if (this.#lanes[request.lane].remove(request)) this.#waiting.add(request.clusterId, -1);
  }

  /** Gives back the slot of a task that was started. */
  release(request: SlotRequest): void {
    this.#count(request, -1);
    this.pump();
  }

  /** Starts what may be started. To be called whenever a worker came to rest or ended. */
  pump(): void {
    for (const lane of lanes) {
      for (let next = this.#next(lane); next !== null; next = this.#next(lane)) {
        this.withdraw(next);
        this.#lanes[lane].turns.served([next.projectId, next.clusterId]);
        this.#count(next, 1);
        next.start();
      }
    }
  }

  #count({ lane, projectId, clusterId, runId }: SlotRequest, change: 1 | -1): void {
    const { ofProject, ofCluster } = this.#lanes[lane];
    ofProject.add(projectId, change);
    ofCluster.add(clusterId, change);
    this.#ofRun.add(runId, change);
  }

  #next(lane: Lane): SlotRequest | null {
    const state = this.#lanes[lane];
    const { ofProject, ofCluster, max, projectMax } = state;
    if (state.waiting.size === 0 || ofProject.total >= max) return null;
    for (const clusterId of state.clustersInTurn()) {
      const queue = state.waiting.get(clusterId) ?? [];
      const projectId = queue[0]?.projectId ?? '';
      if (ofProject.of(projectId) >= projectMax) continue;
      if (ofCluster.of(clusterId) >= this.#clusterMax(lane, clusterId)) continue;
      const next = this.#firstReady(queue);
      if (next !== null) return next;
    }
    return null;
  }

  #clusterMax(lane: Lane, clusterId: string): number {
    const isOfSlices = lane === 'slice' || lane === 'join';
    return (isOfSlices ? this.#slicesMax.get(clusterId) : undefined) ?? Number.POSITIVE_INFINITY;
  }

  /** Of a cluster's tasks the one whose run has the fewest workers; of equal ones the oldest. */
  #firstReady(queue: readonly SlotRequest[]): SlotRequest | null {
    let best: SlotRequest | null = null;
    let bestBusy = Number.POSITIVE_INFINITY;
    for (const request of queue) {
      const busy = this.#ofRun.of(request.runId);
      if (busy >= bestBusy || !request.isReady()) continue;
      best = request;
      bestBusy = busy;
      if (busy === 0) break;
    }
    return best;
  }
}

/** Numbers by name; 0 has no entry. */
class Tally {
  readonly #counts = new Map<string, number>();
  total = 0;

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, change: number): void {
    this.total += change;
    const count = this.of(name) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

/** One lane: who has slots, who waits, and when each was served last. */
class LaneState {
  /** Slots of the lane. */
  readonly max: number;
  /** Of these, for the clusters of one project. */
  readonly projectMax: number;
  readonly ofProject = new Tally();
  readonly ofCluster = new Tally();
  /** By cluster, each the oldest first. */
  readonly waiting = new Map<string, SlotRequest[]>();
  readonly turns = new Turns();

  constructor(max: number, projectMax: number) {
    this.max = max;
    this.projectMax = projectMax;
  }

  add(request: SlotRequest): void {
    const queue = this.waiting.get(request.clusterId);
    if (queue === undefined) this.waiting.set(request.clusterId, [request]);
    else queue.push(request);
  }

  remove(request: SlotRequest): boolean {
    const queue = this.waiting.get(request.clusterId);
    const at = queue?.indexOf(request) ?? -1;
    if (queue === undefined || at < 0) return false;
    queue.splice(at, 1);
    if (queue.length === 0) this.waiting.delete(request.clusterId);
    return true;
  }

  /** Clusters that wait, the one whose turn it is first. */
  clustersInTurn(): readonly string[] {
    const ranked = [...this.waiting].map(([clusterId, queue]) => {
      const projectId = queue[0]?.projectId ?? '';
      return {
        clusterId,
        rank: [
          this.ofProject.of(projectId),
          this.turns.of(projectId),
          this.ofCluster.of(clusterId),
          this.turns.of(clusterId),
        ],
      };
    });
    return ranked.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ clusterId }) => clusterId);
  }
}
