import { startMariadb } from '../../tools/servers/mariadb.ts';
import { startPostgres } from '../../tools/servers/postgres.ts';
import { ServerUnavailable } from '../../tools/servers/running-server.ts';

/** What undoes a proof's preparations, the newest first. */
type CleanUps = (() => unknown)[];

/** Address of the PostgreSQL server that the environment names, as `npm test` does; else of one that is started, and stopped by the clean-up. */
export async function givenPostgres(cleanups: CleanUps): Promise<string> {
  return process.env.SLUICE_TEST_POSTGRES ?? (await started(startPostgres(), cleanups));
}

/** The same for MariaDB. @throws ServerUnavailable where none is named and none can be had. */
export async function givenMariadb(cleanups: CleanUps, log: (line: string) => void): Promise<string> {
  return process.env.SLUICE_TEST_MYSQL ?? (await started(startMariadb({ say: log }), cleanups));
}

/** The same; null where none is named and none can be had, which is said. */
export async function givenMariadbOrNone(
  cleanups: CleanUps,
  log: (line: string) => void,
): Promise<string | null> {
  try {
    return await givenMariadb(cleanups, log);
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    log(`skipped: the pairs with MariaDB (${error.message})`);
    return null;
  }
}

async function started(
  starting: Promise<{ readonly url: string; stop(): Promise<unknown> }>,
  cleanups: CleanUps,
): Promise<string> {
  const server = await starting;
  cleanups.unshift(() => server.stop());
  return server.url;
}
