import { describe, expect, it } from 'vitest';
import { judgeTargets } from './judge-targets.ts';
import { type CandidateResult, isOk } from './results.ts';
import type { Target } from './targets.ts';

const result = (
  name: string,
  role: CandidateResult['role'],
  median: number,
  more: Partial<CandidateResult> = {},
): CandidateResult => ({
  name,
  role,
  how: '',
  version: '',
  runSeconds: [median],
  seconds: { median, min: median, max: median },
  rowsPerSecond: 1,
  cpuSeconds: { candidate: 1 },
  peakRssMb: 100,
  isRight: true,
  ...more,
});

const results = [
  result('sluice-1', 'sluice', 4, {
    cpuSeconds: { candidate: 2, worker: 1, postgres: 7, mariadb: 1 },
    p95Ms: 398,
  }),
  result('pipe', 'limit', 5),
  result('slow', 'peer', 12),
  result('fast', 'peer', 9),
  result('wrong', 'peer', 1, { isRight: false }),
];
const none = () => false;
const judge = (target: Target) => judgeTargets([target], results, none)[0];

describe('judgeTargets', () => {
  it.each<[Target, number, string]>([
    [{ measure: 'speed', of: 'sluice-1', against: 'pipe', atLeast: 1.25 }, 1.25, 'met'],
    [{ measure: 'speed', of: 'sluice-1', against: 'pipe', atLeast: 1.26 }, 1.25, 'missed'],
    [{ measure: 'duration', of: 'sluice-1', against: 'pipe', atMost: 0.8 }, 0.8, 'met'],
    [{ measure: 'duration', of: 'sluice-1', against: 'pipe', atMost: 0.79 }, 0.8, 'missed'],
    [{ measure: 'worker-cpu-share', of: 'sluice-1', atMost: 0.1 }, 0.1, 'met'],
    [{ measure: 'worker-cpu-share', of: 'sluice-1', atMost: 0.09 }, 0.1, 'missed'],
    [{ measure: 'peak-rss-mb', of: 'sluice-1', atMost: 100 }, 100, 'met'],
    [{ measure: 'peak-rss-mb', of: 'sluice-1', atMost: 99 }, 100, 'missed'],
    [{ measure: 'p95-ms', of: 'sluice-1', atMost: 400 }, 398, 'met'],
  ])('%j is %d: %s', (target, value, state) => {
    expect(judge(target)).toEqual({ ...target, value, state });
  });

  it('takes the fastest peer whose copy was right, and names it', () => {
    const target: Target = { measure: 'speed', of: 'sluice-1', against: 'best-peer', atLeast: 2 };
    expect(judge(target)).toEqual({ ...target, peer: 'fast', value: 2.25, state: 'met' });
  });

  it('a fast copy that is wrong meets nothing', () => {
    expect(judge({ measure: 'speed', of: 'wrong', against: 'pipe', atLeast: 1 })).toMatchObject({
      value: null,
      state: 'unmeasured',
    });
  });

  it('tells what could not be measured from what nobody asked for', () => {
    const target: Target = { measure: 'speed', of: 'sluice-1', against: 'absent', atLeast: 2 };
    const [unmeasured] = judgeTargets([target], results, none);
    const [excluded] = judgeTargets([target], results, (name) => name === 'absent');
    expect([unmeasured?.state, excluded?.state]).toEqual(['unmeasured', 'excluded']);
    expect(isOk(unmeasured ? [unmeasured] : [])).toBe(false);
    expect(isOk(excluded ? [excluded] : [])).toBe(true);
  });
});
