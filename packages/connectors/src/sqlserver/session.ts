import type { Socket } from 'node:net';
import type { Host } from '@sluice/core/connector/contract';
import { type Connection, ISOLATION_LEVEL, Request, TYPES } from 'tedious';
import type { Way } from '../jdbc/addresses.ts';
import { nameEnd } from '../jdbc/named-end.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { type Stage, sqlServerError } from './errors.ts';
import { ATTENTION_TIMEOUT_MS } from './limits.ts';
import { connect } from './login.ts';

/** What a session is for: `read` sessions roll back whatever they did. */
export type SessionRole = 'read' | 'write';

export type Isolation = 'READ COMMITTED' | 'SNAPSHOT';

/** A value as tedious gives it; whatever it would bend is asked for as text. */
export type Cell = null | boolean | number | string | Uint8Array;
export type Row = readonly Cell[];

/** Values of a statement's parameters, all of them sent as Unicode text: never as part of the statement. */
export type Parameters = Readonly<Record<string, string>>;

/** One connection to the server, signed in, with our link. Runs one statement at a time; ends when the host's signal aborts. */
export interface Session {
  readonly native: Connection;
  /** The one under tedious, encrypted or not: for counting bytes. */
  readonly socket: Socket;
  /**
   * Runs one statement that returns rows. For small results.
   * @param timeoutMs the server is asked to give up after so long; absent: the link's time of silence.
   */
  rows(
    sql: string,
    parameters: Parameters,
    stage: Stage,
    target: string,
    timeoutMs?: number,
  ): Promise<readonly Row[]>;
  /**
   * Runs statements that return none; without parameters as a batch, so that what it sets stays set.
   * @returns rows that they changed.
   */
  run(sql: string, parameters: Parameters, stage: Stage, target: string): Promise<number>;
  /** Calls a procedure of the server. @returns its status. */
  call(procedure: string, parameters: Parameters, stage: Stage, target: string): Promise<number>;
  begin(isolation: Isolation, stage: Stage, target: string): Promise<void>;
  commit(stage: Stage, target: string): Promise<void>;
  /** Harmless without a transaction. Never throws: a session that cannot roll back is ended, which does. */
  rollback(): Promise<void>;
  savepoint(name: string, target: string): Promise<void>;
  /** Takes back what was done since the savepoint. @throws when the server has given the whole transaction up. */
  rollbackTo(name: string, target: string): Promise<void>;
  /** Whether a transaction is open, as the server told. */
  inTransaction(): boolean;
  /** Hands a request to tedious; for results and loads that stream. Its callback must have `settled` called. */
  start(send: (native: Connection) => void): void;
  settled(): void;
  /** Neither ended here nor seen to end by the server. */
  isUsable(): boolean;
  /** Translates an error that came of a request of `start`. */
  failure(error: unknown, stage: Stage, target: string): unknown;
  /** Asks the server to stop what this session runs, then ends it; gives up quietly within half a second. */
  interrupt(): Promise<void>;
  /** Ends at once, whatever is under way. Safe to repeat. */
  destroy(): void;
}

/**
 * Opens a session.
 * @param passed hears what is reached on the way to the sign-in.
 * @throws Cdm.0941 an address that links may not lead to; Cdm.0901 unreachable or no such database, Cdm.0950 login refused.
 */
