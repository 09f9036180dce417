import { expect, test } from 'vitest';
import { macroTexts, readGolden, years, zones } from './macros/golden-values.ts';
import { compare, isPlantedBugSeen } from './macros.ts';

// The small form of `npm run prove -- macros`: two years of each zone, every macro.
const { chunks } = readGolden();

test('the golden file has every zone, macro and year', () => {
  expect(chunks).toHaveLength(zones.length * macroTexts.length * years);
});

test('time macros stand for what Java makes of them', () => {
  const { values, differences } = compare(chunks.filter(({ year }) => year === 2020 || year === 2023));
  expect(values).toBe(zones.length * macroTexts.length * (8_784 + 8_760));
  expect(differences).toEqual([]);
}, 60_000);

test('a planted bug is seen', () => {
  expect(isPlantedBugSeen(chunks)).toBe(true);
}, 60_000);
