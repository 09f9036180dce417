// Keeps packages/console/dist in step with its sources. Plain JavaScript for Node 20 and newer.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeFolderLock } from './folder-lock.js';
import { cacheFolder, runOnNode24 } from './node24.js';

/** What the bundle is made of. The contract is in it: samples are made in the browser. */
const SOURCES = ['packages/console/src', 'packages/contract/src', 'packages/core/src', 'tools/bundle'];
const STAMP = '.sources';

/**
 * Bundles the pages that the server serves, unless that has been done with these very sources: dist/.sources keeps their
 * hash. Two processes may call this at once. A bundle that cannot be made is said in a line and is no reason to stop: the
 * server's page says that it is missing.
 *
 * @param {string} root the checkout
 * @param {string} node path of the Node 24 that makes it
 * @param {{ cache?: string, say?: (line: string) => void }} [options] for tests
 * @returns {Promise<boolean>} whether there was something to do
 */
export async function ensureConsoleBundle(
  root,
  node,
  { cache = cacheFolder(), say = (line) => void process.stderr.write(`sluice: ${line}\n`) } = {},
) {
  const wanted = hashOfSources(root);
  const folder = path.join(root, 'packages', 'console', 'dist');
  if (bundledHash(folder) === wanted) return false;
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const release = await takeFolderLock(path.join(cache, `bundle-${name}.lock`));
  try {
    if (bundledHash(folder) === wanted) return false; // another process did it meanwhile
    await bundleInto(folder, wanted, root, node);
  } catch (error) {
    const why = /** @type {Error} */ (error).message;
    say(`the API Explorer could not be bundled, and the server runs without that page: ${why}`);
  } finally {
    await release();
  }
  return true;
}

/** The folder has its name only when it is whole. @param {string} folder @param {string} wanted @param {string} root @param {string} node */
async function bundleInto(folder, wanted, root, node) {
  const draft = `${folder}.draft`;
  try {
    await rm(draft, { recursive: true, force: true });
    const script = path.join(root, 'tools', 'bundle', 'main.ts');
    const code = await runOnNode24([script, draft], { node });
    if (code !== 0) throw new Error(`${script} ended with ${code}`);
    await writeFile(path.join(draft, STAMP), `${wanted}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @param {string} root */
function hashOfSources(root) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  for (const source of SOURCES) {
    const names = readdirSync(path.join(root, source), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|tsx|css|html|svg|json)$/.test(name) && !/\.test\.tsx?$/.test(name))
      .sort();
    for (const name of names) {
      const content = readFileSync(path.join(root, source, name));
      hash.update(`${source}/${name}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/** @param {string} folder @returns {string} empty when there is no whole bundle */
function bundledHash(folder) {
  try {
    return readFileSync(path.join(folder, STAMP), 'utf8').trim();
  } catch {
    return '';
  }
}
