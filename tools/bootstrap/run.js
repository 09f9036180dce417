// Runs one of the project's scripts from a bare checkout: `node tools/bootstrap/run.js <script.ts> [arguments]`.
// Brings Node 24 and the locked dependencies when they are missing. Says nothing when all is there.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureLockedDependencies } from './locked-dependencies.js';
import { BootstrapError, ensureNode24, runOnNode24 } from './node24.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const [script, ...args] = process.argv.slice(2);

if (!script) {
  process.stderr.write('usage: node tools/bootstrap/run.js <script.ts> [arguments]\n');
  process.exitCode = 2;
} else {
  try {
    const node = await ensureNode24();
    await ensureLockedDependencies(root, node);
    process.exitCode = await runOnNode24([path.resolve(script), ...args], { node });
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`sluice: ${error.message}\n`);
    process.exitCode = 1;
  }
}
