#!/usr/bin/env node
// The command line on Node 24 and with the locked dependencies, which tools/bootstrap brings when they are missing.
import { fileURLToPath } from 'node:url';
import { ensureLockedDependencies } from '../../../tools/bootstrap/locked-dependencies.js';
import { BootstrapError, ensureNode24, runOnNode24 } from '../../../tools/bootstrap/node24.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

try {
  const node = await ensureNode24();
  await ensureLockedDependencies(root, node);
  process.exitCode = await runOnNode24([main, ...process.argv.slice(2)], { node });
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`sluice: ${error.message}\n`);
  process.exitCode = 1;
}
