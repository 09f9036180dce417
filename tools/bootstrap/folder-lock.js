// A lock between processes, for steps that two must not do at once. Plain JavaScript for Node 20 and newer.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BootstrapError } from './node24.js';

const WAIT_FOR_OTHER_MS = 10 * 60_000;
const POLL_MS = 200;
/** A folder without its owner's name is given this long: making both takes two steps. */
const NAMELESS_FOR_MS = 5_000;

/**
 * A folder is the lock, since making one either succeeds or fails; the file in it names its owner, so that
 * the lock of a killed process does not hold for ever.
 *
 * @param {string} lock path of the folder
 * @returns {Promise<() => Promise<void>>} gives the lock back
 * @throws {BootstrapError} when a living process holds it for 10 minutes
 */
export async function takeFolderLock(lock) {
  const deadline = Date.now() + WAIT_FOR_OTHER_MS;
  await mkdir(path.dirname(lock), { recursive: true });
  while (true) {
    try {
      await mkdir(lock);
      await writeFile(path.join(lock, 'pid'), String(process.pid));
      return () => rm(lock, { recursive: true, force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new BootstrapError(`another process has been at work for 10 minutes; if not so, remove ${lock}`);
    }
    await sleep(POLL_MS);
  }
}

/** @param {string} lock */
async function isAbandoned(lock) {
  const owner = Number(await readFile(path.join(lock, 'pid'), 'utf8').catch(() => ''));
  if (!owner) {
    // Made this very moment, or by a process that died between two lines.
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
    return Date.now() - mtimeMs > NAMELESS_FOR_MS;
  }
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}
