import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The door with proofs of the test's own behind it. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-prove-'));
  await cp(fileURLToPath(new URL('./main.ts', import.meta.url)), path.join(folder, 'main.ts'));
  const proof = (promise: string, body: string) =>
    `export const promise = '${promise}'; export async function run(options) { ${body} }`;
  await writeFile(
    path.join(folder, 'holds.ts'),
    proof(
      'it holds',
      `options.log('at work'); return { ok: true, figures: { count: options.count ?? 3, seed: options.seed ?? 7 } };`,
    ),
  );
  await writeFile(
    path.join(folder, 'fails.ts'),
    proof('it fails', 'return { ok: false, figures: { lost: 1 } };'),
  );
  await writeFile(
    path.join(folder, 'skips.ts'),
    proof('it is skipped', `return { ok: true, skipped: 'no right', figures: { rows: 1 } };`),
  );
  await writeFile(path.join(folder, 'breaks.ts'), proof('it breaks', `throw new Error('no server');`));
});
afterAll(() => rm(folder, { recursive: true }));

function prove(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(folder, 'main.ts'), ...args], {
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

describe('npm run prove', () => {
  it('lists the proofs with what they promise', () => {
    const { code, out } = prove();
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'breaks       it breaks',
      'fails        it fails',
      'holds        it holds',
    ]);
  });

  it('runs one with its options and ends with one object', () => {
    const { code, out } = prove('holds', '--count', '5', '--seed', '0', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      proof: 'holds',
      ok: true,
      seconds: expect.any(Number),
      count: 5,
      seed: 0,
    });
  });

  it('fails when the promise did not hold, or the proof broke down', () => {
    expect(prove('fails').code).toBe(1);
    expect(prove('fails').out).toContain('REFUTED: fails');
    const broken = prove('breaks', '--json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toEqual({ proof: 'breaks', ok: false, error: 'no server' });
  });

  it('counts a proof that cannot be tried as neither held nor refuted, loudly', () => {
    expect(prove('skips')).toMatchObject({ code: 3 });
    expect(prove('skips').out).toContain('SKIPPED, nothing is proved: skips: no right');
    const { code, out } = prove('skips', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      proof: 'skips',
      ok: false,
      skipped: 'no right',
      seconds: expect.any(Number),
    });
  });

  it.each([
    [['nothing'], 'there is no proof "nothing"'],
    [['main'], 'there is no proof "main"'],
    [['holds', '--count', '0'], '--count wants a whole number from 1 on'],
    [['holds', '--bytes', 'much'], '--bytes wants a whole number from 1 on'],
    [['holds', '--seed', 'x'], '--seed wants a whole number from 0 on'],
    [['holds', 'fails'], 'one proof at a time'],
  ])('refuses %j', (args, message) => {
    const { code, err } = prove(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
