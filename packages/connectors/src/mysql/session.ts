import type { Duplex } from 'node:stream';
import type { Host } from '@sluice/core/connector/contract';
import type mysql from 'mysql2';
import { addressesOf, lookupOf, type Way } from '../jdbc/addresses.ts';
import { nameEnd } from '../jdbc/named-end.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { mysqlError, type Stage } from './errors.ts';
import { connect, connectOptions, destroySocket, offersBulk, socketOf } from './login.ts';

/** What a session is for. It decides what the session may do on the server; `bulk` is writing in bulk: by MariaDB's command, or by LOAD DATA. */
export type SessionRole = 'read' | 'write' | 'bulk';

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

/** The only place where session settings are made: these, `transactions` and `autocommit`. */
const settings = [
  `sql_mode = '${sqlMode}'`,
  "time_zone = '+00:00'",
  `net_write_timeout = ${stalledPeerSeconds}`,
  `net_read_timeout = ${stalledPeerSeconds}`,
  `wait_timeout = ${stalledPeerSeconds}`,
];
/** A reading session cannot write, whatever a condition or a view calls. */
const transactions: Readonly<Record<SessionRole, string>> = {
  read: 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
  write: 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  bulk: 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
};
const autocommit: Readonly<Record<SessionRole, 0 | 1>> = { read: 1, write: 0, bulk: 0 };
/** MySQL 8 answers sizes of tables from a cache that is up to a day old. */
const freshSizesSince = 8;

type Cell = string | number | Buffer | null;
export type Row = readonly Cell[];

/** What the server said of a statement that returns no rows. */
export interface Outcome {
  readonly rowsMatched: number;
  readonly warningCount: number;
}

/** A statement that the server has prepared. mysql2 keeps the server's number for it out of its types. */
export type PreparedStatement = mysql.PrepareStatementInfo & { readonly id: number };

/** One connection to the server, signed in, with our link. Ends when the host's signal aborts. */
export interface Session {
  readonly native: mysql.Connection;
  /** The socket under it, encrypted or not: for counting bytes and for holding the server back. */
  readonly socket: Duplex;
  readonly serverVersion: string;
  readonly isMariaDb: boolean;
  /** The server takes the bulk command; it works in a session of the role `bulk`. */
  readonly offersBulk: boolean;
  /** The server takes lines by LOAD DATA LOCAL; it works in a session of the role `bulk`. */
  readonly takesLines: boolean;
  /** The server's limit on one statement. */
  readonly packetBytesMax: number;
  /** Runs one statement that returns rows; rows are arrays. For small results. */
  rows(sql: string, stage: Stage, target: string): Promise<readonly Row[]>;
  /** Runs one statement that returns none. */
  run(sql: string, stage: Stage, target: string): Promise<Outcome>;
  /** Runs one statement that somebody else wrote; what it returns is thrown away row by row. */
  perform(sql: string, stage: Stage, target: string): Promise<void>;
  /**
   * Has the server prepare one statement; whoever runs it closes it, or the session.
   * @param timeoutMs the session ends when the server is silent for so long.
   */
  prepare(sql: string, stage: Stage, target: string, timeoutMs: number): Promise<PreparedStatement>;
  /** Has the server parse exactly one statement, and run nothing. */
  parse(sql: string, stage: Stage, target: string): Promise<void>;
  /** Asks the server to stop what this session runs, over a connection of its own; gives up quietly within a second. */
  killQuery(): Promise<void>;
  /** Neither ended here nor seen to end by the server. */
  isUsable(): boolean;
  /** Ends at once, whatever is under way. Safe to repeat. */
  destroy(): void;
  /** Says goodbye. Safe to repeat; never throws. */
  close(): Promise<void>;
}

/** The server gets this long to end a statement or to say goodbye; then the socket is ended without it. */
const KILL_TIMEOUT_MS = 450;
const QUIT_TIMEOUT_MS = 500;

/**
 * Opens a session.
 * @param database the database to start in; null for none.
 * @param passed hears what is reached on the way to the sign-in.
 * @throws Cdm.0941 an address that links may not lead to; Cdm.0901 unreachable or no such database, Cdm.0950 login refused.
 */
