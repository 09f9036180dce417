import type { SliceCounts } from '@sluice/core/data/slice';
import type { RunRecord } from '../store/model.ts';
import { LabelledCounter } from '../telemetry/event-meter.ts';
import { type Meter, type MetricFamily, type MetricValue, single } from '../telemetry/metric-family.ts';
import type { PoolNumbers } from './cluster-pools.ts';

export interface RunMeterSources {
  /** Runs that this server drives, as they are now. */
  driven(): readonly RunRecord[];
  /** What the pools of the clusters have to do. */
  pools(): readonly PoolNumbers[];
  /** Listeners of runs that are followed. */
  followers(): number;
}

const rowsHelp = 'Rows of runs that this server drives, durable at the destination.';
const bytesHelp = 'Bytes of runs that this server drives, durable at the destination.';

/**
 * Rows and bytes by connector, from the checkpoints of runs under way and of those that have ended. What a run had when it was
 * first seen counts from then on only: another server, or the run that it carries on, has counted that.
 */
export class RunMeter implements Meter {
  readonly #sources: RunMeterSources;
  readonly #seen = new Map<string, SliceCounts>();
  readonly #rows = new LabelledCounter('sluice_rows_total', rowsHelp, ['direction', 'connector']);
  readonly #bytes = new LabelledCounter('sluice_bytes_total', bytesHelp, ['direction', 'connector']);

  constructor(sources: RunMeterSources) {
    this.#sources = sources;
  }

  /** A driver takes the run up. */
  begin(run: RunRecord): void {
    this.#seen.set(run.id, run.counts);
  }

  /** A driver is done with the run, whatever came of it. */
  end(run: RunRecord): void {
    this.#see(run);
    this.#seen.delete(run.id);
  }

  families(): readonly MetricFamily[] {
    const driven = this.#sources.driven();
    for (const run of driven) this.#see(run);
    const states = new LabelledCounter('sluice_runs_driven', 'Runs that this server drives, by state.', [
      'state',
    ]);
    for (const { state } of driven) states.add([state]);
    return [
      this.#rows.family(),
      this.#bytes.family(),
      { ...states.family(), type: 'gauge' },
      ...poolFamilies(this.#sources.pools()),
      single(
        'sluice_run_followers',
        'gauge',
        'Listeners of runs that are followed.',
        this.#sources.followers(),
      ),
    ];
  }

  #see(run: RunRecord): void {
    const before = this.#seen.get(run.id);
    if (before === undefined) return;
    const { counts, job } = run;
    this.#seen.set(run.id, counts);
    const add = (counter: LabelledCounter, direction: string, connector: string, amount: number) => {
      if (amount > 0) counter.add([direction, connector], amount);
    };
    add(this.#rows, 'read', job.fromConnector, counts.rowsRead - before.rowsRead);
    add(this.#rows, 'written', job.toConnector, counts.rowsWritten - before.rowsWritten);
    add(this.#rows, 'skipped', job.toConnector, counts.rowsSkipped - before.rowsSkipped);
    add(this.#bytes, 'read', job.fromConnector, counts.bytesRead - before.bytesRead);
    add(this.#bytes, 'written', job.toConnector, counts.bytesWritten - before.bytesWritten);
  }
}

/** Clusters told apart; the numbers of further ones are put together. */
const clustersMax = 200;

function poolFamilies(pools: readonly PoolNumbers[]): MetricFamily[] {
  const gauge = (name: string, help: string, of: (pool: PoolNumbers) => number): MetricFamily => {
    const values = pools.slice(0, clustersMax).map(
      (pool): MetricValue => ({
        labels: { cluster_id: pool.clusterId },
        value: of(pool),
      }),
    );
    const rest = pools.slice(clustersMax).reduce((sum, pool) => sum + of(pool), 0);
    if (pools.length > clustersMax) values.push({ labels: { cluster_id: 'other' }, value: rest });
    return { name, type: 'gauge', help, values };
  };
  return [
    gauge('sluice_workers', 'Live worker processes.', ({ workers }) => workers),
    gauge(
      'sluice_tasks_waiting',
      'Slices and steps that wait for a worker.',
      ({ tasksWaiting }) => tasksWaiting,
    ),
    gauge('sluice_slices_busy', 'Slices that are moved now.', ({ slicesBusy }) => slicesBusy),
    gauge('sluice_slices_max', 'Slices that may be moved at once.', ({ slicesMax }) => slicesMax),
  ];
}
