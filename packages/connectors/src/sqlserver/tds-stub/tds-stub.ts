import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { type Message, MessageReader, MessageWriter, messageTypes } from './packets.ts';
import { readBatch, readCall, readLogin, readTransaction } from './requests.ts';
import { StubDatabase, type StubDatabaseOptions } from './stub-database.ts';
import { type Answer, StubSession } from './stub-session.ts';
import {
  collationChange,
  columnMetadata,
  DONE_PROC,
  databaseChange,
  done,
  errorToken,
  loginAck,
  returnStatus,
  rowToken,
  ServerError,
  transactionChange,
} from './tokens.ts';

/** Where a connection may be cut, as a test asks for. */
export type Fault = 'before commit' | 'behind commit' | 'silence behind commit';

/**
 * A stand-in for a SQL Server, for tests: it speaks TDS 7.4 without encryption as far as the connector uses it, and knows the
 * statements that the connector sends, over a file of SQLite. It proves what the connector says and understands; it proves
 * nothing of what a real server makes of it.
 */
export class TdsStub {
  readonly database: StubDatabase;
  readonly #server: net.Server;
  readonly #sessions = new Map<number, { readonly session: StubSession; readonly socket: net.Socket }>();
  /** Faults that are still to happen, in order. */
  readonly faults: Fault[] = [];
  /** Requests that came, for tests that look. */
  readonly statements: string[] = [];

  constructor(options: StubDatabaseOptions) {
    this.database = new StubDatabase(options);
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve());
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Runs one statement beside the connector. @returns its rows. */
  async sql(statement: string): Promise<(readonly unknown[])[]> {
    const session = new StubSession(this.database, () => undefined);
    try {
      const { rows } = await session.execute(statement);
      return [...rows];
    } finally {
      session.end();
    }
  }

  /** Ends every session, as an administrator would. */
  cutSessions(): void {
    for (const id of [...this.#sessions.keys()]) this.#end(id);
  }

  async close(): Promise<void> {
    this.cutSessions();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.database.remove();
  }

  #end(id: number): void {
    const found = this.#sessions.get(id);
    if (found === undefined) return;
    this.#sessions.delete(id);
    found.session.end();
    found.socket.destroy();
  }

  #serve(socket: net.Socket): void {
    const session = new StubSession(this.database, (id) => this.#end(id));
    this.#sessions.set(session.id, { session, socket });
    socket.setNoDelay(true);
    const reader = new MessageReader();
    const state = { isCancelled: false, isBusy: false, isSignedIn: false };
    let working = Promise.resolve();
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end(session.id));
    socket.on('data', (chunk: Buffer) => {
      for (const message of reader.take(chunk)) {
        if (message.type === messageTypes.attention) state.isCancelled = true;
        working = working
          .then(() => this.#answer(message, session, socket, state))
          .catch(() => {
            socket.destroy();
          });
      }
    });
  }

  async #answer(
    message: Message,
    session: StubSession,
    socket: net.Socket,
    state: { isCancelled: boolean; isSignedIn: boolean },
  ): Promise<void> {
    const writer = new MessageWriter(socket);
    if (message.type === messageTypes.attention) {
      state.isCancelled = false;
      writer.end(done(['attention']));
      return;
    }
    if (message.isIgnored) {
      writer.end(done());
      return;
    }
    if (message.type === messageTypes.preLogin) {
      writer.end(preLoginAnswer);
      return;
    }
    try {
      if (message.type === messageTypes.login) {
        this.#signIn(message, writer);
        state.isSignedIn = true;
      } else if (state.isSignedIn) await this.#request(message, session, writer, socket, state);
      else socket.destroy();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      await writer.write(errorToken(error));
      writer.end(done(['error']));
      if (message.type === messageTypes.login) socket.end();
    }
  }

  #signIn(message: Message, writer: MessageWriter): void {
    const { user, password, database } = readLogin(message.payload);
    const { options } = this.database;
    if (user !== options.user || password !== options.password)
      throw new ServerError(18_456, `Login failed for user '${user}'.`, 14);
    if (database !== options.name)
      throw new ServerError(
        4_060,
        `Cannot open database "${database}" requested by the login. The login failed.`,
        11,
      );
    writer.end(Buffer.concat([databaseChange(database), collationChange(), loginAck(), done()]));
  }

  async #request(
    message: Message,
    session: StubSession,
    writer: MessageWriter,
    socket: net.Socket,
    state: { readonly isCancelled: boolean },
  ): Promise<void> {
    switch (message.type) {
      case messageTypes.batch: {
        const sql = readBatch(message.payload);
        this.statements.push(sql);
        await this.#send(await session.execute(sql), writer, state, (count) => done(['count'], count));
        return;
      }
      case messageTypes.rpc: {
        const call = readCall(message.payload);
        this.statements.push(call.parameters[0]?.value ?? call.procedure);
        const { answer, status } = await session.call(call);
        await this.#send(answer, writer, state, (count) =>
          Buffer.concat([done(['count', 'more'], count, 0xff), returnStatus(status), done([], 0, DONE_PROC)]),
        );
        return;
      }
      case messageTypes.bulk:
        writer.end(done(['count'], await session.bulk(message.payload)));
        return;
      case messageTypes.transaction:
        await this.#transaction(message, session, writer, socket);
        return;
      default:
        throw new ServerError(4002, 'The incoming tabular data stream is incorrect.');
    }
  }

  async #send(
    { columns, rows, count }: Answer,
    writer: MessageWriter,
    state: { readonly isCancelled: boolean },
    end: (count: number) => Buffer,
  ): Promise<void> {
    if (columns === null) {
      writer.end(end(count));
      return;
    }
    await writer.write(columnMetadata(columns));
    let sent = 0;
    for (const row of rows) {
      if (state.isCancelled) break;
      await writer.write(rowToken(columns, row));
      sent += 1;
      // Lets an attention, or the end of the connection, come in.
      if (sent % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    writer.end(end(sent));
  }

  async #transaction(
    message: Message,
    session: StubSession,
    writer: MessageWriter,
    socket: net.Socket,
  ): Promise<void> {
    const request = readTransaction(message.payload);
    const isWhole = request.kind === 'begin' || request.kind === 'commit' || request.name === '';
    const fault = request.kind === 'commit' ? this.faults[0] : undefined;
    if (fault !== undefined) this.faults.shift();
    if (fault === 'before commit') {
      socket.destroy();
      return;
    }
    await session.transaction(request);
    if (fault === 'behind commit') {
      socket.destroy();
      return;
    }
    if (fault === 'silence behind commit') return;
    const change = isWhole && request.kind !== 'save' ? transactionChange(request.kind) : Buffer.alloc(0);
    writer.end(Buffer.concat([change, done()]));
  }
}

/** Version and `not supported` for encryption. */
const preLoginAnswer = Buffer.concat([
  Buffer.from([0x00, 0, 11, 0, 6]),
  Buffer.from([0x01, 0, 17, 0, 1]),
  Buffer.from([0xff]),
  Buffer.from([13, 0, 0x10, 0, 0, 0]),
  Buffer.from([0x02]),
]);
