/** `2026-01-02T03:04:05.000000Z`: clients parse exactly six decimals and the Z. @param time Unix milliseconds. */
export function wireTime(time: number): string {
  return new Date(time).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
}
