import type { Host } from '@sluice/core/connector/contract';
import { addressesOf, type Way } from '../jdbc/addresses.ts';
import { nameEnd } from '../jdbc/named-end.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import type {
  BatchError,
  BindDefinition,
  BindValue,
  Driver,
  DriverConnection,
  DriverRow,
  ResultColumn,
} from './driver.ts';
import { loadDriver } from './driver.ts';
import { oracleError, type Stage } from './errors.ts';
import { sessionLimits } from './limits.ts';
import { quoteName } from './names.ts';
import { replaceDriverSockets, WireContext } from './transport.ts';

/**
 * The only place where session settings are made: texts of numbers, dates and errors that do not depend on a server's country,
 * comparisons and sorting by the bytes of a text, so that ranges are ranges, and UTC.
 */
const settings = [
  `NLS_LANGUAGE = 'AMERICAN'`,
  `NLS_NUMERIC_CHARACTERS = '.,'`,
  `NLS_CALENDAR = 'GREGORIAN'`,
  `NLS_DATE_FORMAT = 'SYYYY-MM-DD HH24:MI:SS'`,
  `NLS_TIMESTAMP_FORMAT = 'SYYYY-MM-DD HH24:MI:SS.FF9'`,
  `NLS_TIMESTAMP_TZ_FORMAT = 'SYYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM'`,
  `NLS_COMP = 'BINARY'`,
  `NLS_SORT = 'BINARY'`,
];
const ownStatements = [
  `ALTER SESSION SET ${settings.join(' ')}`,
  `ALTER SESSION SET TIME_ZONE = '+00:00'`,
  `ALTER SESSION SET DDL_LOCK_TIMEOUT = ${sessionLimits.definitionWaitSeconds}`,
];

/** Statements whose cursors the driver keeps. */
const STATEMENTS_KEPT = 20;

/** A result of rows that is read piece by piece. */
export interface Cursor {
  readonly columns: readonly ResultColumn[];
  /** Up to `count` rows; none: there are no more. */
  next(count: number): Promise<readonly DriverRow[]>;
  close(): Promise<void>;
}

/** What became of an array of rows. */
export interface ArrayOutcome {
  readonly rowsAffected: number;
  /** Rows that were refused, where that was asked for; all others are written. */
  readonly refused: readonly BatchError[];
}

/** What a statement would return. */
export interface Description {
  readonly columns: readonly ResultColumn[];
  readonly bindNames: readonly string[];
}

/** One connection to the server, signed in, with our link. Ends when the host's signal aborts. */
export interface Session {
  readonly driver: Driver;
  /** 1912000000 style: major, release, update, two digits each behind the first. */
  readonly serverVersion: number;
  readonly serverVersionText: string;
  /** Runs one statement that returns rows. For small results. */
  rows(sql: string, binds: readonly BindValue[], stage: Stage, target: string): Promise<readonly DriverRow[]>;
  /** Runs a statement that returns none. @returns rows that were touched. */
  run(sql: string, binds: readonly BindValue[], stage: Stage, target: string): Promise<number>;
  /** Runs a statement once for each row of an array. @param setsAside a row that is refused ends nothing. */
  runMany(
    sql: string,
    rows: readonly (readonly BindValue[])[],
    bindDefs: readonly BindDefinition[],
    setsAside: boolean,
    target: string,
  ): Promise<ArrayOutcome>;
  /** Begins to read. @param firstRows rows that come with the first answer, and with each fetch of the columns' descriptions. */
  open(sql: string, binds: readonly BindValue[], firstRows: number, target: string): Promise<Cursor>;
  /** Has the server parse a query, and run nothing of it. Never for a text that may be a definition: parsing runs it. */
  describe(sql: string, stage: Stage, target: string): Promise<Description>;
  commit(stage: Stage, target: string): Promise<void>;
  rollback(): Promise<void>;
  /** Neither ended here nor seen to end by the server. */
  isUsable(): boolean;
  /** Ends at once, whatever is under way; the server rolls back when it notices. Safe to repeat. */
  destroy(): void;
  /** Rolls back and says goodbye. Safe to repeat; never throws. */
  close(): Promise<void>;
}

