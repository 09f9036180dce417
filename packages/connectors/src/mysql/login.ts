import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, TLSSocket } from 'node:tls';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import mysql from 'mysql2';
import type { Way } from '../jdbc/addresses.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { ed25519Answer } from './client-ed25519.ts';
import { CompressedStream } from './compressed-stream.ts';
import { mysqlError } from './errors.ts';
import { connectPlain, connectPooled } from './pooled-socket.ts';

/** Statements that mysql2 keeps prepared in one session; it closes the oldest. */
const PREPARED_STATEMENTS_MAX = 4;

/** What mysql2 is told, and what is done beside it. */
export interface LoginOptions {
  readonly native: mysql.ConnectionOptions;
  /** The host that the server's certificate must name; null: any. */
  readonly certifiedHost: string | null;
  readonly wantsCompression: boolean;
}

/** @param lookup finds the addresses of the link's host, see `lookupOf`. */
export function connectOptions(
  link: SqlLink,
  database: string | null,
  lookup: LookupFunction,
  timeoutMs: number,
  wantsBulk = false,
): LoginOptions {
  const wantsCompression = link.properties.get('useCompression') === 'true';
  return {
    native: {
      ...nativeOptions(link, database, timeoutMs, wantsBulk, wantsCompression),
      stream: () => (link.tls === null ? connectPooled : connectPlain)(link.host, link.port, lookup),
    },
    certifiedHost: link.tls?.verification === 'full' ? link.host : null,
    wantsCompression,
  };
}

function nativeOptions(
  link: SqlLink,
  database: string | null,
  timeoutMs: number,
  wantsBulk: boolean,
  wantsCompression: boolean,
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
    // LOCAL_FILES off, but for writing in bulk, where its request is answered with rows: no file of ours is ever read. IGNORE_SPACE off: see sqlMode.
    // LONG_PASSWORD means nothing any more, but MariaDB takes who sets it for a MySQL client without extended capabilities.
    // COMPRESS by its flag and not by mysql2's own option: the frames are ours, see `compress`.
    flags: [
      ...(wantsBulk ? [] : ['-LOCAL_FILES']),
      '-MULTI_STATEMENTS',
      '-IGNORE_SPACE',
      // Each statement would begin with a list of them; ours that pass mysql2 by have none.
      '-CLIENT_QUERY_ATTRIBUTES',
      ...(wantsBulk ? ['-LONG_PASSWORD'] : []),
      ...(wantsCompression ? ['COMPRESS'] : []),
    ],
    authPlugins: {
      client_ed25519:
        () =>
        (nonce: Buffer): Buffer =>
          ed25519Answer(link.password, nonce),
    },
    enableKeepAlive: true,
    ...(link.tls === null
      ? {}
      : {
          ssl: {
            ...(link.tls.authorities === null ? {} : { ca: link.tls.authorities }),
            rejectUnauthorized: link.tls.verification !== 'none',
            // Compared by us, see `certify`.
            verifyIdentity: false,
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
  readonly _handshakePacket?: {
    readonly capabilityFlags?: number;
    readonly mariadbExtendedCapabilityFlags?: number;
  } | null;
  stream: Duplex;
  /** Encrypts the socket, and calls back before anything is sent over it. */
  startTLS(onSecure: (error?: Error) => void): void;
}

/**
 * Has the server's certificate compared with the host, before the password leaves. mysql2 would do so for names, but
 * compares it with `localhost` when the host is an address.
 */
function certify(connection: mysql.Connection, host: string): void {
  onTls(connection, (insides) => wrongIdentity(insides.stream, host));
}

/** Has something looked at after the handshake of TLS, before anything is sent over it. */
function onTls(connection: mysql.Connection, look: (insides: Insides) => Error | undefined): void {
  const insides = connection as unknown as Insides;
  const upgrade = insides.startTLS;
  if (typeof upgrade !== 'function') throw new TypeError('this version of mysql2 has no startTLS');
  insides.startTLS = (onSecure) => upgrade.call(connection, (error) => onSecure(error ?? look(insides)));
}

function wrongIdentity(socket: Duplex, host: string): Error | undefined {
  if (!(socket instanceof TLSSocket)) return new TypeError('the socket is not encrypted');
  return checkServerIdentity(host, socket.getPeerCertificate(true));
}

/** CLIENT_COMPRESS. */
const COMPRESS = 0x20;

/**
 * From here on the connection speaks in compressed frames, when the server has agreed to. mysql2's own way of doing so
 * lies inside of it, where our own reading and writing of the socket would pass it by.
 */
function compress(connection: mysql.Connection): void {
  const insides = connection as unknown as Insides;
  if (((insides._handshakePacket?.capabilityFlags ?? 0) & COMPRESS) === 0) return;
  const under = insides.stream;
  const readers = under.listeners('data') as ((data: Buffer) => void)[];
  const compressed = new CompressedStream(under);
  for (const reader of readers) {
    under.removeListener('data', reader);
    compressed.on('data', reader);
  }
  insides.stream = compressed;
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

/** Opens and signs in. `passed` hears what is reached on the way. Errors of the socket and of the login come out as SluiceErrors. */
export function connect(
  options: LoginOptions,
  server: string,
  signal: AbortSignal | null,
  wantsBulk = false,
  passed: Way['passed'] = undefined,
): Promise<mysql.Connection> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortError(server));
      return;
    }
    const connection = mysql.createConnection(options.native);
    if (options.certifiedHost !== null) certify(connection, options.certifiedHost);
    if (wantsBulk) announceBulk(connection);
    if (passed !== undefined) {
      (socketOf(connection) as Socket).once('connect', () => passed('tcp'));
      // Around `certify`: a certificate for another host has not passed.
      onTls(connection, () => void passed('tls'));
    }
    const onAbort = (): void => {
      destroySocket(connection);
      reject(abortError(server));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    connection.connect((error) => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null || error === undefined) {
        if (options.wantsCompression) compress(connection);
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
  return (connection as unknown as Insides).stream;
}

/**
 * Ends a connection at once. mysql2's own destroy() only says goodbye: with the socket paused it would stay open, and the
 * server would wait for us to take its rows.
 */
export function destroySocket(connection: mysql.Connection): void {
  connection.destroy();
  socketOf(connection).destroy();
}
