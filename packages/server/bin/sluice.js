#!/usr/bin/env node
// Starts the command line on Node 24, which tools/bootstrap brings when the system's Node is older.
import { runOnNode24 } from '../../../tools/bootstrap/node24.js';

const main = new URL('../src/main.ts', import.meta.url).pathname;
process.exitCode = await runOnNode24([main, ...process.argv.slice(2)]);
