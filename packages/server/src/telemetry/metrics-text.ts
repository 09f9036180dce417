import type { Metric } from 'prom-client';
import type { Meter, MetricFamily } from './metric-family.ts';

/** How long one rendering is given to whoever asks, in milliseconds: many scrapers cost as much as one. */
export const metricsFreshMs = 1_000;

/** The text that Prometheus reads, from every meter. The library writes it, and is loaded when it is first asked for. */
export class MetricsText {
  readonly #meters: readonly Meter[];
  readonly #now: () => number;
  #latest: { readonly at: number; readonly text: Promise<string> } | null = null;

  constructor(meters: readonly Meter[], now: () => number) {
    this.#meters = meters;
    this.#now = now;
  }

  read(): Promise<string> {
    const at = this.#now();
    if (this.#latest === null || at - this.#latest.at >= metricsFreshMs || at < this.#latest.at) {
      this.#latest = { at, text: this.#render() };
    }
    return this.#latest.text;
  }

  async #render(): Promise<string> {
    const { Registry } = await import('prom-client');
    const families = (await Promise.all(this.#meters.map((meter) => meter.families()))).flat();
    const registry = new Registry();
    for (const family of families) {
      // The registry asks a metric for its name, type and values, and for nothing else.
      registry.registerMetric(collected(family) as unknown as Metric<string>);
    }
    return await registry.metrics();
  }
}

function collected(family: MetricFamily): object {
  return { ...family, get: async () => family };
}
