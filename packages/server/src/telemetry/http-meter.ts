import type { Meter, MetricFamily, MetricValue } from './metric-family.ts';

/** Upper bounds of the time buckets, in seconds. */
const bucketSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;
const statusClasses = ['2xx', '3xx', '4xx', '5xx'] as const;

/** What is counted of one operation: a few numbers, however many callers and paths there are. */
export class OperationMeter {
  readonly operation: string;
  readonly statuses = new Float64Array(statusClasses.length);
  /** By bucket; the last is for what is above all bounds. */
  readonly buckets = new Float64Array(bucketSeconds.length + 1);
  seconds = 0;

  constructor(operation: string) {
    this.operation = operation;
  }

  /** An answer has left. */
  count(status: number, elapsedMs: number): void {
    const at = Math.min(statusClasses.length - 1, Math.max(0, Math.floor(status / 100) - 2));
    this.statuses[at] = (this.statuses[at] ?? 0) + 1;
    const seconds = elapsedMs / 1_000;
    this.seconds += seconds;
    let bucket = 0;
    while (bucket < bucketSeconds.length && seconds > (bucketSeconds[bucket] ?? 0)) bucket++;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }
}

/** Requests by operation, never by path: callers choose paths, so those would be without bound. */
export class HttpMeter implements Meter {
  readonly #operations = new Map<string, OperationMeter>();

  /** @param operation a name of the contract's tables, or one of the few that stand for the rest. */
  of(operation: string): OperationMeter {
    let meter = this.#operations.get(operation);
    if (meter === undefined) {
      meter = new OperationMeter(operation);
      this.#operations.set(operation, meter);
    }
    return meter;
  }

  families(): readonly MetricFamily[] {
    const meters = [...this.#operations.values()];
    const name = 'sluice_http_request_seconds';
    return [
      {
        name: 'sluice_http_requests_total',
        type: 'counter',
        help: 'Answers by operation and class of status.',
        values: meters.flatMap(({ operation, statuses }) =>
          statusClasses.flatMap((status, at): MetricValue[] => {
            const value = statuses[at] ?? 0;
            return value === 0 ? [] : [{ labels: { operation, status }, value }];
          }),
        ),
      },
      {
        name,
        type: 'histogram',
        help: 'Time from the request to its answer, by operation.',
        values: meters.flatMap((meter) => histogramOf(name, meter)),
      },
    ];
  }
}

function histogramOf(name: string, { operation, buckets, seconds }: OperationMeter): MetricValue[] {
  let count = 0;
  const values = [...bucketSeconds, '+Inf'].map((le, at): MetricValue => {
    count += buckets[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { operation, le }, value: count };
  });
  if (count === 0) return [];
  return [
    ...values,
    { metricName: `${name}_sum`, labels: { operation }, value: seconds },
    { metricName: `${name}_count`, labels: { operation }, value: count },
  ];
}
