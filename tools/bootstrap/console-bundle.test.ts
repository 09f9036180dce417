import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureConsoleBundle } from './console-bundle.js';

let root: string;
const said: string[] = [];
const page = () => path.join(root, 'packages/console/dist/index.html');
const bundler = (body: string) => writeFile(path.join(root, 'tools/bundle/main.ts'), body);
const ensure = () =>
  ensureConsoleBundle(root, process.execPath, {
    cache: path.join(root, 'cache'),
    say: (line: string) => void said.push(line),
  });

beforeEach(async () => {
  said.length = 0;
  root = await mkdtemp(path.join(tmpdir(), 'sluice-bundle-'));
  for (const folder of [
    'packages/console/src',
    'packages/contract/src',
    'packages/core/src',
    'tools/bundle',
  ]) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await writeFile(path.join(root, 'package-lock.json'), '{}');
  await writeFile(path.join(root, 'packages/console/src/main.tsx'), 'first');
  // Stands in for the bundler: it writes what it finds.
  await bundler(`
    import { cpSync, mkdirSync } from 'node:fs';
    mkdirSync(process.argv[2] as string);
    cpSync('${path.join(root, 'packages/console/src/main.tsx')}', process.argv[2] + '/index.html');`);
});
afterEach(() => rm(root, { recursive: true }));

it('bundles when there is no bundle, and again only when a source changed', async () => {
  expect(await ensure()).toBe(true);
  expect(await readFile(page(), 'utf8')).toBe('first');
  expect(await ensure()).toBe(false);
  await writeFile(path.join(root, 'packages/console/src/main.test.tsx'), 'a test is no source');
  expect(await ensure()).toBe(false);
  await writeFile(path.join(root, 'packages/console/src/main.tsx'), 'second');
  expect(await ensure()).toBe(true);
  expect(await readFile(page(), 'utf8')).toBe('second');
  expect(said).toEqual([]);
});

it('leaves what is there when it fails, says so, and tries again', async () => {
  await ensure();
  const healthy = await readFile(path.join(root, 'tools/bundle/main.ts'), 'utf8');
  await bundler('process.exitCode = 3;');
  expect(await ensure()).toBe(true);
  expect(said).toEqual([expect.stringContaining('could not be bundled')]);
  expect(await readFile(page(), 'utf8')).toBe('first');
  await bundler(`${healthy}\n// mended`);
  expect(await ensure()).toBe(true);
  expect(said).toHaveLength(1);
});

it('does it once when two processes ask', async () => {
  const outcomes = await Promise.all([ensure(), ensure()]);
  expect(outcomes.sort()).toEqual([false, true]);
});
