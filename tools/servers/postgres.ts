import { randomBytes } from 'node:crypto';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { GuardedProcess } from './guarded-process.ts';
import { postgresFolder } from './postgres-binaries.ts';
import { runToEnd, SERVER_ENV } from './run-to-end.ts';
import { type RunningServer, ServerUnavailable } from './running-server.ts';
import { type Account, makeScratchFolder, nameOwners, serverAccount } from './scratch-folder.ts';
import { type ServerTls, writeTlsFiles } from './server-tls.ts';

const INITDB_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const POLL_MS = 25;
const USER = 'postgres';

export interface PostgresOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Server settings by name, such as `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Who may sign in how: the lines of pg_hba.conf. Unless told, everybody with SCRAM. */
  readonly access?: readonly string[];
  /** Speaks TLS as well, with these. */
  readonly tls?: ServerTls;
}

/**
 * Starts a real PostgreSQL on the loopback address: UTF-8, passwords by SCRAM, synced as in production. It
 * ends with this process at the latest, however that ends.
 *
 * @throws ServerUnavailable when this system cannot have it
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningServer> {
  const binaries = await postgresFolder();
  const account = serverAccount();
  const folder = await makeScratchFolder(account);
  const program = path.join(binaries, 'bin', 'postgres');
  const data = path.join(folder, 'data');
  const password = randomBytes(16).toString('hex');
  const passwordFile = path.join(folder, 'password');
  let version: string;
  let port: number;
  let own: Record<string, string>;
  try {
    const banner = await runToEnd(program, ['--version'], { account, limitMs: INITDB_LIMIT_MS });
    version = /\d+(\.\d+)*\S*/.exec(banner)?.[0] ?? banner.trim();
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account) await chown(passwordFile, account.uid, account.gid);
    const args = [
      '-D',
      data,
      '-U',
      USER,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
    ];
    // Without sync: nobody needs an empty database after a power cut. What the server writes later is synced.
    args.push(
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    );
    await runToEnd(path.join(binaries, 'bin', 'initdb'), args, {
      account,
      cwd: folder,
      limitMs: INITDB_LIMIT_MS,
    });
    own = await writeOwnFiles(folder, options, account);
    port = options.port ?? (await freePort());
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (/could not look up effective user ID/.test((error as Error).message)) {
      const reason = `PostgreSQL does not run as a user without an entry in /etc/passwd (${process.getuid?.()})`;
      throw new ServerUnavailable(reason, { cause: error });
    }
    throw error;
  }

  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...own,
    ...options.settings,
  };
  const logPath = path.join(folder, 'log');
  const guarded = new GuardedProcess({
    command: program,
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: SERVER_ENV,
    account,
    folder,
    logPath,
    // "Immediate": no last checkpoint for data that are thrown away.
    stopSignal: 'SIGQUIT',
    stopLimitMs: STOP_LIMIT_MS,
  });

  /** After a kill, its backends may hold the shared memory for a moment: the server then ends, and we try again. */
  async function bringUp(): Promise<void> {
    const deadline = Date.now() + READY_LIMIT_MS;
    while (Date.now() < deadline) {
      await guarded.start();
      await nameOwners(folder, [guarded.guardPid ?? process.pid, guarded.pid ?? 0]);
      while (guarded.pid !== null && Date.now() < deadline) {
        if (await isReady(data, guarded.pid)) return;
        await sleep(POLL_MS);
      }
      const log = await readFile(logPath, 'utf8').catch(() => '');
      if (!/shared memory|lock file/.test(log.slice(-2_000)))
        throw new Error(`PostgreSQL does not start: ${log.slice(-2_000)}`);
      await sleep(POLL_MS * 4);
    }
    throw new Error(`PostgreSQL is not ready after ${READY_LIMIT_MS / 1_000} s`);
  }

  try {
    await bringUp();
  } catch (error) {
    await guarded.stop();
    throw error;
  }
  return {
    kind: 'postgres',
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
    host: '127.0.0.1',
    port,
    user: USER,
    password,
    version,
    get pid() {
      return guarded.pid ?? 0;
    },
    kill: (signal = 'SIGKILL') => guarded.kill(signal),
    restart: bringUp,
    stop: () => guarded.stop(),
  };
}

/** @returns the settings that name the files. */
async function writeOwnFiles(
  folder: string,
  { access, tls }: PostgresOptions,
  account: Account | null,
): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  if (access) {
    const file = path.join(folder, 'pg_hba.conf');
    await writeFile(file, `${access.join('\n')}\n`);
    settings.hba_file = file;
  }
  if (tls) {
    const { certificate, key } = await writeTlsFiles(folder, tls, account);
    Object.assign(settings, { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key });
  }
  return settings;
}

/** The server says so itself, in the last line of its pid file. A killed one's file bears another pid. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}
