import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const isSupported = process.platform === 'linux';
if (!isSupported) console.warn('skipped: the demo brings its PostgreSQL for Linux only');

describe.skipIf(!isSupported)('npm run demo', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-demo-test-'));
    await chmod(folder, 0o711);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: folder, LANG: 'C', LC_ALL: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('copies, proves it, ends with one object and leaves nothing', () => {
    const { status, stdout, stderr } = run(['--json', '--rows', '20000'], { LANG: 'zh_CN.UTF-8' });
    expect(stderr).toContain('每一行均已到达');
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      status: 'SUCCEEDED',
      rows: 20_000,
      countsEqual: true,
      checksumsEqual: true,
      seconds: expect.any(Number),
      rssMb: expect.any(Number),
    });
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['0', 'x', '1.5'])('refuses --rows %s', (rows) => {
    expect(run(['--rows', rows]).status).toBe(2);
  });
});
