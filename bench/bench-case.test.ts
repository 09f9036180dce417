import { describe, expect, it } from 'vitest';
import { type BenchCase, caseNames, faultOf, loadCase } from './bench-case.ts';

const sound: BenchCase = {
  kind: 'copy',
  name: 'x',
  source: 'postgres',
  target: 'mariadb',
  table: 't1',
  slices: [1],
  limits: ['psql-mariadb'],
  peers: ['sling'],
  targets: [{ measure: 'speed', of: 'sluice-1', against: 'best-peer', atLeast: 2 }],
};

describe('the cases', () => {
  it('are those of the plan, each sound', async () => {
    const pairs = ['my-to-my', 'my-to-pg', 'pg-to-my', 'pg-to-pg'];
    const copies = pairs.flatMap((pair) => ['t1', 't2', 't3'].map((table) => `${pair}-${table}`));
    expect(await caseNames()).toEqual([...copies, 'pollers', 'small-job', 'status', 'store'].sort());
    for (const name of await caseNames()) expect((await loadCase(name)).targets.length).toBeGreaterThan(0);
  });

  it('a sound one has no fault', () => {
    expect(faultOf('x', sound)).toBeNull();
  });

  it.each<[string, Partial<BenchCase>]>([
    ['its name', { name: 'y' }],
    ['no table', { table: 't9' }],
    ['no server', { source: 'oracle' as 'postgres' }],
    ['no measure', { targets: [{ measure: 'luck' as 'speed', of: 'sluice-1', atLeast: 1 }] }],
    ['does not measure', { targets: [{ measure: 'speed', of: 'sluice-2', against: 'sling', atLeast: 1 }] }],
    ['does not measure', { targets: [{ measure: 'speed', of: 'sluice-1', against: 'spark', atLeast: 1 }] }],
    ['either', { targets: [{ measure: 'speed', of: 'sluice-1', against: 'sling' }] }],
    ['no limit or peer', { limits: ['telnet'] }],
    ['no limit or peer', { peers: ['magic'] }],
    ['number of slices', { slices: [], targets: [] }],
  ])('one with a wrong part is refused: %s', (message, change) => {
    expect(faultOf('x', { ...sound, ...change } as BenchCase)).toContain(message);
  });
});
