import { mariadbPrograms } from './mariadb-programs.ts';
import { type MysqldOptions, startMysqld } from './mysqld.ts';
import type { RunningServer } from './running-server.ts';

/** `install`: MariaDB is installed by root, on Debian. */
export type MariadbOptions = MysqldOptions;

/**
 * Starts a real MariaDB on the loopback address, with a user that may do everything. It ends with this process
 * at the latest, however that ends.
 *
 * @throws ServerUnavailable when this system cannot have it
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<RunningServer> {
  const programs = await mariadbPrograms(options.install ?? true, options.say ?? (() => undefined));
  return startMysqld(
    {
      kind: 'mariadb',
      name: 'MariaDB',
      command: programs.server,
      args: [],
      settings: {},
      fill: (data, run) => run(programs.installDb, ['--no-defaults', `--datadir=${data}`, '--skip-test-db']),
    },
    options,
  );
}
