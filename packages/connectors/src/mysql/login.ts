import type { Duplex } from 'node:stream';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import mysql from 'mysql2';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { mysqlError } from './errors.ts';
import { connectPooled } from './pooled-socket.ts';

/** Statements that mysql2 keeps prepared in one session; it closes the oldest. */
const PREPARED_STATEMENTS_MAX = 4;

export function connectOptions(
  link: SqlLink,
  database: string | null,
  timeoutMs: number,
  wantsBulk = false,
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
    // Each slice is a statement of its own: a session that reads many of them must not leave them all at the server.
    maxPreparedStatements: PREPARED_STATEMENTS_MAX,
    // LOCAL_FILES off: a server must not be able to ask for a file of ours. IGNORE_SPACE off: see sqlMode.
    // LONG_PASSWORD means nothing any more, but MariaDB takes who sets it for a MySQL client without extended capabilities.
    flags: ['-LOCAL_FILES', '-MULTI_STATEMENTS', '-IGNORE_SPACE', ...(wantsBulk ? ['-LONG_PASSWORD'] : [])],
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

/** MARIADB_CLIENT_STMT_BULK_OPERATIONS, of the capabilities that MariaDB keeps beside MySQL's. */
const BULK_OPERATIONS = 4;

/** The parts of mysql2's connection that it keeps for itself and that its types do not show. */
interface Insides {
  /** The log-in, until the server has answered it. */
  readonly _command?: { mariadbExtendedClientFlags?: number } | null;
  /** The server's greeting; `null` before it came. */
  readonly _handshakePacket?: { readonly mariadbExtendedCapabilityFlags?: number } | null;
}

/**
 * Has the log-in, which has not begun, announce the bulk command. mysql2 speaks MariaDB's extended capabilities but has no
 * option for this one; the alternative would be a log-in of our own with all its methods of authentication and TLS.
 * A server that is no MariaDB takes the flag for filler.
 */
function announceBulk(connection: mysql.Connection): void {
  const logIn = (connection as unknown as Insides)._command;
  if (typeof logIn?.mariadbExtendedClientFlags !== 'number')
    throw new TypeError('this version of mysql2 has no place for extended capabilities');
  logIn.mariadbExtendedClientFlags |= BULK_OPERATIONS;
}

/** Does the server take the bulk command? MariaDB since 10.2 does, MySQL does not. */
export function offersBulk(connection: mysql.Connection): boolean {
  const greeting = (connection as unknown as Insides)._handshakePacket;
  return ((greeting?.mariadbExtendedCapabilityFlags ?? 0) & BULK_OPERATIONS) !== 0;
}

/** Opens and signs in. Errors of the socket and of the login come out as SluiceErrors. */
export function connect(
  options: mysql.ConnectionOptions,
  server: string,
  signal: AbortSignal | null,
  wantsBulk = false,
): Promise<mysql.Connection> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(server));
      return;
    }
    const connection = mysql.createConnection(options);
    if (wantsBulk) announceBulk(connection);
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
