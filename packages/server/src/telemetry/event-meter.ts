import type { LogFields, Logger, LogLevel } from './log.ts';
import type { Meter, MetricFamily, MetricValue } from './metric-family.ts';

/** Series of one metric; what comes beyond is counted under `other`, so that no value from outside can grow them without bound. */
const seriesMax = 500;

/** Counts by labels, bounded. */
export class LabelledCounter {
  readonly #name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #values = new Map<string, { readonly labels: Record<string, string>; value: number }>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.#name = name;
    this.#help = help;
    this.#labels = labels;
  }

  add(values: readonly string[], amount = 1): void {
    const key = values.join('\0');
    let entry = this.#values.get(key);
    if (entry === undefined) {
      const isFull = this.#values.size >= seriesMax;
      const kept = isFull ? values.map(() => 'other') : values;
      entry = this.#values.get(kept.join('\0')) ?? {
        labels: Object.fromEntries(this.#labels.map((label, at) => [label, kept[at] ?? ''])),
        value: 0,
      };
      this.#values.set(kept.join('\0'), entry);
    }
    entry.value += amount;
  }

  family(): MetricFamily {
    const values = [...this.#values.values()].map(({ labels, value }): MetricValue => ({ labels, value }));
    return { name: this.#name, type: 'counter', help: this.#help, values };
  }
}

/** An event of the log as its listeners get it. */
export type LogListener = (level: LogLevel, event: string, fields: LogFields) => void;

/** A logger whose lines others hear too, whatever its level lets through. A listener must not throw. */
export function heardLogger(log: Logger, listeners: readonly LogListener[]): Logger {
  const heard = (level: LogLevel): Logger[LogLevel] => {
    const write = log[level];
    return (event, fields = {}) => {
      write(event, fields);
      for (const listener of listeners) listener(level, event, fields);
    };
  };
  return { debug: heard('debug'), info: heard('info'), warn: heard('warn'), error: heard('error') };
}

/** Counts the events of the log: who logs something has its counter. Events are named in the code, so they are few. */
export class EventMeter implements Meter {
  readonly #events = new LabelledCounter('sluice_events_total', 'Events of the log by name and level.', [
    'event',
    'level',
  ]);
  readonly #ended = new LabelledCounter(
    'sluice_runs_ended_total',
    'Runs that ended, by state, error code and connectors of source and destination.',
    ['state', 'code', 'source', 'destination'],
  );
  readonly #repeats = new LabelledCounter(
    'sluice_attempts_repeated_total',
    'Slices and steps that were tried again after an error that may pass.',
    [],
  );

  readonly hear: LogListener = (level, event, fields) => {
    this.#events.add([event, level]);
    if (event === 'run.tried-again') this.#repeats.add([]);
    if (event === 'run.ended') {
      this.#ended.add(
        [fields.state, fields.code ?? '', fields.source ?? '', fields.destination ?? ''].map(String),
      );
    }
  };

  families(): readonly MetricFamily[] {
    return [this.#events.family(), this.#ended.family(), this.#repeats.family()];
  }
}
