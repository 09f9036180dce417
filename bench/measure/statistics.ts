/** The middle of the numbers; the mean of the two middle ones. @throws when there is none */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error('the median of nothing');
  return (lower + upper) / 2;
}

/** The smallest of the numbers that at least `share` (0 to 1) of them do not exceed. @throws when there is none */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new Error('a percentile of nothing');
  return found;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param digits after the point. @throws when there is no number */
export function spreadOf(numbers: readonly number[], digits = 3): Spread {
  return {
    median: rounded(median(numbers), digits),
    min: rounded(Math.min(...numbers), digits),
    max: rounded(Math.max(...numbers), digits),
  };
}

export function rounded(number: number, digits: number): number {
  return Number(number.toFixed(digits));
}
