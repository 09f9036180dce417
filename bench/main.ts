// `npm run bench`: lists the cases. `npm run bench -- --case NAME [--runs N] [--json]` is to run one.
// A case is a file of data, cases/NAME.json. There is none yet.
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm run bench -- --case NAME [--runs N] [--json]';

async function caseNames(): Promise<string[]> {
  const entries = await readdir(new URL('./cases', import.meta.url)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.endsWith('.json')).map((entry) => entry.replace(/\.json$/, ''));
}

async function main(args: readonly string[]): Promise<number> {
  const names = await caseNames();
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        case: { type: 'string' },
        runs: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.case !== undefined && !names.includes(values.case)) {
      throw new Error(`there is no case "${values.case}"`);
    }
    if (values.json) process.stdout.write(`${JSON.stringify({ ok: true, cases: names })}\n`);
    else if (names.length === 0) process.stdout.write('There are no benchmark cases yet.\n');
    else process.stdout.write(`${names.join('\n')}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
