// `npm run check`: everything about the sources that can be seen without running them. One line per check.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBoundaries, formatViolation } from './boundaries.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Outcome {
  readonly isGood: boolean;
  /** What to show when it is not. */
  readonly output: string;
}

interface Check {
  readonly name: string;
  run(): Promise<Outcome>;
}

/** Runs a tool of node_modules on this Node. */
async function runTool(script: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { isGood: code === 0, output };
}

const checks: readonly Check[] = [
  { name: 'types', run: () => runTool('typescript/bin/tsc', ['-p', '.', '--pretty', 'false']) },
  {
    // Code for browsers knows their globals, and no other code may.
    name: 'types of the console',
    run: () => runTool('typescript/bin/tsc', ['-p', 'packages/console', '--pretty', 'false']),
  },
  {
    name: 'lint and format',
    run: () => runTool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  },
  {
    name: 'boundaries',
    run: async () => {
      const violations = checkBoundaries(ROOT);
      return { isGood: violations.length === 0, output: violations.map(formatViolation).join('\n') };
    },
  },
];

/** A check that breaks down has not succeeded. */
async function outcomeOf(check: Check): Promise<Outcome & { readonly seconds: string }> {
  const start = performance.now();
  const outcome = await check
    .run()
    .catch((error: Error) => ({ isGood: false, output: error.stack ?? error.message }));
  return { ...outcome, seconds: ((performance.now() - start) / 1_000).toFixed(1) };
}

const outcomes = await Promise.all(checks.map(async (check) => ({ check, outcome: await outcomeOf(check) })));
for (const { check, outcome } of outcomes) {
  if (!outcome.isGood) process.stdout.write(`${outcome.output.trimEnd()}\n`);
  process.stdout.write(`${outcome.isGood ? 'ok    ' : 'FAILED'} ${check.name} (${outcome.seconds} s)\n`);
}
const failed = outcomes.filter(({ outcome }) => !outcome.isGood).length;
process.stdout.write(`${outcomes.length - failed} passed, ${failed} failed, 0 skipped\n`);
process.exitCode = failed > 0 ? 1 : 0;
