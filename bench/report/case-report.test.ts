import { describe, expect, it } from 'vitest';
import type { CandidateResult, CaseResult } from '../results.ts';
import { caseReport } from './case-report.ts';
import { reportPage } from './report-page.ts';

const candidate = (name: string, role: CandidateResult['role'], median: number): CandidateResult => ({
  name,
  role,
  how: `copy | ${name}`,
  version: '1.0',
  runSeconds: [median],
  seconds: { median, min: median / 2, max: median * 2 },
  rowsPerSecond: 1_234_567,
  cpuSeconds: { candidate: 0.5, postgres: 7 },
  peakRssMb: 51,
  isRight: true,
});

const result: CaseResult = {
  case: 'pg-to-pg-t1',
  ok: false,
  table: 'narrow',
  rows: 4_000_000,
  scale: 1,
  runs: 5,
  checksum: '1',
  candidates: [
    candidate('sluice-1', 'sluice', 4),
    candidate('psql-binary', 'limit', 5),
    { ...candidate('slow', 'peer', 10), isRight: false, remark: 'the checksum differs from the source' },
  ],
  unavailable: [{ name: 'absent', reason: 'it is not to be had' }],
  targets: [
    { measure: 'speed', of: 'sluice-1', against: 'psql-binary', atLeast: 0.95, value: 1.25, state: 'met' },
    { measure: 'speed', of: 'sluice-1', against: 'best-peer', atLeast: 2, value: null, state: 'unmeasured' },
  ],
  conditions: {
    date: '2026-01-02T03:04:05.678Z',
    cpu: 'a processor',
    cores: 4,
    memoryGib: 16,
    kernel: '6',
    node: 'v24.0.0',
    loadAtStart: [0.1, 0.2],
    commit: 'abc1234',
    servers: { postgres: '18' },
  },
};

describe('the report of a case', () => {
  const text = caseReport(result);

  it('says what was wanted, what was measured and what that means', () => {
    expect(text).toContain('### pg-to-pg-t1: targets missed');
    expect(text).toContain('| speed of sluice-1 against psql-binary | at least 0.95 | 1.25 | met |');
    expect(text).toContain('| speed of sluice-1 against best peer | at least 2 |  | unmeasured |');
    expect(text).toContain('2026-01-02T03:04Z, commit abc1234, load at start 0.1 (1 min), 0.2 (5 min)');
  });

  it('gives each candidate its spread and its ratio to Sluice', () => {
    expect(text).toContain(
      '| psql-binary | 5.00 | 2.50 to 10.00 | 1,234,567 | 1.25 x | 0.50 |  | 7.00 |  | 51 | yes |',
    );
    expect(text).toContain(
      '| slow | 10.00 | 5.00 to 20.00 | 1,234,567 | 2.50 x | 0.50 |  | 7.00 |  | 51 | NO |',
    );
  });

  it('hides neither a wrong copy nor what could not be run', () => {
    expect(text).toContain('- slow: the checksum differs from the source');
    expect(text).toContain('- absent: it is not to be had');
  });
});

describe('the page', () => {
  it('takes no wrong copy for the best peer', () => {
    expect(reportPage([result])).toContain('| 4.00 | psql-binary 1.25 x |  | 1 of 2 |');
  });

  it('warns of figures from a part of the rows or from a busy machine, and only then', () => {
    const busy = { ...result, conditions: { ...result.conditions, loadAtStart: [2.1, 0] as const } };
    expect(reportPage([result])).not.toContain('Tentative');
    expect(reportPage([result, { ...result, scale: 0.5 }])).toContain('Tentative');
    expect(reportPage([busy])).toContain('Tentative');
  });
});
