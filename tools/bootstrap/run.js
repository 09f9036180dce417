// `node tools/bootstrap/run.js <script.ts> [arguments]`: every npm script goes through here.
import { runScript } from './run-script.js';

const [script, ...args] = process.argv.slice(2);

if (script) {
  process.exitCode = await runScript(script, args);
} else {
  process.stderr.write('usage: node tools/bootstrap/run.js <script.ts> [arguments]\n');
  process.exitCode = 2;
}
