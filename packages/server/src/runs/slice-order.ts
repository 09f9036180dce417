/**
 * Which lane moves which slice next. Each lane has a stretch of neighbouring slices, so that two of them do not write to
 * the same place of a sorted destination all the time; a lane that is done takes over the far half of the longest stretch
 * that is left.
 */
export class SliceOrder {
  /** Per lane: the slices `from` <= i < `to` are still to be moved. */
  readonly #stretches: { from: number; to: number }[];

  constructor(sliceCount: number, laneCount: number) {
    this.#stretches = Array.from({ length: laneCount }, (_, lane) => ({
      from: Math.floor((sliceCount * lane) / laneCount),
      to: Math.floor((sliceCount * (lane + 1)) / laneCount),
    }));
  }

  /** @returns the slice's place, 0, 1, 2 …; null when none is left. */
  next(lane: number): number | null {
    const own = this.#stretches[lane];
    if (own === undefined) throw new RangeError(`no lane ${lane}`);
    if (own.from >= own.to && !this.#takeOver(own)) return null;
    return own.from++;
  }

  #takeOver(own: { from: number; to: number }): boolean {
    const longest = this.#stretches.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
    if (longest.from >= longest.to) return false;
    own.from = longest.from + Math.floor((longest.to - longest.from) / 2);
    own.to = longest.to;
    longest.to = own.from;
    return true;
  }
}
