#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runScript } from '../../../tools/bootstrap/run-script.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
process.exitCode = await runScript(main, process.argv.slice(2));
