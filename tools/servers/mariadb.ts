import { randomBytes } from 'node:crypto';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { GuardedProcess } from './guarded-process.ts';
import { mariadbPrograms } from './mariadb-programs.ts';
import { runToEnd, SERVER_ENV } from './run-to-end.ts';
import type { RunningServer } from './running-server.ts';
import { makeScratchFolder, nameOwners, serverAccount } from './scratch-folder.ts';

const INSTALL_DB_LIMIT_MS = 120_000;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const POLL_MS = 50;
const USER = 'sluice';

export interface MariadbOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Server settings by name, such as `{ 'max-connections': '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether a missing MariaDB may be installed (by root, on Debian). Default: yes. */
  readonly install?: boolean;
  /** Gets a line when something takes long. */
  readonly say?: (line: string) => void;
}

/**
 * Starts a real MariaDB on the loopback address, with a user that may do everything. It ends with this process
 * at the latest, however that ends.
 *
 * @throws ServerUnavailable when this system cannot have it
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<RunningServer> {
  const programs = await mariadbPrograms(options.install ?? true, options.say ?? (() => undefined));
  const account = serverAccount();
  const folder = await makeScratchFolder(account);
  const data = path.join(folder, 'data');
  const initFile = path.join(folder, 'init.sql');
  const logPath = path.join(folder, 'log');
  const password = randomBytes(16).toString('hex');
  let version: string;
  let port: number;
  try {
    const banner = await runToEnd(programs.server, ['--no-defaults', '--version'], {
      account,
      limitMs: INSTALL_DB_LIMIT_MS,
    });
    version = /Ver (\S+)/.exec(banner)?.[1] ?? banner.trim();
    const args = ['--no-defaults', `--datadir=${data}`, '--skip-test-db'];
    await runToEnd(programs.installDb, args, { account, cwd: folder, limitMs: INSTALL_DB_LIMIT_MS });
    await writeFile(
      initFile,
      `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${password}';\n` +
        `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;\n`,
      { mode: 0o600 },
    );
    if (account) await chown(initFile, account.uid, account.gid);
    port = options.port ?? (await freePort());
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }

  const settings: Record<string, string> = {
    datadir: data,
    port: String(port),
    'bind-address': '127.0.0.1',
    socket: path.join(folder, 'socket'),
    'pid-file': path.join(folder, 'pid'),
    'init-file': initFile,
    'skip-name-resolve': 'ON',
    'character-set-server': 'utf8mb4',
    'innodb-buffer-pool-size': '256M',
    'max-allowed-packet': '64M',
    'max-connections': '200',
    ...options.settings,
  };
  const guarded = new GuardedProcess({
    command: programs.server,
    args: ['--no-defaults', ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)],
    env: SERVER_ENV,
    account,
    folder,
    logPath,
    // Nothing orderly is needed for data that are thrown away.
    stopSignal: 'SIGKILL',
    stopLimitMs: STOP_LIMIT_MS,
  });

  async function bringUp(): Promise<void> {
    const before = (await readFile(logPath, 'utf8').catch(() => '')).length;
    await guarded.start();
    await nameOwners(folder, [guarded.guardPid ?? process.pid, guarded.pid ?? 0]);
    const deadline = Date.now() + READY_LIMIT_MS;
    while (guarded.pid !== null && Date.now() < deadline) {
      // Said after the init file was run.
      if ((await readFile(logPath, 'utf8')).includes('ready for connections', before)) return;
      await sleep(POLL_MS);
    }
    throw new Error(`MariaDB does not start: ${(await readFile(logPath, 'utf8')).slice(-2_000)}`);
  }

  try {
    await bringUp();
  } catch (error) {
    await guarded.stop();
    throw error;
  }
  return {
    kind: 'mariadb',
    url: `mysql://${USER}:${password}@127.0.0.1:${port}/`,
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
