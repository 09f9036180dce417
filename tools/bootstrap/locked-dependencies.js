// Keeps node_modules in step with package-lock.json. Plain JavaScript for Node 20 and newer.
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeFolderLock } from './folder-lock.js';
import { cacheFolder, runNpm, withNodeFirst } from './node24.js';

/**
 * Installs exactly what package-lock.json says, unless that has been done: node_modules/.sluice-lock keeps
 * the hash of the lockfile that was installed last. Two processes may call this at once.
 *
 * @param {string} root the checkout
 * @param {string} node path of the Node that npm is to run on
 * @param {{ cache?: string, say?: (line: string) => void }} [options] for tests
 * @returns {Promise<boolean>} whether there was something to do
 * @throws {BootstrapError} when npm fails
 */
export async function ensureLockedDependencies(
  root,
  node,
  { cache = cacheFolder(), say = sayOnStderr } = {},
) {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (isLinked(root) || installedHash(root) === wanted) return false;
  const release = await takeFolderLock(path.join(cache, `install-${hashOfPath(root)}.lock`));
  try {
    if (installedHash(root) === wanted) return false; // another process did it meanwhile
    say('installing the locked dependencies');
    const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
    await runNpm([...args, '--prefix', root], { cwd: root, env: withNodeFirst(process.env, node) });
    await writeFile(stampPath(root), `${wanted}\n`);
    return true;
  } finally {
    await release();
  }
}

/** @param {string} line */
function sayOnStderr(line) {
  process.stderr.write(`sluice: ${line}\n`);
}

/** @param {string} root */
function stampPath(root) {
  return path.join(root, 'node_modules', '.sluice-lock');
}

/** @param {string} root @returns {string} empty when nothing was installed by us */
function installedHash(root) {
  try {
    return readFileSync(stampPath(root), 'utf8').trim();
  } catch {
    return '';
  }
}

/** A linked node_modules belongs to another checkout; npm would empty it. @param {string} root */
function isLinked(root) {
  return lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** @param {string} root */
function hashOfPath(root) {
  return createHash('sha256').update(root).digest('hex').slice(0, 16);
}