/**
 * Opens a session.
 * @param schema where names without an owner are looked up; null: the user's own.
 * @param passed hears what is reached on the way to the sign-in.
 * @throws Cdm.0941 an address that links may not lead to; Cdm.0901 unreachable or no such service, Cdm.0950 login refused.
 */
export async function openSession(
  link: SqlLink,
  schema: string | null,
  host: Host,
  passed?: Way['passed'],
): Promise<Session> {
  const server = `${link.host}:${link.port}`;
  const failure = (error: unknown, stage: Stage, target: string): unknown =>
    nameEnd(oracleError(error, stage, target), host.end, server);
  replaceDriverSockets();
  const driver = await loadDriver();
  const way: Way = host.resolve === undefined ? {} : { resolve: host.resolve };
  const addresses = await addressesOf(link.host, link.connectTimeoutMs, host.signal, way).catch(
    (error: unknown) => {
      throw failure(error, 'connect', server);
    },
  );
  passed?.('name');
  const wire = new WireContext(link, host, addresses, passed);
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  let isOpen = true;
  const onAbort = (): void => destroy(new Error('the session was ended'));
  host.signal.addEventListener('abort', onAbort, { once: true });

  function destroy(why: Error = new Error('the session was ended')): void {
    if (!isOpen) return;
    isOpen = false;
    host.signal.removeEventListener('abort', onAbort);
    ended.reject(Object.assign(why, { code: 'ECONNABORTED' }));
    wire.destroy();
  }

  /** Waits for the driver, no longer than the server may be silent; the session ends with that, for what was asked may yet be carried out. */
  async function ask<T>(stage: Stage, target: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => destroy(new Error(`no answer for ${timeoutMs} ms`)), timeoutMs);
    try {
      const asked = wire.run(work);
      // Nobody waits for it any more once the session was ended.
      asked.catch(() => undefined);
      return await Promise.race([asked, ended.promise]);
    } catch (error) {
      throw failure(error, stage, target);
    } finally {
      clearTimeout(timer);
    }
  }

  const native = await ask('connect', server, link.connectTimeoutMs, () =>
    driver
      .getConnection({
        user: link.user,
        password: link.password,
        connectString: connectText(link, addresses[0]?.address ?? link.host),
        stmtCacheSize: STATEMENTS_KEPT,
      })
      .catch((error: unknown) => {
        // What kept the socket from coming about says more than the driver, which wraps it.
        throw wire.failure ?? error;
      }),
  ).catch((error: unknown) => {
    destroy();
    throw error;
  });
  const calls = callsOf(native, driver, link, ask, () => isOpen);
  const session: Session = {
    driver,
    serverVersion: native.oracleServerVersion,
    serverVersionText: native.oracleServerVersionString,
    ...calls,
    isUsable: () => isOpen,
    destroy: () => destroy(),
    close: async () => {
      if (!isOpen) return;
      const timer = setTimeout(() => destroy(), sessionLimits.goodbyeMs);
      // The driver rolls back before it says goodbye.
      await Promise.race([native.close().catch(() => undefined), ended.promise.catch(() => undefined)]);
      clearTimeout(timer);
      destroy();
    },
  };
  try {
    for (const sql of ownStatements) await session.run(sql, [], 'connect', server);
    if (schema !== null)
      await session.run(`ALTER SESSION SET CURRENT_SCHEMA = ${quoteName(schema)}`, [], 'connect', server);
    return session;
  } catch (error) {
    destroy();
    throw error;
  }
}

type Ask = <T>(stage: Stage, target: string, timeoutMs: number, work: () => Promise<T>) => Promise<T>;

