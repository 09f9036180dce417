import type { Socket } from 'node:net';
import type { Way } from '../jdbc/addresses.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { type CopyRun, FrameReader, HEADER_BYTES } from './frames.ts';
import { type Landing, type SignedIn, signIn } from './login.ts';
import { bindBody, cstring, frame, readDataRow } from './messages.ts';
import { type ResultField, readFields, type StatementShape } from './result-fields.ts';
import { ConnectionLost, ServerError } from './server-error.ts';
import { SlabPool } from './slab-pool.ts';

/** Rows as the server prints them, and the command tag: `UPDATE 1`. */
export interface QueryResult {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
}

/** Takes rows of a COPY TO STDOUT, with their slab: it is to be given back with `giveBack`. */
export type RunTaker = (run: CopyRun) => void;

/**
 * Settings that make values print the same from any server, whatever its own defaults are; and none of the server's
 * time-outs, which are meant for other work. Names are looked up in pg_catalog alone: types of users print with their schema.
 */
const SETTINGS = [
  "SET client_encoding = 'UTF8'",
  'SET search_path = pg_catalog',
  'SET standard_conforming_strings = on',
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'postgres'",
  "SET TimeZone = 'UTC'",
  'SET extra_float_digits = 3',
  "SET bytea_output = 'hex'",
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
];

/**
 * GaussDB and DWS say that they are PostgreSQL 9.2, and know none of what came later; time-outs of theirs have other names, and
 * are set where there are any.
 */
const GAUSS_BELOW = 90_300;
const gaussTimeouts = [
  'statement_timeout',
  'session_timeout',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
];
const GAUSS_SETTINGS = [
  ...SETTINGS.filter((setting) => !/_timeout = /.test(setting)),
  `SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
    WHERE name IN ('${gaussTimeouts.join("', '")}') AND context = 'user'`,
];

/** Servers of 14 and newer look this often whether we are still there while they compute; not all systems can. */
const PEER_CHECK_INTERVAL_MS = 5_000;
const PEER_CHECK_SINCE = 140_000;
const PEER_CHECK_SETTING = `SELECT pg_catalog.set_config('client_connection_check_interval', '${PEER_CHECK_INTERVAL_MS}', false) WHERE pg_catalog.version() !~* 'windows|mingw|visual c|darwin'`;

/** Memory that the rows of a COPY are read to, in bytes: the flat optimum lies between 64 and 256 KB. */
const SLAB_BYTES = 256 * 1024;
/** `I`, what ReadyForQuery says outside of a transaction. */
const NO_TRANSACTION = 0x49;

const noRowsToCopy = frame('f', cstring('there are no rows for it here'));

const messages = {
  sync: Buffer.from([0x53, 0, 0, 0, 4]),
  copyDone: Buffer.from([0x63, 0, 0, 0, 4]),
  terminate: Buffer.from([0x58, 0, 0, 0, 4]),
} as const;

