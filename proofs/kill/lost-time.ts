/** How much later a job ends for a kill: against the median of undisturbed runs of the same pair and parallelism. */
export class LostTime {
  readonly #undisturbed = new Map<string, number[]>();
  readonly #disturbed: { key: string; victim: string; tookMs: number; kills: number }[] = [];

  /** Whether there was any undisturbed run. */
  get isKnown(): boolean {
    return this.#undisturbed.size > 0;
  }

  undisturbed(key: string, tookMs: number): void {
    this.#undisturbed.set(key, [...(this.#undisturbed.get(key) ?? []), tookMs]);
  }

  /** A run that ended well though it was hit `kills` times. */
  disturbed(key: string, victim: string, tookMs: number, kills: number): void {
    this.#disturbed.push({ key, victim, tookMs, kills });
  }

  /** About how long a run of the pair takes, in milliseconds, so that kills spread over all of it. */
  expectedMs(from: string, to: string): number {
    const times = [...this.#undisturbed].flatMap(([key, each]) =>
      key.startsWith(`${from} to ${to}`) ? each : [],
    );
    return times.length === 0 ? 1_000 : quantile(times, 0.5);
  }

  /** Medians of the undisturbed runs in milliseconds, with their number. */
  baselines(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#undisturbed].map(([key, times]) => [
        key,
        `${Math.round(quantile(times, 0.5))} ms of ${times.length}`,
      ]),
    );
  }

  /** Median and 95th percentile over the runs that were hit; null when none was. */
  perKill(victim: string): { share: Spread; ms: Spread } | null {
    const hit = this.#disturbed.filter((each) => each.victim === victim);
    if (hit.length === 0) return null;
    const lost = hit.map(({ key, tookMs, kills }) => {
      const median = quantile(this.#undisturbed.get(key) ?? [tookMs], 0.5);
      return { ms: (tookMs - median) / kills, share: (tookMs - median) / median / kills };
    });
    return {
      share: spread(
        lost.map(({ share }) => share),
        3,
      ),
      ms: spread(
        lost.map(({ ms }) => ms),
        0,
      ),
    };
  }
}

export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly runs: number;
}

function spread(values: readonly number[], digits: number): Spread {
  const rounded = (value: number) => Number(value.toFixed(digits));
  return {
    median: rounded(quantile(values, 0.5)),
    p95: rounded(quantile(values, 0.95)),
    runs: values.length,
  };
}

/** Between the two nearest values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}
