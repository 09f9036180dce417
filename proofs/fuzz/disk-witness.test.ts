import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DiskWitness, outsideStalls } from './disk-witness.ts';

test('what no stall covers is counted', () => {
  const stalls = [
    { from: 100, to: 400 },
    { from: 900, to: 2_000 },
  ];
  expect(outsideStalls({ from: 0, to: 1_000 }, stalls)).toBe(600);
  expect(outsideStalls({ from: 150, to: 350 }, stalls)).toBe(0);
  expect(outsideStalls({ from: 2_000, to: 2_500 }, stalls)).toBe(500);
});

test('a witness that is held up says so, and ends when it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-witness-'));
  try {
    const witness = await DiskWitness.start(folder);
    const from = Date.now();
    witness.hold(1_500);
    await sleep(1_800);
    const stalls = await witness.end();
    expect(outsideStalls({ from, to: from + 1_400 }, stalls)).toBeLessThan(300);
  } finally {
    await rm(folder, { recursive: true });
  }
});
