/**
 * Cuts the whole numbers from `min` to `max` into ranges of equal span. Dates, timestamps and decimals are cut the same
 * way after their connector has turned them into whole numbers (days, microseconds, the whole part).
 * @returns the inner bounds, rising: range i holds bound[i-1] <= v < bound[i]; the first and the last range are open to
 * their outer side, so that rows that arrive beyond `min` and `max` after they were taken are read too, exactly once.
 * Fewer than `count` - 1 bounds when there are not that many distinct values; none for one range.
 */
export function cutRange(min: bigint, max: bigint, count: number): bigint[] {
  if (count < 1 || !Number.isInteger(count))
    throw new RangeError(`a range cannot be cut into ${count} parts`);
  if (max < min) throw new RangeError(`range from ${min} to ${max}`);
  const span = max - min + 1n;
  const parts = span < BigInt(count) ? span : BigInt(count);
  const bounds: bigint[] = [];
  for (let i = 1n; i < parts; i++) bounds.push(min + (span * i) / parts);
  return bounds;
}
