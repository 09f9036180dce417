import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { postgresFolder } from '../tools/servers/postgres-binaries.ts';
import { ServerUnavailable } from '../tools/servers/running-server.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const SHORT_LIMIT_MS = 180_000;

const reason = await postgresFolder().then(
  () => null,
  (error: unknown) => {
    if (error instanceof ServerUnavailable) return error.message;
    throw error;
  },
);
if (reason !== null) console.warn(`skipped: ${reason}`);

function bench(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('npm run bench', () => {
  it('lists the cases', () => {
    const { code, out } = bench();
    expect(code).toBe(0);
    expect(out).toMatch(/^my-to-pg-t2 +MariaDB to PostgreSQL, table t2$/m);
    expect(JSON.parse(bench('--json').out)).toMatchObject({
      ok: true,
      cases: expect.arrayContaining(['pollers']),
    });
  });

  it.each([
    [['--case', 'nothing'], 'there is no case "nothing"'],
    [['--case', 'pollers', '--runs', '0'], '--runs wants a whole number from 1 on'],
    [['--case', 'pollers', '--scale', '2'], '--scale wants a number above 0 up to 1'],
    [['--case', 'pollers', '--only-limits', '--peers'], 'exclude each other'],
    [['--case', 'pollers', '--report'], '--report runs no case'],
    [['--loud'], 'Unknown option'],
  ])('refuses %j', (args, message) => {
    const { code, err } = bench(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it.skipIf(reason !== null)(
    'measures a copy whose rows arrive, and judges it',
    () => {
      const call = ['--case', 'pg-to-pg-t3', '--runs', '2', '--scale', '0.002', '--only-limits', '--json'];
      const { code, out, err } = bench(...call);
      expect(err).toContain('2000 rows, made inside postgres');
      const result = JSON.parse(out);
      expect(code).toBe(result.ok ? 0 : 1);
      expect(result).toMatchObject({
        case: 'pg-to-pg-t3',
        ok: expect.any(Boolean),
        rows: 2_000,
        scale: 0.002,
        runs: 2,
        // The data follow from the row numbers alone.
        checksum: '1146680227348056388746',
        conditions: { cores: expect.any(Number), loadAtStart: [expect.any(Number), expect.any(Number)] },
      });
      const names: string[] = result.candidates.map(({ name }: { name: string }) => name);
      expect(names.slice(0, 2)).toEqual(['sluice-1', 'sluice-2']);
      // A machine without command-line clients says so; nothing is dropped silently.
      const missing: string[] = result.unavailable.map(({ name }: { name: string }) => name);
      expect([...names.slice(2), ...missing].sort()).toEqual(['psql-binary', 'psql-text']);
      for (const candidate of result.candidates) {
        expect(candidate).toMatchObject({
          isRight: true,
          runSeconds: [expect.any(Number), expect.any(Number)],
        });
        expect(candidate.seconds.median).toBeGreaterThan(0);
        expect(candidate.seconds.min).toBeLessThanOrEqual(candidate.seconds.max);
        expect(candidate.cpuSeconds.postgres).toBeGreaterThanOrEqual(0);
      }
      const [sluice] = result.candidates;
      expect(sluice.peakRssMb).toBeGreaterThan(30);
      const against = result.targets.filter(
        ({ against: other }: { against?: string }) => other === 'best-peer',
      );
      expect(against).toMatchObject([{ state: 'excluded', value: null }]);
    },
    SHORT_LIMIT_MS,
  );

  it.skipIf(reason !== null)(
    'asks a filled store, on both databases, and lets its housekeeping work',
    () => {
      const { code, out } = bench('--case', 'store', '--runs', '3', '--scale', '0.001', '--json');
      const result = JSON.parse(out);
      expect(code).toBe(result.ok ? 0 : 1);
      expect(result).toMatchObject({ kind: 'store', case: 'store' });
      expect(result.figures.map(({ store }: { store: string }) => store)).toEqual(['SQLite', 'PostgreSQL']);
      for (const { questions, housekeeping, storeMb } of result.figures) {
        expect(questions.length).toBeGreaterThan(8);
        for (const { times } of questions) {
          expect(times.count).toBe(3);
          expect(times.p95Ms).toBeGreaterThan(0);
        }
        // The runs of one of 29 days.
        expect(housekeeping.runs).toBeGreaterThan(20);
        expect(housekeeping.runs).toBeLessThan(40);
        expect(storeMb).toBeGreaterThan(0);
      }
    },
    SHORT_LIMIT_MS,
  );
});
