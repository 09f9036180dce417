import { seededRandom } from '../kill/seeded-random.ts';

/** Choices of one request: they depend on the seed and the request's number alone. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number, index: number) {
    this.#random = seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b));
    // The first numbers of near seeds resemble each other.
    for (let turn = 0; turn < 3; turn += 1) this.#random();
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}
