import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { takeFolderLock } from '../../tools/bootstrap/folder-lock.js';
import { runToEnd, SERVER_ENV } from '../../tools/servers/run-to-end.ts';
import { runCommand } from '../measure/command-run.ts';
import type { Endpoint } from '../stage.ts';
import type { BenchTable } from '../tables/bench-table.ts';
import { type Candidate, CandidateUnavailable, type CopyCost, type CopyOrder } from './candidate.ts';

const INSTALL_LIMIT_MS = 8 * 60_000;

/** A pipe of the databases' own command-line clients: what somebody who knows them types. */
interface Pipe {
  readonly name: string;
  /** The two ends as shell words. */
  read(source: Endpoint, table: BenchTable): string;
  write(target: Endpoint, table: BenchTable): string;
}

const psql = (endpoint: Endpoint, sql: string) =>
  `psql -X -q -v ON_ERROR_STOP=1 -h ${endpoint.host} -p ${endpoint.port} -U ${endpoint.user} -d ${endpoint.database} -c "${sql}"`;
const mariadb = (endpoint: Endpoint, options: string, sql: string) =>
  `mariadb --no-defaults --default-character-set=utf8mb4 ${options} -h ${endpoint.host} -P ${endpoint.port} -u ${endpoint.user} ${endpoint.database} -e "${sql}"`;

/**
 * `--batch` writes NULL as the word NULL, and leaves the carriage return as it is, which COPY refuses: where the
 * data may have one, it is written as an escape on the way.
 */
function mariadbBatch(source: Endpoint, table: BenchTable): string {
  return mariadb(source, '--batch --quick --skip-column-names', `SELECT * FROM ${table.name}`);
}

const pipes: readonly Pipe[] = [
  {
    name: 'psql-text',
    read: (source, table) => psql(source, `COPY ${table.name} TO STDOUT`),
    write: (target, table) => psql(target, `COPY ${table.name} FROM STDIN`),
  },
  {
    name: 'psql-binary',
    read: (source, table) => psql(source, `COPY ${table.name} TO STDOUT (FORMAT binary)`),
    write: (target, table) => psql(target, `COPY ${table.name} FROM STDIN (FORMAT binary)`),
  },
  {
    name: 'mariadb-psql',
    read: (source, table) =>
      table.hasCarriageReturns
        ? `${mariadbBatch(source, table)} | LC_ALL=C sed 's/\\r/\\\\r/g'`
        : mariadbBatch(source, table),
    write: (target, table) => psql(target, `COPY ${table.name} FROM STDIN (NULL 'NULL')`),
  },
  {
    name: 'psql-mariadb',
    read: (source, table) => psql(source, `COPY ${table.name} TO STDOUT`),
    write: (target, table) =>
      mariadb(
        target,
        '--local-infile=1',
        `LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE ${table.name} CHARACTER SET utf8mb4`,
      ),
  },
  {
    name: 'mariadb-mariadb',
    read: mariadbBatch,
    // With a quote character, LOAD DATA reads the bare word NULL as NULL; this one is in no text.
    write: (target, table) =>
      mariadb(
        target,
        '--local-infile=1',
        `LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE ${table.name} CHARACTER SET utf8mb4 FIELDS ENCLOSED BY X'01'`,
      ),
  },
];

export const pipeNames: readonly string[] = pipes.map(({ name }) => name);

/**
 * The pipe of that name. Missing clients are installed from Debian when we are root.
 *
 * @throws CandidateUnavailable with the reason
 */
export async function openPipe(
  name: string,
  source: Endpoint,
  target: Endpoint,
  table: BenchTable,
): Promise<Candidate> {
  const pipe = pipes.find((one) => one.name === name);
  if (!pipe) throw new Error(`there is no limit "${name}"`);
  const versions: string[] = [];
  for (const kind of new Set([source.kind, target.kind])) versions.push(await clientVersion(kind));
  const line = `${pipe.read(source, table)} | ${pipe.write(target, table)}`;
  return {
    name,
    role: 'limit',
    how: shown(line, source, target),
    version: versions.join('; '),
    makesTarget: false,
    copy: ({ limitMs }: CopyOrder): Promise<CopyCost> =>
      runCommand(
        {
          program: 'bash',
          args: ['-o', 'pipefail', '-c', line],
          env: {
            PGPASSWORD: [source, target].find(({ kind }) => kind === 'postgres')?.password ?? '',
            MYSQL_PWD: [source, target].find(({ kind }) => kind === 'mariadb')?.password ?? '',
          },
        },
        limitMs,
      ),
  };
}

/** Without what differs from run to run. */
function shown(line: string, ...endpoints: readonly Endpoint[]): string {
  let text = line;
  for (const { host, port, user } of endpoints) {
    text = text
      .replaceAll(` -h ${host} -p ${port} -U ${user}`, '')
      .replaceAll(` -h ${host} -P ${port} -u ${user}`, '');
  }
  return text;
}

/** @throws CandidateUnavailable when the client is missing and cannot be installed */
async function clientVersion(kind: Endpoint['kind']): Promise<string> {
  const [program, debianPackage] =
    kind === 'postgres' ? ['psql', 'postgresql-client'] : ['mariadb', 'mariadb-client'];
  await ensureProgram(program, debianPackage);
  const text = await runToEnd(program, ['--version'], { env: { ...SERVER_ENV }, limitMs: 30_000 });
  return text.trim();
}

/** Brings a program from a Debian package. @throws CandidateUnavailable when that is not possible here */
export async function ensureProgram(program: string, debianPackage: string): Promise<void> {
  if (isOnPath(program)) return;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new CandidateUnavailable(
      `${program} is not installed, and only root on Debian could install it (package ${debianPackage})`,
    );
  }
  const release = await takeFolderLock('/var/cache/sluice/apt.lock');
  try {
    const env = { ...SERVER_ENV, DEBIAN_FRONTEND: 'noninteractive' };
    const patience = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    await runToEnd('apt-get', [...patience, 'update'], { env, limitMs: INSTALL_LIMIT_MS });
    const args = [...patience, 'install', '-y', '--no-install-recommends', debianPackage];
    await runToEnd('apt-get', args, { env, limitMs: INSTALL_LIMIT_MS });
  } catch (error) {
    throw new CandidateUnavailable(`${debianPackage} could not be installed: ${(error as Error).message}`);
  } finally {
    await release();
  }
  if (!isOnPath(program))
    throw new CandidateUnavailable(`the package ${debianPackage} brought no ${program}`);
}

export function isOnPath(program: string): boolean {
  return SERVER_ENV.PATH.split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
