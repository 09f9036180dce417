import type { StubDatabase, StubSession } from './database-suite.ts';
import { StubLogIn } from './log-in-suite.ts';
import { type Cell, OraError, type ResultField, type StubType } from './sql-expressions-suite.ts';
import { type Answer, StubStatements } from './statements-suite.ts';
import { fromOracleFloat, oracleFloat, oracleNumber, TtcReader, TtcWriter } from './ttc-bytes-suite.ts';

/** Messages of TTC by type. */
const message = {
  protocol: 1,
  dataTypes: 2,
  call: 3,
  error: 4,
  rowHead: 6,
  row: 7,
  parameter: 8,
  status: 9,
  describe: 16,
  piggyback: 17,
} as const;
/** Calls by number. */
const call = {
  reexecute: 4,
  fetch: 5,
  logOff: 9,
  commit: 14,
  rollback: 15,
  reexecuteAndFetch: 78,
  execute: 94,
  closeCursors: 105,
  authTwo: 115,
  authOne: 118,
  ping: 147,
} as const;
const option = {
  parse: 0x01,
  define: 0x10,
  execute: 0x20,
  fetch: 0x40,
  describe: 0x20000,
  batchErrors: 0x80000,
} as const;
/** The fields of messages are those of Oracle 19. */
const fieldVersion = 12;
const serverVersion = (19 << 24) | (3 << 16);
const shortBytesMax = 4000;
const noData = 1403;
const arrayErrors = 24_381;

/** Numbers of types on the wire: type and form of its characters. */
const wireTypes: Readonly<Record<StubType, readonly [number, number]>> = {
  NUMBER: [2, 0],
  VARCHAR2: [1, 1],
  CHAR: [96, 1],
  NVARCHAR2: [1, 2],
  NCHAR: [96, 2],
  CLOB: [112, 1],
  NCLOB: [112, 2],
  BLOB: [113, 0],
  RAW: [23, 0],
  BINARY_FLOAT: [100, 0],
  BINARY_DOUBLE: [101, 0],
  DATE: [12, 0],
  TIMESTAMP: [180, 0],
  TIMESTAMP_TZ: [181, 0],
  INTERVAL: [183, 0],
  ROWID: [11, 0],
  BOOLEAN: [252, 0],
};
const largeTypes: ReadonlySet<StubType> = new Set(['CLOB', 'NCLOB', 'BLOB']);

interface BindType {
  readonly type: number;
  readonly maxSize: number;
  readonly form: number;
}

interface Cursor {
  readonly sql: string;
  binds: readonly BindType[];
  answer: Answer | null;
  at: number;
}

/** What a test may do to a server under way. */
export interface StubControls {
  /** Called with each statement before it is run; may wait, and may end the socket by its answer. */
  before: (sql: string) => Promise<void> | void;
  /** Cuts the connection of the next commit that has rows: ahead of it, or when it was made and not answered yet. */
  cutNextCommit: 'before' | 'after' | null;
}

export interface CallTools {
  readonly database: StubDatabase;
  readonly controls: StubControls;
  readonly user: string;
  readonly password: string;
  cut(): void;
}

let sessionCount = 0;

/** One session: its log-in, its cursors, its transaction. */
export class StubCalls {
  readonly #tools: CallTools;
  readonly #statements: StubStatements;
  readonly #session: StubSession;
  readonly #cursors = new Map<number, Cursor>();
  #logIn: StubLogIn | null = null;
  #cursorCount = 0;