/** The calls of a session that go to the driver. */
function callsOf(
  native: DriverConnection,
  driver: Driver,
  link: SqlLink,
  ask: Ask,
  isOpen: () => boolean,
): Omit<Session, 'driver' | 'serverVersion' | 'serverVersionText' | 'isUsable' | 'destroy' | 'close'> {
  const { silenceTimeoutMs: wait } = link;
  const fetchTypeHandler = ({ dbType }: ResultColumn) => fetchedAs(driver, dbType);
  return {
    rows: (sql, binds, stage, target) =>
      ask(stage, target, wait, async () => {
        const { resultSet } = await native.execute(sql, binds, {
          resultSet: true,
          outFormat: driver.OUT_FORMAT_ARRAY,
          fetchTypeHandler,
        });
        if (resultSet === undefined) throw new TypeError('a statement without a result');
        const all: DriverRow[] = [];
        for (;;) {
          const some = await resultSet.getRows(SMALL_FETCH_ROWS);
          if (some.length === 0) break;
          all.push(...some);
        }
        await resultSet.close();
        return all;
      }),
    run: (sql, binds, stage, target) =>
      ask(stage, target, wait, async () => {
        const { rowsAffected } = await native.execute(sql, binds, {
          autoCommit: false,
          keepInStmtCache: false,
        });
        return rowsAffected ?? 0;
      }),
    runMany: (sql, rows, bindDefs, setsAside, target) =>
      ask('write', target, wait, async () => {
        const outcome = await native.executeMany(sql, rows, {
          bindDefs,
          autoCommit: false,
          batchErrors: setsAside,
        });
        return { rowsAffected: outcome.rowsAffected ?? 0, refused: outcome.batchErrors ?? [] };
      }),
    open: (sql, binds, firstRows, target) =>
      ask('read', target, wait, async () => {
        const { resultSet } = await native.execute(sql, binds, {
          resultSet: true,
          outFormat: driver.OUT_FORMAT_ARRAY,
          fetchArraySize: firstRows,
          prefetchRows: firstRows,
          keepInStmtCache: false,
          fetchTypeHandler,
        });
        if (resultSet === undefined) throw new TypeError('a statement without a result');
        return {
          columns: resultSet.metaData,
          next: (count) => ask('read', target, wait, () => resultSet.getRows(count)),
          close: async () => {
            if (isOpen()) await ask('read', target, wait, () => resultSet.close());
          },
        };
      }),
    describe: (sql, stage, target) =>
      ask(stage, target, wait, async () => {
        const { metaData = [], bindNames } = await native.getStatementInfo(sql);
        return { columns: metaData, bindNames };
      }),
    commit: (stage, target) => ask(stage, target, wait, () => native.commit()),
    rollback: () => ask('write', '', wait, () => native.rollback()),
  };
}

const SMALL_FETCH_ROWS = 500;

/** Numbers as their digits, large objects as their content: nothing goes through a number of JavaScript, nothing is a locator. */
function fetchedAs(driver: Driver, dbType: ResultColumn['dbType']) {
  switch (dbType) {
    case driver.DB_TYPE_NUMBER:
    case driver.DB_TYPE_CLOB:
      return { type: driver.DB_TYPE_VARCHAR };
    case driver.DB_TYPE_NCLOB:
      return { type: driver.DB_TYPE_NVARCHAR };
    case driver.DB_TYPE_BLOB:
      return { type: driver.DB_TYPE_RAW };
    default:
      return undefined;
  }
}

/** A connect descriptor in full, so that the driver looks into no file. The way is our own socket: always TCP to the driver. */
function connectText({ port, database, place = 'service' }: SqlLink, address: string): string {
  const named = place === 'sid' ? `(SID=${database})` : `(SERVICE_NAME=${database})`;
  return `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=${address})(PORT=${port}))(CONNECT_DATA=${named}))`;
}
