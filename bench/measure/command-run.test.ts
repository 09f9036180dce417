import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runCommand } from './command-run.ts';

const bash = (line: string) => ({ program: 'bash', args: ['-o', 'pipefail', '-c', line], env: {} });
const isSupported = process.platform === 'linux';
if (!isSupported) console.warn('skipped: processes are measured on Linux only');

describe.skipIf(!isSupported)('runCommand', () => {
  it('counts the CPU time and memory of all processes of a pipe', async () => {
    const busy = (mib: number) =>
      `${process.execPath} -e 'const b = Buffer.alloc(${mib} << 20, 1); const spent = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (spent() < 5e5); process.stdin.resume()'`;
    const { cpuSeconds, peakRssMb } = await runCommand(bash(`${busy(60)} < /dev/null | ${busy(60)}`), 60_000);
    expect(cpuSeconds).toBeGreaterThan(0.75);
    expect(cpuSeconds).toBeLessThan(10);
    expect(peakRssMb).toBeGreaterThan(180);
  });

  it('fails when any part of a pipe does, with what it wrote', async () => {
    await expect(runCommand(bash('(echo no such row >&2; exit 3) | cat'), 10_000)).rejects.toThrow(
      /ended with 3: no such row/,
    );
  });

  it('ends what takes too long, with all its processes', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-command-'));
    try {
      const file = path.join(folder, 'pid');
      await expect(runCommand(bash(`sleep 60 & echo $! > ${file}; wait`), 2_000)).rejects.toThrow(
        'took longer than 2 s',
      );
      const pid = Number(await readFile(file, 'utf8'));
      const state = () => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone Z');
      // A killed process may wait for its parent to ask for its end.
      for (const end = Date.now() + 5_000; Date.now() < end && !/ Z|gone/.test(await state()); )
        await sleep(20);
      expect(await state()).toMatch(/ Z|gone/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('gives it nothing of our environment but what any program needs', async () => {
    process.env.BENCH_SECRET = 'x';
    try {
      await runCommand(bash('test -z "$BENCH_SECRET" -a -n "$PATH"'), 10_000);
    } finally {
      delete process.env.BENCH_SECRET;
    }
  });
});
