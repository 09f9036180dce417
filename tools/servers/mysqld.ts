import { randomBytes } from 'node:crypto';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { GuardedProcess } from './guarded-process.ts';
import { runToEnd, SERVER_ENV } from './run-to-end.ts';
import type { RunningServer } from './running-server.ts';
import { type Account, makeScratchFolder, nameOwners, serverAccount } from './scratch-folder.ts';
import { type ServerTls, writeTlsFiles } from './server-tls.ts';

/** Filling a data folder, or asking for the version. */
const SETUP_LIMIT_MS = 120_000;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const POLL_MS = 50;
const USER = 'sluice';

export interface MysqldOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Server settings by name, such as `{ 'max-connections': '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Speaks TLS with these. Without them MariaDB speaks none, and MySQL makes certificates for itself. */
  readonly tls?: ServerTls;
  /** Whether a missing server may be fetched. Default: yes. */
  readonly install?: boolean;
  /** Gets a line when something takes long. */
  readonly say?: (line: string) => void;
}

/** Runs a program as the server's account, in its folder, to its end. */
export type SetUp = (command: string, args: readonly string[]) => Promise<string>;

/** What MariaDB and MySQL do each in its own way. */
export interface MysqldProduct<Kind extends 'mariadb' | 'mysql'> {
  readonly kind: Kind;
  /** For people. */
  readonly name: string;
  readonly command: string;
  /** Stand before all others: what `command` needs to be the server. */
  readonly args: readonly string[];
  /** Settings of this product, below those that both get and those of the caller. */
  readonly settings: Readonly<Record<string, string>>;
  /** Fills the data folder, which is not there yet. */
  fill(data: string, run: SetUp): Promise<unknown>;
}

/** Starts a server of the MySQL family on the loopback address, with a user that may do everything. */
export async function startMysqld<Kind extends 'mariadb' | 'mysql'>(
  product: MysqldProduct<Kind>,
  options: MysqldOptions,
): Promise<RunningServer<Kind>> {
  const { command } = product;
  const account = serverAccount();
  const folder = await makeScratchFolder(account);
  const data = path.join(folder, 'data');
  const initFile = path.join(folder, 'init.sql');
  const logPath = path.join(folder, 'log');
  const password = randomBytes(16).toString('hex');
  // A server that starts deletes temporary tables which it finds in its folder for them: those of others, were it shared.
  const env = { ...SERVER_ENV, TMPDIR: folder };
  const run = (program: string, args: readonly string[]) =>
    runToEnd(program, args, { account, cwd: folder, env, limitMs: SETUP_LIMIT_MS });
  let version: string;
  let port: number;
  let tls: Record<string, string> = {};
  try {
    const banner = await run(command, [...product.args, '--no-defaults', '--version']);
    version = /Ver (\S+)/.exec(banner)?.[1] ?? banner.trim();
    await product.fill(data, run);
    await writeInitFile(initFile, password, account);
    if (options.tls) {
      const { certificate, key } = await writeTlsFiles(folder, options.tls, account);
      tls = { 'ssl-cert': certificate, 'ssl-key': key };
    }
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
    ...product.settings,
    ...tls,
    ...options.settings,
  };
  const guarded = new GuardedProcess({
    command,
    args: [
      ...product.args,
      '--no-defaults',
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ],
    env,
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
    throw new Error(`${product.name} does not start: ${(await readFile(logPath, 'utf8')).slice(-2_000)}`);
  }

  try {
    await bringUp();
  } catch (error) {
    await guarded.stop();
    throw error;
  }
  return {
    kind: product.kind,
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

async function writeInitFile(file: string, password: string, account: Account | null): Promise<void> {
  await writeFile(
    file,
    `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${password}';\n` +
      `GRANT ALL PRIVILEGES ON *.* TO '${USER}'@'%' WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  );
  if (account) await chown(file, account.uid, account.gid);
}