interface Pending {
  /** Filled by the server's description, where one was asked for. */
  readonly shape: { parameterCount?: number; fields?: readonly ResultField[] } | null;
  /** null: nobody wants them. */
  readonly rows: (string | null)[][] | null;
  tag: string;
  error: ServerError | null;
  readonly take: RunTaker | null;
  /** Set for COPY FROM STDIN: called when the server asks for the data. */
  readonly onCopyIn: (() => void) | null;
  readonly resolve: (result: QueryResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One signed-in session, spoken in the frontend/backend protocol 3.0 directly: statements, COPY out, COPY in.
 * Operations may be begun before earlier ones have ended: they are sent at once, and answered in their order. When the
 * socket breaks, the signal aborts or the server is silent for too long, everything under way and all that comes later
 * fails; nothing ever waits for a dead peer.
 */
export class PgSession implements Landing {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #slabs = new SlabPool(SLAB_BYTES);
  readonly #reader: FrameReader;
  /** What was sent and is not answered, in order. */
  readonly #pending: Pending[] = [];
  #lost: unknown = null;
  #isHeld = false;
  /** The server said with its last answer that no transaction is open. */
  #hasNoTransaction = true;
  /** A COPY FROM STDIN whose data has not ended: the server waits for us. */
  #isCopyingIn = false;
  /** The write that waits for the kernel, if any. */
  #writing: { reject(error: unknown): void } | null = null;
  #serverVersion = 0;
  readonly #abort: () => void;

  private constructor(signedIn: SignedIn, signal: AbortSignal, silenceTimeoutMs: number) {
    const { socket } = signedIn;
    this.#socket = socket;
    this.#signal = signal;
    this.#reader = new FrameReader(
      {
        onRun: (run) => {
          const [pending] = this.#pending;
          if (pending?.take) pending.take(run);
          else this.#slabs.give(run.slab);
        },
        onMessage: (type, body) => this.#onMessage(type, body),
      },
      this.#slabs,
    );
    signedIn.deliverTo(this);
    socket.on('error', (error) => this.#lose(new ConnectionLost(error.message, { cause: error })));
    socket.on('close', () => this.#lose(new ConnectionLost('the server closed the connection')));
    socket.setTimeout(silenceTimeoutMs);
    socket.on('timeout', () => {
      // Silence counts only while we wait for the server: not when the session rests, nor when it is we who hold it up.
      const isOurs = this.#isHeld || (this.#isCopyingIn && this.#writing === null);
      if (this.#pending.length === 0 || isOurs) socket.setTimeout(silenceTimeoutMs);
      else this.#lose(new ConnectionLost(`the server was silent for ${silenceTimeoutMs / 1000} s`));
    });
    this.#abort = () => this.#lose(signal.reason);
    signal.addEventListener('abort', this.#abort, { once: true });
    socket.resume();
  }

  /** Signs in and sets the session up. @throws errors of pg, ServerError, ConnectionLost, the signal's reason. */
  static async open(link: SqlLink, signal: AbortSignal, way: Way = {}): Promise<PgSession> {
    const signedIn = await signIn(link, signal, way);
    const session = new PgSession(signedIn, signal, link.silenceTimeoutMs);
    try {
      session.#serverVersion = versionNumber(signedIn.serverVersion);
      if (session.#serverVersion === 0) {
        const { rows } = await session.query('SHOW server_version_num');
        session.#serverVersion = Number(rows[0]?.[0] ?? 0);
      }
      const checksPeer = session.#serverVersion >= PEER_CHECK_SINCE;
      // One round trip for all: a small job opens several sessions, and may be far from its server.
      const settings = session.isGauss ? GAUSS_SETTINGS : SETTINGS;
      await session.query((checksPeer ? [...settings, PEER_CHECK_SETTING] : settings).join('; '));
    } catch (error) {
      session.destroy();
      throw error;
    }
    return session;
  }

  space(): Buffer {
    return this.#reader.space();
  }

  landed(bytes: number): boolean {
    if (this.#lost !== null) return false;
    try {
      this.#reader.landed(bytes);
    } catch (error) {
      this.#lose(error);
    }
    return !this.#isHeld && this.#lost === null;
  }

  push(chunk: Buffer): boolean {
    if (this.#lost !== null) return false;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#lose(error);
    }
    return !this.#isHeld && this.#lost === null;
  }

  /** `180001`. */
  get serverVersion(): number {
    return this.#serverVersion;
  }

  /** The server is GaussDB or DWS: statements have the forms of PostgreSQL 9.2. */
  get isGauss(): boolean {
    return this.#serverVersion > 0 && this.#serverVersion < GAUSS_BELOW;
  }

  /** Limits how long the open transaction waits for others' locks; GaussDB leaves that to its administrator. */
  async limitLockWaits(limitMs: number): Promise<void> {
    if (!this.isGauss) await this.query(`SET LOCAL lock_timeout = ${limitMs}`);
  }

  /** The session cannot be used any more, and why; null while it can. */
  lost(): unknown {
    return this.#lost;
  }

  /** Nothing is under way and no transaction is open: the next user finds the session as the first one did. */
  get isAtRest(): boolean {
    return this.#lost === null && this.#pending.length === 0 && !this.#isHeld && this.#hasNoTransaction;
  }

  /** One statement by the simple protocol. */
  query(sql: string): Promise<QueryResult> {
    return this.#run([frame('Q', cstring(sql))], null, null);
  }

  /** One statement with text parameters, by the extended protocol. */
  execute(sql: string, parameters: readonly (string | null)[]): Promise<QueryResult> {
    return this.#run(
      [
        frame('P', Buffer.concat([cstring(''), cstring(sql), Buffer.from([0, 0])])),
        frame('B', bindBody(parameters)),
        frame('E', Buffer.concat([cstring(''), Buffer.alloc(4)])),
        messages.sync,
      ],
      null,
      null,
    );
  }

  /**
   * One statement that somebody else wrote: by the extended protocol, which refuses two in one text. What it returns is
   * thrown away; one that asks for rows (COPY FROM STDIN) gets none.
   */
  async perform(sql: string): Promise<void> {
    await this.#run(
      [
        frame('P', Buffer.concat([cstring(''), cstring(sql), Buffer.from([0, 0])])),
        frame('B', bindBody([])),
        frame('E', Buffer.concat([cstring(''), Buffer.alloc(4)])),
        messages.sync,
      ],
      null,
      null,
      { keepsRows: false },
    );
  }

  /** Has the server parse and analyse one statement, and run nothing. The extended protocol refuses two in one text. */
  async parse(sql: string): Promise<void> {
    await this.#run(
      [frame('P', Buffer.concat([cstring(''), cstring(sql), Buffer.from([0, 0])])), messages.sync],
      null,
      null,
    );
  }

  /** As `parse`; tells what the statement would return. */
  async describe(sql: string): Promise<StatementShape> {
    const shape: { parameterCount?: number; fields?: readonly ResultField[] } = {};
    await this.#run(
      [
        frame('P', Buffer.concat([cstring(''), cstring(sql), Buffer.from([0, 0])])),
        frame('D', Buffer.concat([Buffer.from('S'), cstring('')])),
        messages.sync,
      ],
      null,
      null,
      { shape },
    );
    return { parameterCount: shape.parameterCount ?? 0, fields: shape.fields ?? null };
  }

  /** Runs a COPY … TO STDOUT; resolves with the tag when the server has sent all rows. */
  async copyOut(sql: string, take: RunTaker): Promise<string> {
    return (await this.#run([frame('Q', cstring(sql))], take, null)).tag;
  }

  /** Takes back the slab of a run, or a part of it. */
  giveBack(bytes: Uint8Array): void {
    this.#slabs.give(bytes);
  }

  /**
   * Begins a COPY … FROM STDIN, which may be the last of several statements; resolves when the server asks for the data.
   */
  async copyIn(sql: string): Promise<CopyIn> {
    const asked = Promise.withResolvers<void>();
    const done = this.#run([frame('Q', cstring(sql))], null, () => {
      this.#isCopyingIn = true;
      asked.resolve();
    });
    // The outcome is taken by CopyIn; until then a failure must not count as unhandled.
    done.catch((error) => asked.reject(error));
    await asked.promise;
    return {
      write: (bytes) => this.#writeCopyData(copyDataHeader(bytes.byteLength), bytes, done),
      forward: (messages) => this.#writeCopyData(null, messages, done),
      end: async () => {
        this.#isCopyingIn = false;
        this.#socket.write(messages.copyDone);
        return (await done).tag;
      },
    };
  }

  /** Stops reading from the socket until `release`: the server will block on its side. One read more may come. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#socket.resume();
  }

  /** Ends the session in good order when it rests, at once otherwise. Safe to repeat. */
  destroy(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    if (this.#pending.length === 0 && this.#lost === null && !this.#socket.destroyed) {
      this.#lost = new ConnectionLost('the session was closed');
      this.#socket.end(messages.terminate, () => this.#socket.destroy());
      return;
    }
    this.#lose(new ConnectionLost('the session was closed'));
  }

  #run(
    parts: readonly Buffer[],
    take: RunTaker | null,
    onCopyIn: (() => void) | null,
    {
      keepsRows = true,
      shape = null,
    }: { readonly keepsRows?: boolean; readonly shape?: Pending['shape'] } = {},
  ): Promise<QueryResult> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const rows = keepsRows ? [] : null;
      this.#pending.push({ rows, tag: '', error: null, take, onCopyIn, shape, resolve, reject });
      this.#socket.cork();
      for (const part of parts) this.#socket.write(part);
      this.#socket.uncork();
    });
  }

  /** Resolves when the kernel has taken the bytes; fails when the COPY has failed meanwhile. */
  async #writeCopyData(header: Buffer | null, bytes: Uint8Array, done: Promise<QueryResult>): Promise<void> {
    const [pending] = this.#pending;
    if (pending === undefined) await done;
    if (pending === undefined || pending.error !== null) throw pending?.error ?? this.#lost;
    const written = Promise.withResolvers<void>();
    this.#writing = written;
    if (header === null) this.#socket.write(bytes, () => written.resolve());
    else {
      this.#socket.cork();
      this.#socket.write(header);
      this.#socket.write(bytes, () => written.resolve());
      this.#socket.uncork();
    }
    try {
      await written.promise;
    } finally {
      this.#writing = null;
    }
  }

  #onMessage(type: string, body: Buffer): void {
    const [pending] = this.#pending;
    if (pending === undefined) {
      // An error while nothing is asked is a farewell: an administrator's command, a shutdown.
      if (type === 'E') this.#lose(ServerError.parse(body));
      return;
    }
    switch (type) {
      case 'D':
        pending.rows?.push(readDataRow(body));
        return;
      case 'C':
        pending.tag = body.toString('utf8', 0, body.length - 1);
        return;
      case 't':
        if (pending.shape !== null) pending.shape.parameterCount = body.readUInt16BE(0);
        return;
      case 'T':
        if (pending.shape !== null) pending.shape.fields = readFields(body);
        return;
      case 'G':
        if (pending.onCopyIn !== null) pending.onCopyIn();
        // While it waits for rows the server overlooks a Sync, so it is sent once more.
        else this.#socket.write(Buffer.concat([noRowsToCopy, messages.sync]));
        return;
      case 'E':
        pending.error ??= ServerError.parse(body);
        // What is still sent of the COPY the server throws away.
        this.#isCopyingIn = false;
        this.#writing?.reject(pending.error);
        // After a fatal error ReadyForQuery does not come.
        if (pending.error.isFatal) this.#lose(pending.error);
        return;
      case 'Z': {
        this.#pending.shift();
        this.#hasNoTransaction = body[0] === NO_TRANSACTION;
        if (pending.error !== null) pending.reject(pending.error);
        else pending.resolve({ rows: pending.rows ?? [], tag: pending.tag });
        return;
      }
      default:
        return; // notices, parameters, descriptions
    }
  }

  #lose(error: unknown): void {
    this.#lost ??= error;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
    for (const pending of this.#pending.splice(0)) pending.reject(pending.error ?? this.#lost);
    this.#writing?.reject(this.#lost);
  }
}

/** A COPY FROM STDIN under way. */
export interface CopyIn {
  /** Sends bytes; resolves when they left our memory. @throws ServerError as soon as the server refuses the data. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends whole CopyData messages, as another server sent them. Otherwise as `write`. */
  forward(messages: Uint8Array): Promise<void>;
  /** Ends the data; resolves with the tag when the server has taken all rows. */
  end(): Promise<string>;
}

/** `18.1 (Debian 18.1-1)`, `17beta2` or `9.6.24` as a server of that version numbers itself, as far as we ask; 0 for other texts. */
function versionNumber(text: string): number {
  const match = /^(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return 0;
  const [major, minor] = [Number(match[1]), Number(match[2] ?? 0)];
  return major >= 10 ? major * 10_000 + minor : major * 10_000 + minor * 100;
}

function copyDataHeader(size: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header[0] = 0x64;
  header.writeUInt32BE(size + 4, 1);
  return header;
}