export async function openSession(
  link: SqlLink,
  wantedRole: SessionRole,
  database: string | null,
  host: Host,
  passed?: Way['passed'],
): Promise<Session> {
  const role = host.isReadOnly ? 'read' : wantedRole;
  const server = `${link.host}:${link.port}`;
  const wantsBulk = role === 'bulk';
  const way = host.resolve === undefined ? {} : { resolve: host.resolve };
  const addresses = await addressesOf(link.host, link.connectTimeoutMs, host.signal, way).catch(
    (error: unknown) => {
      throw nameEnd(mysqlError(error, 'connect', server), host.end, server);
    },
  );
  passed?.('name');
  const lookup = lookupOf(addresses);
  const native = await connect(
    connectOptions(link, database, lookup, link.connectTimeoutMs, wantsBulk),
    server,
    host.signal,
    wantsBulk,
    passed,
  ).catch((error: unknown) => {
    throw nameEnd(error, host.end, server);
  });
  let isOpen = true;
  const onAbort = (): void => destroy();
  host.signal.addEventListener('abort', onAbort, { once: true });

  function destroy(): void {
    if (!isOpen) return;
    isOpen = false;
    host.signal.removeEventListener('abort', onAbort);
    destroySocket(native);
  }

  const failure = (error: unknown, stage: Stage, target: string): unknown =>
    nameEnd(mysqlError(error, stage, target), host.end, server);

  /** Runs a command of mysql2; its wait ends with the session, for then mysql2 may answer nothing any more. */
  function ask<T>(
    stage: Stage,
    target: string,
    send: (answer: (error: mysql.QueryError | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (): unknown => failure(new Error('the session is in closed state'), stage, target);
      if (!isOpen) {
        reject(ended());
        return;
      }
      const onEnd = (): void => reject(ended());
      const socket = socketOf(native);
      native.once('end', onEnd);
      // A socket that we ended ourselves has no end but a close, of which mysql2 tells nobody.
      socket.once('close', onEnd);
      host.signal.addEventListener('abort', onEnd, { once: true });
      send((error, value) => {
        native.removeListener('end', onEnd);
        socket.removeListener('close', onEnd);
        host.signal.removeEventListener('abort', onEnd);
        if (error === null || error === undefined) {
          resolve(value);
          return;
        }
        // The answer may still come, and would be taken for that of the next statement.
        if (error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') destroy();
        reject(failure(error, stage, target));
      });
    });
  }

  const query = (sql: string, stage: Stage, target: string) =>
    ask<unknown>(stage, target, (answer) => {
      native.query({ sql, rowsAsArray: true, timeout: link.silenceTimeoutMs }, answer);
    });

  async function rows(sql: string, stage: Stage, target: string): Promise<readonly Row[]> {
    return (await query(sql, stage, target)) as readonly Row[];
  }

  async function run(sql: string, stage: Stage, target: string): Promise<Outcome> {
    const header = (await query(sql, stage, target)) as mysql.ResultSetHeader;
    return { rowsMatched: header.affectedRows, warningCount: header.warningStatus };
  }

  /** The server takes one statement only: the session does not ask it to take several. */
  async function perform(sql: string, stage: Stage, target: string): Promise<void> {
    await ask<undefined>(stage, target, (answer) => {
      native
        .query({ sql, rowsAsArray: true, timeout: link.silenceTimeoutMs })
        .on('error', (error: mysql.QueryError) => answer(error, undefined))
        .on('result', () => undefined)
        .on('end', () => answer(null, undefined));
    });
  }

  async function prepare(
    sql: string,
    stage: Stage,
    target: string,
    timeoutMs: number,
  ): Promise<PreparedStatement> {
    let isSilent = false;
    const timer = setTimeout(() => {
      isSilent = true;
      destroy();
    }, timeoutMs);
    try {
      return await ask<PreparedStatement>(stage, target, (answer) => {
        native.prepare(sql, (error, statement) => answer(error, statement as PreparedStatement));
      });
    } catch (error) {
      if (!isSilent) throw error;
      const silence = Object.assign(new Error(`no answer for ${timeoutMs} ms`), {
        code: 'PROTOCOL_SEQUENCE_TIMEOUT',
      });
      throw failure(silence, stage, target);
    } finally {
      clearTimeout(timer);
    }
  }

  async function parse(sql: string, stage: Stage, target: string): Promise<void> {
    await prepare(sql, stage, target, link.silenceTimeoutMs);
    // Closed by its text, so that the server is asked again the next time.
    native.unprepare(sql);
  }

  async function killQuery(): Promise<void> {
    const threadId = native.threadId;
    if (typeof threadId !== 'number') return;
    try {
      const helper = await connect(connectOptions(link, null, lookup, KILL_TIMEOUT_MS), server, null);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, KILL_TIMEOUT_MS);
        helper.query(`KILL ${threadId}`, () => {
          clearTimeout(timer);
          resolve();
        });
      });
      destroySocket(helper);
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
      const timer = setTimeout(resolve, QUIT_TIMEOUT_MS);
      native.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    destroySocket(native);
  }

  try {
    const [facts] = await rows('SELECT VERSION(), @@max_allowed_packet, @@local_infile', 'connect', server);
    const serverVersion = String(facts?.[0] ?? '');
    const isMariaDb = serverVersion.includes('MariaDB');
    const own = [...settings, `autocommit = ${autocommit[role]}`];
    if (!isMariaDb && Number.parseInt(serverVersion, 10) >= freshSizesSince) {
      own.push('information_schema_stats_expiry = 0');
    }
    await run(`SET SESSION ${own.join(', ')}`, 'connect', server);
    await run(transactions[role], 'connect', server);
    return {
      native,
      socket: socketOf(native),
      serverVersion,
      isMariaDb,
      offersBulk: offersBulk(native),
      takesLines: Number(facts?.[2]) === 1,
      packetBytesMax: Number(facts?.[1]),
      rows,
      run,
      perform,
      prepare,
      parse,
      killQuery,
      isUsable: () => isOpen && !socketOf(native).destroyed && !socketOf(native).readableEnded,
      destroy,
      close,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}