  constructor(tools: CallTools) {
    this.#tools = tools;
    this.#statements = new StubStatements(tools.database);
    this.#session = {
      id: ++sessionCount,
      identifier: null,
      isEnded: false,
      end: tools.cut,
      undo: [],
      redo: [],
    };
  }

  /** The socket is gone. */
  end(): void {
    this.#tools.database.forget(this.#session);
  }

  /** The answer to a request; null: the connection was cut. */
  async answer(request: Buffer): Promise<Buffer | null> {
    const reader = new TtcReader(request);
    try {
      return await this.#answer(reader);
    } catch (error) {
      if (error instanceof OraError) return failed(error.number, `${error.message}\n`, 0, this.#hasWork());
      // A request that the stub cannot read: said loudly, or a test waits for nothing.
      console.error('stub:', error);
      this.#tools.cut();
      return null;
    }
  }

  cancelled(): Buffer {
    return failed(1013, 'ORA-01013: user requested cancel of current operation\n', 0, this.#hasWork());
  }

  async #answer(reader: TtcReader): Promise<Buffer | null> {
    for (;;) {
      const type = reader.byte();
      if (type === message.protocol) return protocolAnswer();
      if (type === message.dataTypes) return new TtcWriter().byte(message.dataTypes, 0, 0).take();
      const number = reader.byte();
      reader.skip(1);
      if (type === message.piggyback) {
        if (number !== call.closeCursors) throw new RangeError(`a piggyback ${number}`);
        reader.byte();
        for (const id of reader.numbers(reader.number())) this.#cursors.delete(id);
        continue;
      }
      return await this.#call(number, reader);
    }
  }

  async #call(number: number, reader: TtcReader): Promise<Buffer | null> {
    const { database, controls } = this.#tools;
    switch (number) {
      case call.authOne:
      case call.authTwo:
        return this.#authenticate(number, reader);
      case call.execute:
        return await this.#execute(reader);
      case call.reexecute:
      case call.reexecuteAndFetch:
        return await this.#reexecute(reader, number === call.reexecuteAndFetch);
      case call.fetch: {
        const [id = 0, count = 0] = reader.numbers(2);
        return this.#fetched(id, this.#cursor(id), count, new TtcWriter());
      }
      case call.commit:
        await controls.before('COMMIT');
        return this.#commit();
      case call.rollback:
        database.rollback(this.#session);
        return status(false);
      case call.logOff:
      case call.ping:
        return status(this.#hasWork());
      default:
        throw new RangeError(`a call ${number}`);
    }
  }

  /** @returns null when the connection was cut, ahead of the commit or behind it. */
  #commit(): Buffer | null {
    const { database, controls, cut } = this.#tools;
    const how = this.#session.undo.length > 0 ? controls.cutNextCommit : null;
    if (how !== 'before') database.commit(this.#session);
    if (how === null) return status(false);
    controls.cutNextCommit = null;
    cut();
    return null;
  }

  #authenticate(number: number, reader: TtcReader): Buffer {
    const hasUser = reader.byte() === 1;
    reader.numbers(2);
    reader.byte();
    const pairs = reader.number();
    reader.skip(2);
    const user = hasUser ? reader.text() : '';
    const given = new Map<string, string>();
    for (let left = pairs; left > 0; left--) {
      reader.number();
      const name = reader.text();
      given.set(name, reader.number() > 0 ? reader.text() : '');
      reader.number();
    }
    if (number === call.authOne) {
      this.#logIn = new StubLogIn(this.#tools.password);
      return parameters(this.#logIn.challenge());
    }
    const isUser = user.toUpperCase() === this.#tools.user.toUpperCase();
    const proof = this.#logIn?.answer(given) ?? null;
    if (!isUser || proof === null) throw new OraError(1017, 'invalid username/password; logon denied');
    this.#tools.database.sessions.add(this.#session);
    return parameters([
      ['AUTH_VERSION_NO', String(serverVersion), 0],
      ['AUTH_SVR_RESPONSE', proof, 0],
      ['AUTH_SC_SERVICE_NAME', 'orclpdb', 0],
    ]);
  }

  async #execute(reader: TtcReader): Promise<Buffer | null> {
    const [options = 0, given = 0] = reader.numbers(2);
    const hasSql = reader.byte() === 1;
    reader.number();
    reader.byte();
    reader.number();
    reader.skip(3);
    const [rowsWanted = 0] = reader.numbers(2);
    reader.byte();
    const bindCount = reader.number();
    reader.skip(5);
    const hasDefines = reader.byte() === 1;
    const defineCount = reader.number();
    reader.number();
    reader.skip(3);
    reader.number();
    reader.byte();
    reader.numbers(2);
    reader.byte();
    reader.number();
    reader.byte();
    reader.byte();
    reader.number();
    reader.byte();
    reader.number();
    reader.byte();
    reader.byte();
    reader.number();
    const sql = hasSql ? reader.text() : (this.#cursor(given).sql ?? '');
    const numbers = reader.numbers(13);
    const executions = numbers[1] ?? 1;
    if (hasDefines) {
      for (let left = defineCount; left > 0; left--) bindTypeOf(reader);
      return ended(given, 0, this.#hasWork());
    }
    const binds = Array.from({ length: bindCount }, () => bindTypeOf(reader));
    const id = hasSql ? ++this.#cursorCount : given;
    const cursor: Cursor = { sql, binds, answer: null, at: 0 };
    this.#cursors.set(id, cursor);
    if ((options & option.describe) !== 0) {
      cursor.answer = { fields: this.#statements.describe(sql), rows: [], rowCount: 0 };
      return Buffer.concat([described(cursor.answer.fields ?? []), ended(id, 0, this.#hasWork())]);
    }
    if ((options & option.execute) === 0) return ended(id, 0, this.#hasWork());
    const isQuery = /^\s*(?:select|with)\b/i.test(sql);
    const rows = bindCount === 0 ? [[]] : rowsOf(reader, binds, isQuery ? 1 : executions);
    return await this.#run(id, cursor, rows, { options, rowsWanted, isNew: true });
  }

  async #reexecute(reader: TtcReader, fetches: boolean): Promise<Buffer | null> {
    const [id = 0, iterations = 0] = reader.numbers(4);
    const cursor = this.#cursor(id);
    const rows = cursor.binds.length === 0 ? [[]] : rowsOf(reader, cursor.binds, fetches ? 1 : iterations);
    const options = fetches ? option.fetch : 0;
    return await this.#run(id, cursor, rows, { options, rowsWanted: iterations, isNew: false });
  }

  async #run(
    id: number,
    cursor: Cursor,
    rows: readonly (readonly Cell[])[],
    how: { readonly options: number; readonly rowsWanted: number; readonly isNew: boolean },
  ): Promise<Buffer | null> {
    await this.#tools.controls.before(cursor.sql);
    if (this.#session.isEnded) return null;
    const refused: { readonly offset: number; readonly error: OraError }[] = [];
    let touched = 0;
    for (const [offset, binds] of rows.entries()) {
      try {
        cursor.answer = await this.#statements.run(this.#session, cursor.sql, binds);
        touched += cursor.answer.rowCount;
      } catch (error) {
        if (!(error instanceof OraError)) throw error;
        if ((how.options & option.batchErrors) === 0)
          return failed(error.number, `${error.message}\n`, touched, this.#hasWork());
        refused.push({ offset, error });
      }
    }
    cursor.at = 0;
    const fields = cursor.answer?.fields ?? null;
    if (fields === null) return ended(id, touched, this.#hasWork(), refused);
    const writer = new TtcWriter();
    if (how.isNew) writer.raw(described(fields));
    const isLarge = fields.some(({ type }) => largeTypes.has(type));
    // Of rows with large objects the server waits to be told how they are wanted.
    if (isLarge || (how.options & option.fetch) === 0)
      return writer.raw(ended(id, 0, this.#hasWork())).take();
    return this.#fetched(id, cursor, how.rowsWanted, writer);
  }

  #fetched(id: number, cursor: Cursor, count: number, writer: TtcWriter): Buffer {
    const { fields = null, rows = [] } = cursor.answer ?? {};
    const some = rows.slice(cursor.at, cursor.at + count);
    cursor.at += some.length;
    if (some.length > 0) {
      writer.byte(message.rowHead, 0).number(0, 0, 0, 0, 0, 0);
      for (const row of some) {
        writer.byte(message.row);
        for (const [at, { type }] of (fields ?? []).entries()) writeCell(writer, type, row[at] ?? null);
      }
    }
    const isOver = cursor.at >= rows.length;
    return writer
      .raw(
        isOver
          ? failed(noData, 'ORA-01403: no data found\n', cursor.at, this.#hasWork(), id)
          : ended(id, cursor.at, this.#hasWork()),
      )
      .take();
  }

  #cursor(id: number): Cursor {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) throw new OraError(1001, 'invalid cursor');
    return cursor;
  }

  #hasWork(): boolean {
    return this.#session.undo.length > 0;
  }
}

function protocolAnswer(): Buffer {
  const capabilities = Buffer.alloc(53);
  capabilities[7] = fieldVersion;
  const sets = Buffer.alloc(11);
  sets.writeUInt16BE(2000, 9);
  return new TtcWriter()
    .byte(message.protocol, 6, 0)
    .raw(Buffer.from('stub of a server\0'))
    .byte(873 & 0xff, 873 >> 8, 1, 0, 0)
    .byte(0, sets.length)
    .raw(sets)
    .bytes(capabilities)
    .bytes(Buffer.alloc(7))
    .take();
}

function parameters(pairs: readonly (readonly [string, string, number])[]): Buffer {
  const writer = new TtcWriter().byte(message.parameter).number(pairs.length);
  for (const [name, value, flag] of pairs) writer.named(name).named(value).number(flag);
  return writer.raw(status(false)).take();
}

function status(hasWork: boolean): Buffer {
  return new TtcWriter()
    .byte(message.status)
    .number(hasWork ? 2 : 0, 0)
    .take();
}

function bindTypeOf(reader: TtcReader): BindType {
  const type = reader.byte();
  reader.skip(3);
  const [maxSize = 0] = reader.numbers(6);
  const form = reader.byte();
  reader.numbers(2);
  return { type, maxSize, form };
}

/** Long values come behind the others of their row. */
function rowsOf(reader: TtcReader, binds: readonly BindType[], count: number): Cell[][] {
  const order = binds
    .map((_, at) => at)
    .sort((a, b) => Number(isLong(binds[a])) - Number(isLong(binds[b])) || a - b);
  const rows: Cell[][] = [];
  for (let left = count; left > 0; left--) {
    reader.byte();
    const row: Cell[] = binds.map(() => null);
    for (const at of order) row[at] = cellOf(reader.bytes(), binds[at]);
    rows.push(row);
  }
  return rows;
}

function isLong(bind: BindType | undefined): boolean {
  return (bind?.maxSize ?? 0) > shortBytesMax;
}

function cellOf(bytes: Buffer | null, bind: BindType | undefined): Cell {
  if (bytes === null || bind === undefined) return null;
  switch (bind.type) {
    case 100:
    case 101:
      return fromOracleFloat(bytes);
    case 23:
    case 24:
      return Buffer.from(bytes);
    default:
      return bind.form === 2 ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('utf8');
  }
}

function writeCell(writer: TtcWriter, type: StubType, cell: Cell): void {
  writer.bytes(cell === null ? null : wireBytes(type, cell));
  // The indicator and the code of a column that was asked for in pieces.
  if (largeTypes.has(type)) writer.number(0, 0);
}

function wireBytes(type: StubType, cell: Exclude<Cell, null>): Buffer {
  switch (type) {
    case 'NUMBER':
      return oracleNumber(String(cell));
    case 'BINARY_FLOAT':
      return oracleFloat(Number(cell), 4);
    case 'BINARY_DOUBLE':
      return oracleFloat(Number(cell), 8);
    case 'NVARCHAR2':
    case 'NCHAR':
    case 'NCLOB':
      return Buffer.from(String(cell), 'utf16le').swap16();
    default:
      return Buffer.isBuffer(cell) ? cell : Buffer.from(String(cell), 'utf8');
  }
}

function described(fields: readonly ResultField[]): Buffer {
  const writer = new TtcWriter().byte(message.describe, 0).number(0, fields.length);
  if (fields.length > 0) writer.byte(0);
  for (const { name, type, length, precision, scale } of fields) {
    const [wireType, form] = wireTypes[type];
    writer.byte(wireType, 0, precision & 0xff, scale & 0xff);
    writer.number(Math.max(1, length), 0, 0, 0, 0, 0).byte(form).number(length, 0).byte(1, 0);
    writer.named(name).number(0, 0, 0, 0);
  }
  return writer.number(0, 0, 0, 0, 0, 0).take();
}

function ended(
  cursorId: number,
  rowCount: number,
  hasWork: boolean,
  refused: readonly { readonly offset: number; readonly error: OraError }[] = [],
): Buffer {
  return outcome(
    refused.length > 0 ? arrayErrors : 0,
    'ORA-24381: error(s) in array DML\n',
    cursorId,
    rowCount,
    hasWork,
    refused,
  );
}

function failed(number: number, text: string, rowCount: number, hasWork: boolean, cursorId = 0): Buffer {
  return outcome(number, text, cursorId, rowCount, hasWork, []);
}

function outcome(
  number: number,
  text: string,
  cursorId: number,
  rowCount: number,
  hasWork: boolean,
  refused: readonly { readonly offset: number; readonly error: OraError }[],
): Buffer {
  const writer = new TtcWriter().byte(message.error).number(hasWork ? 2 : 0, 0, 0, 0, 0, 0, cursorId, 0);
  writer.byte(0, 0, 0, 0, 0, 0);
  // No address of a row.
  writer.number(0, 0).byte(0).number(0, 0);
  writer.number(0).byte(0, 0).number(0, 0, 0);
  writer.number(refused.length);
  if (refused.length > 0) writer.byte(1).number(...refused.map(({ error }) => error.number));
  writer.number(refused.length);
  if (refused.length > 0) writer.byte(1).number(...refused.map(({ offset }) => offset));
  writer.number(refused.length);
  if (refused.length > 0) writer.byte(1);
  for (const { error } of refused) writer.number(0).text(`${error.message}\n`).byte(0, 0);
  writer.number(number, rowCount);
  if (number !== 0) writer.text(text);
  return writer.take();
}
