import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureLockedDependencies } from './locked-dependencies.js';

let root: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sluice-locked-'));
  cache = path.join(root, 'cache');
  // A dependency inside the checkout: npm needs no registry for it.
  await mkdir(path.join(root, 'inner'));
  await writeFile(
    path.join(root, 'inner', 'package.json'),
    JSON.stringify({ name: 'inner', version: '1.0.0' }),
  );
  await writeFile(
    path.join(root, 'package.json'),
    JSON.stringify({ name: 'outer', version: '1.0.0', workspaces: ['inner'] }),
  );
  await writeLock('outer');
});
afterEach(() => rm(root, { recursive: true, force: true }));

function writeLock(name: string): Promise<void> {
  const packages = {
    '': { name, version: '1.0.0', workspaces: ['inner'] },
    inner: { version: '1.0.0' },
    'node_modules/inner': { resolved: 'inner', link: true },
  };
  return writeFile(
    path.join(root, 'package-lock.json'),
    JSON.stringify({ name, version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
}

const said: string[] = [];
const ensure = () =>
  ensureLockedDependencies(root, process.execPath, { cache, say: (line) => said.push(line) });

it('installs once, and again only when the lockfile changes', async () => {
  expect(await ensure()).toBe(true);
  await access(path.join(root, 'node_modules', 'inner', 'package.json'));
  expect(await ensure()).toBe(false);
  await writeFile(
    path.join(root, 'package-lock.json'),
    `${await readFile(path.join(root, 'package-lock.json'), 'utf8')}\n`,
  );
  expect(await ensure()).toBe(true);
});

it('lets one of two at once do the work', async () => {
  said.length = 0;
  expect((await Promise.all([ensure(), ensure()])).sort()).toEqual([false, true]);
  expect(said).toEqual(['installing the locked dependencies']);
});

it('does not wait for a process that is gone', async () => {
  const lock = await nameOfLock();
  await mkdir(path.join(cache, lock));
  await writeFile(path.join(cache, lock, 'pid'), '999999999');
  expect(await ensure()).toBe(true);
});

/** The lock depends on the checkout's path only; it is there to be seen while an install runs. */
async function nameOfLock(): Promise<string> {
  const running = ensure();
  let names: string[] = [];
  while (names.length === 0) names = await readdir(cache).catch(() => []);
  await running;
  await rm(path.join(root, 'node_modules'), { recursive: true });
  return names[0] ?? '';
}

it('leaves a linked node_modules alone', async () => {
  const elsewhere = path.join(root, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(path.join(elsewhere, 'precious'), '');
  await symlink(elsewhere, path.join(root, 'node_modules'));
  expect(await ensure()).toBe(false);
  await access(path.join(elsewhere, 'precious'));
});

it('says in one error what npm said', async () => {
  await writeFile(path.join(root, 'package-lock.json'), '{');
  await expect(ensure()).rejects.toThrow(/^npm ci failed with code 1:\n/);
});