export async function openSession(
  link: SqlLink,
  role: SessionRole,
  host: Host,
  passed?: Way['passed'],
): Promise<Session> {
  const server = `${link.host}:${link.port}`;
  const { native, socket } = await connect(link, link.database, role === 'read', host, passed).catch(
    (error: unknown) => {
      throw nameEnd(sqlServerError(error, 'connect', server), host.end, server);
    },
  );
  let isOpen = true;
  let isBusy = false;
  const onAbort = (): void => destroy();
  host.signal.addEventListener('abort', onAbort, { once: true });
  // Whoever waits hears of it by his own request; without a listener the process would end.
  native.on('error', () => destroy());
  native.on('end', () => destroy());

  function destroy(): void {
    if (!isOpen) return;
    isOpen = false;
    host.signal.removeEventListener('abort', onAbort);
    native.close();
  }

  const failure = (error: unknown, stage: Stage, target: string): unknown =>
    nameEnd(sqlServerError(error, stage, target), host.end, server);
  const ended = (): Error => Object.assign(new Error('the session has ended'), { code: 'ECLOSE' });

  function start(send: (native: Connection) => void): void {
    if (isBusy) throw new Error('a session runs one statement at a time');
    if (!isOpen) throw ended();
    isBusy = true;
    send(native);
  }
  function settled(): void {
    isBusy = false;
  }

  /** One request, from its text to its answer. */
  function ask(
    stage: Stage,
    target: string,
    make: (answer: (error: unknown, count: number) => void) => (native: Connection) => void,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const answer = (error: unknown, count: number): void => {
        settled();
        if (error === null || error === undefined) resolve(count);
        else reject(failure(error, stage, target));
      };
      try {
        start(make(answer));
      } catch (error) {
        reject(failure(error, stage, target));
      }
    });
  }

  function requestOf(
    sql: string,
    parameters: Parameters,
    answer: (error: unknown, count: number) => void,
  ): Request {
    const request = new Request(sql, (error, count) => answer(error, count ?? 0));
    for (const [name, value] of Object.entries(parameters)) {
      // Of one length whatever the value, so that the server plans the statement once.
      request.addParameter(name, TYPES.NVarChar, value, { length: value.length > 4000 ? 1e9 : 4000 });
    }
    return request;
  }

  const execute =
    (sql: string, parameters: Parameters, tap: (request: Request) => void) =>
    (answer: (error: unknown, count: number) => void) => {
      const request = requestOf(sql, parameters, answer);
      tap(request);
      return (connection: Connection): void => {
        if (Object.keys(parameters).length === 0) connection.execSqlBatch(request);
        else connection.execSql(request);
      };
    };

  async function rows(
    sql: string,
    parameters: Parameters,
    stage: Stage,
    target: string,
    timeoutMs?: number,
  ): Promise<readonly Row[]> {
    const found: Row[] = [];
    const collect = (request: Request): void => {
      if (timeoutMs !== undefined) request.setTimeout(timeoutMs);
      request.on('row', (columns: readonly { readonly value: Cell }[]) => {
        found.push(columns.map(({ value }) => value));
      });
    };
    await ask(stage, target, execute(sql, parameters, collect));
    return found;
  }

  const run = (sql: string, parameters: Parameters, stage: Stage, target: string): Promise<number> =>
    ask(
      stage,
      target,
      execute(sql, parameters, () => undefined),
    );

  async function call(
    procedure: string,
    parameters: Parameters,
    stage: Stage,
    target: string,
  ): Promise<number> {
    let status = 0;
    await ask(stage, target, (answer) => {
      const request = requestOf(procedure, parameters, answer);
      request.on('doneProc', (_count, _more, returned: number | undefined) => {
        status = returned ?? status;
      });
      return (connection) => connection.callProcedure(request);
    });
    return status;
  }

  async function begin(isolation: Isolation, stage: Stage, target: string): Promise<void> {
    const level = isolation === 'SNAPSHOT' ? ISOLATION_LEVEL.SNAPSHOT : ISOLATION_LEVEL.READ_COMMITTED;
    await ask(stage, target, (answer) => (connection) => {
      connection.beginTransaction((error) => answer(error, 0), '', level);
    });
  }

  async function commit(stage: Stage, target: string): Promise<void> {
    await ask(stage, target, (answer) => (connection) => {
      connection.commitTransaction((error) => answer(error, 0));
    });
  }

  async function rollback(): Promise<void> {
    if (!isOpen || !native.inTransaction) return;
    try {
      await ask('write', '', (answer) => (connection) => {
        connection.rollbackTransaction((error) => answer(error, 0));
      });
    } catch {
      destroy();
    }
  }

  async function savepoint(name: string, target: string): Promise<void> {
    await ask('write', target, (answer) => (connection) => {
      connection.saveTransaction((error) => answer(error, 0), name);
    });
  }

  async function rollbackTo(name: string, target: string): Promise<void> {
    await ask('write', target, (answer) => (connection) => {
      connection.rollbackTransaction((error) => answer(error, 0), name);
    });
  }

  async function interrupt(): Promise<void> {
    if (!isOpen) return;
    if (isBusy && native.cancel()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ATTENTION_TIMEOUT_MS);
        const look = setInterval(() => {
          if (isBusy && isOpen) return;
          clearTimeout(timer);
          clearInterval(look);
          resolve();
        }, 10);
        setTimeout(() => clearInterval(look), ATTENTION_TIMEOUT_MS);
      });
    }
    destroy();
  }

  return {
    native,
    socket,
    rows,
    run,
    call,
    begin,
    commit,
    rollback,
    savepoint,
    rollbackTo,
    inTransaction: () => isOpen && native.inTransaction,
    start,
    settled,
    isUsable: () => isOpen && !isBusy && !socket.destroyed,
    failure,
    interrupt,
    destroy,
  };
}
