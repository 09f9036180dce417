import { mysqlPrograms } from './mysql-programs.ts';
import { type MysqldOptions, startMysqld } from './mysqld.ts';
import type { RunningServer } from './running-server.ts';

/** `install`: MySQL is fetched, by anybody on Debian; nothing of the system changes. */
export type MysqlOptions = MysqldOptions;

/**
 * Starts a real MySQL (not MariaDB) on the loopback address, with a user that may do everything. It ends with this
 * process at the latest, however that ends. TLS is on, with certificates that the server makes for itself.
 *
 * @throws ServerUnavailable when this system cannot have it
 */
export async function startMysql(options: MysqlOptions = {}): Promise<RunningServer<'mysql'>> {
  const programs = await mysqlPrograms(options.install ?? true, options.say ?? (() => undefined));
  const { loader, libraries, server, messages, plugins } = programs;
  const args = ['--library-path', libraries, server];
  return startMysqld(
    {
      kind: 'mysql',
      name: 'MySQL',
      command: loader,
      args,
      settings: {
        'lc-messages-dir': messages,
        'plugin-dir': plugins,
        // Debian's folder for files of the server is not there.
        'secure-file-priv': 'NULL',
        // The port and the socket of a second protocol, which would be the same for every server.
        mysqlx: 'OFF',
        // Every commit would be written and synced twice, for replicas that there are not.
        'skip-log-bin': 'ON',
      },
      fill: (data, run) =>
        run(loader, [
          ...args,
          '--no-defaults',
          '--initialize-insecure',
          `--datadir=${data}`,
          `--lc-messages-dir=${messages}`,
        ]),
    },
    options,
  );
}
