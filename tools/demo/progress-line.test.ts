import { describe, expect, it } from 'vitest';
import { ProgressDisplay, progressLine } from './progress-line.ts';
import { demoTexts } from './texts.ts';

const words = demoTexts({ LANG: 'C' });

describe('progressLine', () => {
  it.each([
    [{ percent: 0, rowsTotal: 1_000_000, elapsedMs: 0 }, 'Copying [------------------------]   0 %   0 rows'],
    [
      { percent: 25, rowsTotal: 1_200_000, elapsedMs: 500 },
      'Copying [######------------------]  25 %   300,000 rows   600,000 rows/s',
    ],
    [
      { percent: 100, rowsTotal: 1_200_000, elapsedMs: 2_000 },
      'Copying [########################] 100 %   1,200,000 rows   600,000 rows/s',
    ],
    [
      { percent: -1, rowsTotal: 1_000, elapsedMs: 1_000 },
      'Copying [------------------------]   0 %   0 rows',
    ],
  ])('%j', (progress, line) => {
    expect(progressLine(progress, words)).toBe(line);
  });
});

describe('ProgressDisplay', () => {
  function shown(isTTY: boolean): string[] {
    const out: string[] = [];
    const display = new ProgressDisplay({ isTTY, write: (text) => out.push(text) }, words);
    for (const percent of [1, 5, 30, 40, 99, 100, 100])
      display.show({ percent, rowsTotal: 100, elapsedMs: 0 });
    display.end();
    return out;
  }

  it('stays on one line of a terminal', () => {
    const out = shown(true);
    expect(out).toHaveLength(8);
    expect(out.slice(0, 7).every((text) => text.startsWith('\r\x1b[2K'))).toBe(true);
    expect(out[7]).toBe('\n');
  });

  it('prints few plain lines elsewhere, the last at 100 %', () => {
    const out = shown(false);
    expect(out.map((text) => /(\d+) %/.exec(text)?.[1])).toEqual(['1', '30', '99', '100']);
    expect(out.every((text) => text.endsWith('\n') && !text.includes('\x1b'))).toBe(true);
  });
});

describe('demoTexts', () => {
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, '正在迁移'],
    [{ LANG: 'en_US.UTF-8' }, 'Copying'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'Copying'],
    [{}, 'Copying'],
  ])('%j', (env, expected) => {
    expect(demoTexts(env).copying).toBe(expected);
  });
});
