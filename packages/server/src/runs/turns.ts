import { runLimits } from './limits.ts';

/** Remembers who was served last, so that of equal ones whoever was served longest ago, or never, comes first. */
export class Turns {
  /** The turn of each; the longest ago first. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  /** The number of the turn at which `id` was served last; 0: never, or so long ago that nobody remembers. */
  of(id: string): number {
    return this.#turns.get(id) ?? 0;
  }

  served(ids: readonly string[]): void {
    this.#turn += 1;
    for (const id of ids) {
      this.#turns.delete(id);
      this.#turns.set(id, this.#turn);
    }
    for (const id of this.#turns.keys()) {
      if (this.#turns.size <= runLimits.turnsRememberedMax) break;
      this.#turns.delete(id);
    }
  }
}

/** Compares number by number, the first ones first; below 0: `a` comes before `b`. */
export function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
