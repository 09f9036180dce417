import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge, type TestReport } from './report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const healthy: TestReport = { passed: 3, failed: 0, skipped: [], broken: [] };

describe('judge', () => {
  it('closes a good run with its figures', () => {
    expect(judge(healthy, 0, [])).toEqual({ lines: ['3 passed, 0 failed, 0 skipped'], exitCode: 0 });
  });

  it.each([
    ['a failed test', { ...healthy, failed: 2 }, 1, '3 passed, 2 failed, 0 skipped'],
    [
      'a file that does not load',
      { ...healthy, broken: [{ file: 'a', message: 'm' }] },
      1,
      '3 passed, 1 failed, 0 skipped',
    ],
    ['a runner that fails all the same', healthy, 1, '3 passed, 1 failed, 0 skipped'],
    ['no test at all', { ...healthy, passed: 0 }, 0, '0 passed, 0 failed, 0 skipped'],
    ['no report', null, 0, '0 passed, 1 failed, 0 skipped'],
  ])('fails on %s', (_what, report, code, last) => {
    const verdict = judge(report, code, []);
    expect(verdict.exitCode).toBe(1);
    expect(verdict.lines.at(-1)).toBe(last);
  });

  it('fails when everything was skipped', () => {
    const skipped = [{ file: 'a', name: 'n', reason: 'r' }];
    expect(judge({ ...healthy, passed: 0, skipped }, 0, []).exitCode).toBe(1);
  });

  it('names what was skipped, with the reason', () => {
    const skipped = ['one', 'two', 'three', 'four'].map((name) => ({
      file: 'a.live.test.ts',
      name,
      reason: 'no server',
    }));
    const { lines } = judge(
      { ...healthy, skipped: [...skipped, { file: 'b', name: 'five', reason: null }] },
      0,
      [{ name: 'MariaDB', reason: 'not installed' }],
    );
    expect(lines).toEqual([
      'not available: MariaDB: not installed',
      'skipped: a.live.test.ts: "one", "two", "three", and 1 more: no server',
      'skipped: b: "five": no reason given',
      '3 passed, 0 failed, 5 skipped',
    ]);
  });
});

describe('npm test', () => {
  let folder: string;
  beforeEach(async () => {
    // Inside the checkout, as Vitest looks for tests below its root only.
    await mkdir(path.join(ROOT, '.sluice'), { recursive: true });
    folder = await mkdtemp(path.join(ROOT, '.sluice', 'runner-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the real runner over files of the test's own, with addresses given so that no server is started. */
  function run(): { code: number | null; closing: string[] } {
    const config = path.join(folder, 'vitest.config.mjs');
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const env = {
      ...process.env,
      SLUICE_TEST_POSTGRES: 'postgres://x',
      SLUICE_TEST_MYSQL: 'mysql://x',
      NO_COLOR: '1',
    };
    const { status, stdout } = spawnSync(process.execPath, [main, '--config', config], {
      env,
      encoding: 'utf8',
    });
    return { code: status, closing: stdout.trimEnd().split('\n').slice(-4) };
  }

  it('sees a real run as it is', async () => {
    await writeFile(
      path.join(folder, 'vitest.config.mjs'),
      `export default { test: { include: [${JSON.stringify(`${path.relative(ROOT, folder)}/*.test.ts`)}] } };`,
    );
    await writeFile(
      path.join(folder, 'a.test.ts'),
      `import { describe, expect, it } from 'vitest';
       console.warn('skipped: no such server');
       describe.skipIf(true)('live', () => { it('one', () => {}); it('two', () => {}); });
       it('works', () => {});
       it('works not', () => { expect(1).toBe(2); });`,
    );
    await writeFile(
      path.join(folder, 'b.test.ts'),
      `import { it } from 'vitest';
       it('says so itself', (context) => { context.skip('it rains'); });
       it('works', () => {});`,
    );
    await writeFile(path.join(folder, 'c.test.ts'), `throw new Error('cannot be loaded');`);
    const { code, closing } = run();
    const at = path.relative(ROOT, folder);
    expect(closing).toEqual([
      `skipped: ${at}/a.test.ts: "live > one", "live > two": skipped: no such server`,
      `skipped: ${at}/b.test.ts: "says so itself": it rains`,
      `failed outside a test: ${at}/c.test.ts: cannot be loaded`,
      '2 passed, 2 failed, 3 skipped',
    ]);
    expect(code).toBe(1);
  });
});
