// `npm test`: real database servers around Vitest. Arguments go to Vitest: `npm test -- packages/core`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMariadb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import { type RunningServer, ServerUnavailable } from '../servers/running-server.ts';
import { judge, type TestReport } from './report.ts';
import { REPORT_PATH_VARIABLE } from './reporter.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPORTER = fileURLToPath(new URL('./reporter.ts', import.meta.url));
/** No healthy run takes a fraction of this; it keeps a hanging one from holding a build for ever. */
const RUN_LIMIT_MS = 60 * 60_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** What live tests look for, and who provides it. A server whose address is already given is not started. */
const providers = [
  { name: 'PostgreSQL', variable: 'SLUICE_TEST_POSTGRES', start: () => startPostgres() },
  { name: 'MariaDB', variable: 'SLUICE_TEST_MYSQL', start: () => startMariadb({ say }) },
] as const;

const servers: RunningServer[] = [];
const unavailable: { name: string; reason: string }[] = [];
const env: NodeJS.ProcessEnv = { ...process.env };

async function provide({ name, variable, start }: (typeof providers)[number]): Promise<void> {
  if (process.env[variable]) return;
  try {
    const server = await start();
    servers.push(server);
    env[variable] = server.url;
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    unavailable.push({ name, reason: error.message });
  }
}

async function runVitest(reportPath: string): Promise<number> {
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--reporter=default', `--reporter=${REPORTER}`, ...process.argv.slice(2)];
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Copies that tests make in temporary folders would stay in the user's cache of compiled code for ever.
    env: { ...env, [REPORT_PATH_VARIABLE]: reportPath, NODE_COMPILE_CACHE: path.join(folder, 'compiled') },
  });
  const end = () => child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), RUN_LIMIT_MS);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  const [code] = await once(child, 'close');
  clearTimeout(limit);
  return code ?? 1;
}

async function readReport(reportPath: string): Promise<TestReport | null> {
  const text = await readFile(reportPath, 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}

const folder = await mkdtemp(path.join(tmpdir(), 'sluice-test-'));
try {
  const outcomes = await Promise.allSettled(providers.map(provide));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  const reportPath = path.join(folder, 'report.json');
  const code = await runVitest(reportPath);
  const verdict = judge(await readReport(reportPath), code, unavailable);
  await Promise.all(servers.map((server) => server.stop()));
  for (const line of verdict.lines) say(line);
  process.exitCode = verdict.exitCode;
} catch (error) {
  // A server that should start and does not is a failure like any other.
  process.stderr.write(`${(error as Error).stack}\n`);
  for (const line of judge(null, 1, unavailable).lines) say(line);
  process.exitCode = 1;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}
