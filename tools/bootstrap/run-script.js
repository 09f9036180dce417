import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureConsoleBundle } from './console-bundle.js';
import { ensureLockedDependencies } from './locked-dependencies.js';
import { BootstrapError, cacheFolder, ensureNode24, runOnNode24 } from './node24.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Runs one of the project's scripts from a bare checkout: brings Node 24 and the locked dependencies when they are missing,
 * bundles the pages for browsers when their sources changed, and says nothing when all is there.
 * @param {string} script path, from the current folder
 * @param {readonly string[]} args
 * @returns {Promise<number>} the script's exit code; 1 when something could not be brought
 */
export async function runScript(script, args) {
  try {
    const node = await ensureNode24();
    await ensureLockedDependencies(root, node);
    await ensureConsoleBundle(root, node);
    return await runOnNode24([path.resolve(script), ...args], {
      node,
      // Node keeps compiled code there, TypeScript without its types too. A folder that cannot be used changes nothing.
      env: { NODE_COMPILE_CACHE: path.join(cacheFolder(), 'compiled'), ...process.env },
    });
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`sluice: ${error.message}\n`);
    return 1;
  }
}
