import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type ProcessEntry, ProcessTable, parseStat, peakRssMb } from './process-table.ts';

const entry = (pid: number, parent: number, ownTicks: number, reapedTicks = 0): ProcessEntry => ({
  pid,
  parent,
  group: 1,
  ownTicks,
  reapedTicks,
});

describe('parseStat', () => {
  it('finds its fields behind a name with blanks and brackets', () => {
    const line = '42 (a (b) c) S 7 40 40 0 -1 4194560 1 2 3 4 100 20 3000 400 20 0 1 0 5 6 7';
    expect(parseStat(line)).toEqual({ pid: 42, parent: 7, group: 40, ownTicks: 120, reapedTicks: 3_400 });
  });
});

describe('ProcessTable', () => {
  const table = ProcessTable.of([
    entry(1, 0, 1),
    entry(2, 1, 100, 50),
    entry(3, 2, 10, 5),
    entry(4, 3, 7),
    entry(9, 1, 900),
  ]);

  it('adds descendants and what ended among them, without the root', () => {
    expect(table.descendantSeconds(2)).toBeCloseTo(0.5 + 0.15 + 0.07);
    expect(table.ownSeconds(2)).toBe(1);
  });

  it('knows nothing of a process that is gone', () => {
    expect(table.descendantSeconds(77)).toBe(0);
    expect(peakRssMb(2 ** 22 + 1)).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('sees the time of a child that has ended', () => {
    const before = ProcessTable.read().descendantSeconds(process.pid);
    spawnSync(process.execPath, [
      '-e',
      'const spent = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (spent() < 4e5);',
    ]);
    expect(ProcessTable.read().descendantSeconds(process.pid) - before).toBeGreaterThan(0.2);
    expect(peakRssMb(process.pid)).toBeGreaterThan(20);
  });
});
