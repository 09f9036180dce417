import { hostname } from 'node:os';
import type { PoolNumbers } from './runs/cluster-pools.ts';
import { RunMeter } from './runs/run-meter.ts';
import type { RunRecord } from './store/model.ts';
import { StoreMeter } from './store/store-meter.ts';
import { EventMeter } from './telemetry/event-meter.ts';
import { HttpMeter } from './telemetry/http-meter.ts';
import { MachineWatch } from './telemetry/machine-load.ts';
import { MetricsText } from './telemetry/metrics-text.ts';
import { ProcessMeter } from './telemetry/process-meter.ts';
import { PublishedMeter, type RunTallies } from './telemetry/published-metrics.ts';

/** What the metrics are read from; it is all there before anybody asks. */
export interface MetricSources {
  countRuns(): Promise<RunTallies>;
  storeConnections(): number;
  drivenRuns(): readonly RunRecord[];
  pools(): readonly PoolNumbers[];
  followers(): number;
  connections(): Promise<number>;
}

/** Every meter of a server. They are made first, for what they count begins with the store; where they read from comes later. */
export class ServerMetrics {
  readonly events = new EventMeter();
  readonly http = new HttpMeter();
  readonly runs: RunMeter;
  readonly store: StoreMeter;
  readonly #text: MetricsText;
  #sources: MetricSources | null = null;

  /** @param folder the data folder, whose disk is looked at. */
  constructor(folder: string, now: () => number) {
    const machine = new MachineWatch(folder, now);
    this.store = new StoreMeter(() => this.#from.countRuns(), now);
    this.runs = new RunMeter({
      driven: () => this.#from.drivenRuns(),
      pools: () => this.#from.pools(),
      followers: () => this.#from.followers(),
    });
    const published = new PublishedMeter({
      instanceId: hostname(),
      machine: () => machine.look(),
      runs: () => this.store.tallies,
      connections: () => this.#from.connections(),
      storeConnections: () => this.#from.storeConnections(),
      waitingTasks: () => this.#from.pools().reduce((sum, { tasksWaiting }) => sum + tasksWaiting, 0),
    });
    const meters = [published, this.http, this.runs, this.store, this.events, new ProcessMeter()];
    this.#text = new MetricsText(meters, now);
  }

  attach(sources: MetricSources): void {
    this.#sources = sources;
  }

  /** In the text form of Prometheus. */
  read(): Promise<string> {
    return this.#text.read();
  }

  get #from(): MetricSources {
    if (this.#sources === null)
      throw new Error('the metrics are asked for before the server is put together');
    return this.#sources;
  }
}
