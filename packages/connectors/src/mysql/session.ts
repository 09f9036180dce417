import type { Duplex } from 'node:stream';
import type { Host } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import mysql from 'mysql2';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { mysqlError, type Stage } from './errors.ts';

/** What a session is for. It decides what the session may do on the server. */
export type SessionRole = 'read' | 'write';

/**
 * The server closes a connection whose peer does not take rows (or send statements) for this long. A destination that
 * stalls holds the source back, so the servers' own 60 s would end healthy runs.
 */
const stalledPeerSeconds = 28_800;

/**
 * Strict for writing: what does not fit is an error and never changed on the way. IGNORE_SPACE, ANSI_QUOTES and
 * NO_BACKSLASH_ESCAPES must stay out: the scanner of filters and our literals count on it. NO_ZERO_* and
 * ERROR_FOR_DIVISION_BY_ZERO are harmless for reading.
 * NO_AUTO_VALUE_ON_ZERO: a 0 in an auto-increment column is a 0, not the next number.
 */
const sqlMode =
  'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION';

/** The only place where session settings are made. */
const settingsOfAll = [
  `SET SESSION sql_mode = '${sqlMode}'`,
  "SET SESSION time_zone = '+00:00'",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  `SET SESSION net_write_timeout = ${stalledPeerSeconds}, net_read_timeout = ${stalledPeerSeconds}, wait_timeout = ${stalledPeerSeconds}`,
];
const settingsByRole: Readonly<Record<SessionRole, readonly string[]>> = {
  read: ['SET SESSION TRANSACTION READ ONLY'],
  write: ['SET SESSION autocommit = 0'],
};

export type SqlValue = string | number | bigint | Buffer | null;
type Cell = string | number | Buffer | null;
export type Row = readonly Cell[];

/** What the server said of a statement that returns no rows. */
export interface Outcome {
  readonly rowsMatched: number;
  readonly warningCount: number;
}

/** One connection to the server, signed in, with our link. Ends when the host's signal aborts. */
export interface Session {
  readonly native: mysql.Connection;
  /** The socket under it, encrypted or not: for counting bytes and for holding the server back. */
  readonly socket: Duplex;
  readonly serverVersion: string;
  readonly isMariaDb: boolean;
  /** The server's limit on one statement. */
  readonly packetBytesMax: number;
  /** Runs one statement that returns rows; rows are arrays. For small results. */
  rows(sql: string, stage: Stage, target: string): Promise<readonly Row[]>;
  /** Runs one statement that returns none. */
  run(sql: string, stage: Stage, target: string): Promise<Outcome>;
  /** Asks the server to stop what this session runs, over a connection of its own; gives up quietly after 2 s. */
  killQuery(): Promise<void>;
  /** Ends at once, whatever is under way. Safe to repeat. */
  destroy(): void;
  /** Says goodbye. Safe to repeat; never throws. */
  close(): Promise<void>;
}

const killTimeoutMs = 2_000;

function connectOptions(link: SqlLink, database: string | null, timeoutMs: number): mysql.ConnectionOptions {
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
      ? {}
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

/** Opens and signs in, without link. Errors of the socket and of the login come out as SluiceErrors. */
function connect(
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
      connection.destroy();
      reject(abortError(server));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    connection.connect((error) => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null || error === undefined) {
        resolve(connection);
        return;
      }
      connection.destroy();
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
 * Opens a session.
 * @param database the database to start in; null for none.
 * @throws Cdm.0901 unreachable or no such database, Cdm.0950 login refused.
 */
export async function openSession(
  link: SqlLink,
  role: SessionRole,
  database: string | null,
  host: Host,
): Promise<Session> {
  const server = `${link.host}:${link.port}`;
  const native = await connect(connectOptions(link, database, link.connectTimeoutMs), server, host.signal);
  let isOpen = true;
  const onAbort = (): void => destroy();
  host.signal.addEventListener('abort', onAbort, { once: true });

  function destroy(): void {
    if (!isOpen) return;
    isOpen = false;
    host.signal.removeEventListener('abort', onAbort);
    native.destroy();
  }

  function ask<T>(sql: string, stage: Stage, target: string, read: (answer: unknown) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!isOpen) {
        reject(mysqlError(new Error('the session is in closed state'), stage, target));
        return;
      }
      // destroy() answers no callback of a running statement, so the abort has to end the wait by itself.
      const onEnd = (): void =>
        reject(mysqlError(new Error('the session is in closed state'), stage, target));
      native.once('end', onEnd);
      host.signal.addEventListener('abort', onEnd, { once: true });
      native.query({ sql, rowsAsArray: true, timeout: link.silenceTimeoutMs }, (error, answer) => {
        native.removeListener('end', onEnd);
        host.signal.removeEventListener('abort', onEnd);
        if (error === null) resolve(read(answer));
        else reject(mysqlError(error, stage, target));
      });
    });
  }

  const rows = (sql: string, stage: Stage, target: string) =>
    ask(sql, stage, target, (answer) => answer as Row[]);
  const run = (sql: string, stage: Stage, target: string) =>
    ask(sql, stage, target, (answer): Outcome => {
      const header = answer as mysql.ResultSetHeader;
      return { rowsMatched: header.affectedRows, warningCount: header.warningStatus };
    });

  async function killQuery(): Promise<void> {
    const threadId = native.threadId;
    if (typeof threadId !== 'number') return;
    try {
      const helper = await connect(connectOptions(link, null, killTimeoutMs), server, null);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, killTimeoutMs);
        helper.query(`KILL ${threadId}`, () => {
          clearTimeout(timer);
          resolve();
        });
      });
      helper.destroy();
    } catch (error) {
      // The socket is gone already, so the server ends the statement at its next write; the kill only makes that sooner.
      host.log(`mysql: statement ${threadId} was not killed: ${mysqlError(error, 'connect', server).code}`);
    }
  }

  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    host.signal.removeEventListener('abort', onAbort);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, killTimeoutMs);
      native.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    native.destroy();
  }

  try {
    for (const sql of [...settingsOfAll, ...settingsByRole[role]]) await run(sql, 'connect', server);
    const [facts] = await rows('SELECT VERSION(), @@max_allowed_packet', 'connect', server);
    const serverVersion = String(facts?.[0] ?? '');
    return {
      native,
      // mysql2 has it in its interface and not in its types; with TLS it is the encrypted one from the handshake on.
      socket: (native as unknown as { readonly stream: Duplex }).stream,
      serverVersion,
      isMariaDb: serverVersion.includes('MariaDB'),
      packetBytesMax: Number(facts?.[1]),
      rows,
      run,
      killQuery,
      destroy,
      close,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}
