import type { Duplex } from 'node:stream';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import mysql from 'mysql2';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { mysqlError } from './errors.ts';
import { connectPooled } from './pooled-socket.ts';

export function connectOptions(
  link: SqlLink,
  database: string | null,
  timeoutMs: number,
): mysql.ConnectionOptions {
  return {
    host: link.host,
    port: link.port,
    user: link.user,
    password: link.password,
    ...(database === null || database === '' ? {} : { database }),
    connectTimeout: timeoutMs,
    charset: 'UTF8MB4_GENERAL_CI',
    timezone: 'Z',
    rowsAsArray: true,
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    multipleStatements: false,
    // LOCAL_FILES off: a server must not be able to ask for a file of ours. IGNORE_SPACE off: see sqlMode.
    flags: ['-LOCAL_FILES', '-MULTI_STATEMENTS', '-IGNORE_SPACE'],
    enableKeepAlive: true,
    ...(link.tls === null
      ? { stream: () => connectPooled(link.host, link.port) }
      : {
          ssl: {
            ...(link.tls.authorities === null ? {} : { ca: link.tls.authorities }),
            rejectUnauthorized: link.tls.verification !== 'none',
            verifyIdentity: link.tls.verification === 'full',
            minVersion: 'TLSv1.2',
          },
        }),
  };
}

/** Opens and signs in. Errors of the socket and of the login come out as SluiceErrors. */
export function connect(
  options: mysql.ConnectionOptions,
  server: string,
  signal: AbortSignal | null,
): Promise<mysql.Connection> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(server));
      return;
    }
    const connection = mysql.createConnection(options);
    const onAbort = (): void => {
      destroySocket(connection);
      reject(abortError(server));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    connection.connect((error) => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null || error === undefined) {
        resolve(connection);
        return;
      }
      destroySocket(connection);
      reject(mysqlError(error, 'connect', server));
    });
    // A late socket error repeats what the callback or the running command was told; without a listener it would end the process.
    connection.on('error', () => undefined);
  });
}

function abortError(server: string): SluiceError {
  return new SluiceError('Cdm.0901', { cause: `${server}: stopped before the connection was made` });
}

/**
 * The socket of a connection, encrypted or not: for counting bytes and for holding the server back. mysql2 has it in its
 * interface and not in its types; with TLS it is another one after the handshake.
 */
export function socketOf(connection: mysql.Connection): Duplex {
  return (connection as unknown as { readonly stream: Duplex }).stream;
}

/**
 * Ends a connection at once. mysql2's own destroy() only says goodbye: with the socket paused it would stay open, and the
 * server would wait for us to take its rows.
 */
export function destroySocket(connection: mysql.Connection): void {
  connection.destroy();
  socketOf(connection).destroy();
}
