import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { takeFolderLock } from '../bootstrap/folder-lock.js';
import { runToEnd, SERVER_ENV } from './run-to-end.ts';
import { ServerUnavailable } from './running-server.ts';

const INSTALL_LIMIT_MS = 8 * 60_000;

/** The server, the script that fills its first data folder, and what that script calls. None of them starts a service. */
const DEBIAN_PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];

export interface MariadbPrograms {
  readonly server: string;
  readonly installDb: string;
}

/**
 * MariaDB's programs. Missing ones are installed from Debian when we are root and `install` allows it.
 *
 * @throws ServerUnavailable with the reason
 */
export async function mariadbPrograms(
  install: boolean,
  say: (line: string) => void,
): Promise<MariadbPrograms> {
  const found = find();
  if (found) return found;
  const apt = findProgram('apt-get');
  if (!install || process.getuid?.() !== 0 || !apt) {
    throw new ServerUnavailable(
      'MariaDB is not installed, and only root on Debian could install it (packages mariadb-server-core, mariadb-client-core)',
    );
  }
  const release = await takeFolderLock('/var/cache/sluice/apt.lock');
  try {
    if (!find()) {
      say('installing MariaDB from Debian (once)');
      const env = { ...SERVER_ENV, DEBIAN_FRONTEND: 'noninteractive' };
      const patience = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
      await runToEnd(apt, [...patience, 'update'], { env, limitMs: INSTALL_LIMIT_MS });
      const args = [...patience, 'install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES];
      await runToEnd(apt, args, { env, limitMs: INSTALL_LIMIT_MS });
    }
  } catch (error) {
    throw new ServerUnavailable(`MariaDB could not be installed: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await release();
  }
  const installed = find();
  if (!installed)
    throw new ServerUnavailable('MariaDB was installed, but its programs are not where they should be');
  return installed;
}

function find(): MariadbPrograms | null {
  const server = findProgram('mariadbd');
  const installDb = findProgram('mariadb-install-db');
  return server && installDb ? { server, installDb } : null;
}

/** An ordinary user's PATH often lacks the folders where Debian keeps servers. */
function findProgram(name: string): string | null {
  for (const folder of [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/usr/bin',
  ]) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return null;
}
