import { type Meter, type MetricFamily, single } from '../telemetry/metric-family.ts';
import type { RunTallies } from '../telemetry/published-metrics.ts';

/** Counting runs takes long in a large store, so it is done this often at most, in milliseconds. */
const talliesFreshMs = 5 * 60 * 1_000;

/** Statements of the store, and how many runs it holds. */
export class StoreMeter implements Meter {
  readonly #countRuns: () => Promise<RunTallies>;
  readonly #now: () => number;
  #statements = 0;
  #failures = 0;
  #seconds = 0;
  #tallies: RunTallies | null = null;
  #talliesAt = Number.NEGATIVE_INFINITY;

  constructor(countRuns: () => Promise<RunTallies>, now: () => number) {
    this.#countRuns = countRuns;
    this.#now = now;
  }

  /** A statement has ended. */
  count(elapsedMs: number, hasFailed: boolean): void {
    this.#statements++;
    this.#seconds += elapsedMs / 1_000;
    if (hasFailed) this.#failures++;
  }

  /** As counted last; a new count is begun when that is old. null: there is none yet. */
  get tallies(): RunTallies | null {
    if (this.#now() - this.#talliesAt >= talliesFreshMs) {
      this.#talliesAt = this.#now();
      this.#countRuns().then(
        (tallies) => {
          this.#tallies = tallies;
        },
        () => {
          // The store is away: what was known last stays until the next look.
        },
      );
    }
    return this.#tallies;
  }

  families(): readonly MetricFamily[] {
    const help = 'Statements of the store';
    return [
      single('sluice_store_statements_total', 'counter', `${help}.`, this.#statements),
      single('sluice_store_statement_errors_total', 'counter', `${help} that failed.`, this.#failures),
      single('sluice_store_statement_seconds_total', 'counter', `Time of all statements.`, this.#seconds),
    ];
  }
}
