import type { PgCopyBatch, Position } from '@sluice/core/data/batch';
import type { NeutralType } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { mysqlError } from './errors.ts';
import type { Session } from './session.ts';
import { SocketBytes } from './socket-bytes.ts';
import { fault, type RunResult, stop } from './transcode/engine.ts';
import { fieldText, fieldTexts } from './transcode/field-text.ts';
import { type Kernel, kernelFor, rowOverhead } from './transcode/kernels.ts';
import type { OpenEngine } from './transcode/open-engine.ts';
import { END_MARK, ERROR_MARK, executePacket, ResultHead, serverError } from './transcode/result-head.ts';
import { TypeScriptEngine } from './transcode/typescript-engine.ts';
import type { WireColumn } from './transcode/wire-column.ts';

/** A batch is handed on when it is at least this large. */
const BATCH_BYTES_TARGET = 128 * 1024;
const PACKET_HEADER_BYTES = 4;
/** Room for the longest column definition many times over; what comes after the head moves to the engine. */
const HEAD_BYTES = 64 * 1024;
/** A packet of this length goes on in the next one. */
const PACKET_BYTES_MAX = 0xffffff;

/** One column of the SELECT, in its order. */
export interface TupleColumn {
  readonly name: string;
  /** What its bytes mean: the catalog's type, or text after a cast. */
  readonly meaning: NeutralType;
  /** The type of PostgreSQL that its field must be of. */
  readonly wireType: string;
}

export interface TupleStreamOptions {
  readonly sql: string;
  readonly target: string;
  readonly columns: readonly TupleColumn[];
  readonly zeroDateIsNull: boolean;
  /** Which columns make a position, and the position of their texts; null: the source cannot stop inside of the slice. */
  readonly key: {
    readonly columns: readonly number[];
    position(texts: readonly (string | null)[]): Position | null;
  } | null;
  readonly batchRowsMax: number;
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly openEngine: OpenEngine;
}

/**
 * Streams the rows of one SELECT as tuples of COPY BINARY.
 *
 *     socket ─▶ queue of chunks, bounded ─▶ input, three rows long ─▶ engine ─▶ output = batch ─▶ consumer
 *
 * mysql2 prepares the statement; the answer to its execution is read here, as bytes. Input and output are two fixed pieces
 * of memory: while the consumer has the batch nothing is turned, and what the socket brings meanwhile waits in the queue.
 * No step is taken per row but the engine's own, and none is awaited per row.
 */
export async function* streamTuples(
  session: Session,
  options: TupleStreamOptions,
): AsyncGenerator<PgCopyBatch, void, undefined> {
  const { sql, target, silenceTimeoutMs, signal } = options;
  const statement = await session.prepare(sql, 'read', target, silenceTimeoutMs);
  const bytes = new SocketBytes(session, silenceTimeoutMs, signal);
  let isWhole = false;
  try {
    bytes.send(executePacket(statement.id));
    yield* new TupleReader(bytes, options).batches();
    isWhole = true;
  } catch (error) {
    throw mysqlError(error, 'read', target);
  } finally {
    bytes.release();
    if (!isWhole) session.destroy();
  }
}

/** The rows of one result. */
class TupleReader {
  readonly #bytes: SocketBytes;
  readonly #options: TupleStreamOptions;
  #columns: readonly WireColumn[] = [];
  #kernels: readonly Kernel[] = [];
  #input: Buffer = Buffer.alloc(0);
  /** What is in the input and not used yet: `#input[#start, #end)`. */
  #start = 0;
  #end = 0;
  /** Where the last row of the open batch begins in the input; -1 without one. Kept until the batch is closed. */
  #lastRow = -1;

  constructor(bytes: SocketBytes, options: TupleStreamOptions) {
    this.#bytes = bytes;
    this.#options = options;
  }

  async *batches(): AsyncGenerator<PgCopyBatch, void, undefined> {
    const head = await this.#readHead();
    this.#kernels = this.#chooseKernels(head.columns);
    const engine = this.#options.openEngine(this.#kernels);
    this.#startInput(engine.input);
    const { result, output } = engine;
    const { batchRowsMax, key } = this.#options;
    let rowCount = 0;
    let byteCount = 0;
    let written = 0;
    while (true) {
      const why = engine.run(this.#start, this.#end, written, batchRowsMax - rowCount);
      byteCount += result.consumed - this.#start;
      rowCount += result.rows;
      written = result.written;
      this.#start = result.consumed;
      if (result.lastRow >= 0 && key !== null) this.#lastRow = result.lastRow;
      if (why === stop.fault) throw this.#faultError(engine.input, result);
      if (why === stop.needsInput && written < BATCH_BYTES_TARGET) {
        await this.#fill();
        continue;
      }
      if (rowCount > 0) {
        const position = this.#position();
        yield {
          form: 'pgcopy-binary',
          framing: 'none',
          bytes: output.subarray(0, written),
          rowCount,
          byteCount,
          position,
        };
        rowCount = 0;
        byteCount = 0;
        written = 0;
      }
      if (why === stop.notARow) {
        this.#finish(this.#input.subarray(this.#start + PACKET_HEADER_BYTES, this.#end));
        return;
      }
      if (why === stop.largeRow) yield await this.#largeRow();
    }
  }

  /** The packets ahead of the rows. */
  async #readHead(): Promise<ResultHead> {
    this.#input = Buffer.allocUnsafeSlow(HEAD_BYTES);
    const head = new ResultHead();
    while (true) {
      const from = this.#start + PACKET_HEADER_BYTES;
      const length = this.#end >= from ? this.#input.readUIntLE(this.#start, 3) : 0;
      if (this.#end < from + length || this.#end < from) {
        await this.#fill();
        continue;
      }
      const taken = head.take(this.#input.subarray(from, from + length));
      if (taken === 'row') return head;
      this.#start = from + length;
      if (taken === 'rows') return head;
    }
  }

  /** What came after the head moves to the engine's input. */
  #startInput(input: Buffer): void {
    this.#input.copy(input, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#input = input;
  }

  /** Waits for bytes and takes them behind what is not used yet. */
  async #fill(): Promise<void> {
    await this.#bytes.wait();
    const keep = this.#lastRow >= 0 ? this.#lastRow : this.#start;
    this.#input.copyWithin(0, keep, this.#end);
    this.#start -= keep;
    this.#end -= keep;
    if (this.#lastRow >= 0) this.#lastRow = 0;
    if (this.#end === this.#input.length) throw new RangeError('a packet is longer than the input');
    this.#end += this.#bytes.take(this.#input, this.#end, this.#input.length);
  }

  /** The kernels for what the server really sends; the plan was made of the catalog. */
  #chooseKernels(columns: readonly (WireColumn | null)[]): readonly Kernel[] {
    const { columns: wanted, zeroDateIsNull } = this.#options;
    if (columns.length !== wanted.length) throw new RangeError(`a result of ${columns.length} columns`);
    const known: WireColumn[] = [];
    const kernels = wanted.map(({ name, meaning, wireType }, i) => {
      const wire = columns[i] ?? null;
      const kernel = wire === null ? null : kernelFor(wire, meaning, wireType, zeroDateIsNull);
      if (wire === null || kernel === null) {
        throw new SluiceError('Cdm.0233', {
          cause: `column ${name} does not come in the form that was planned for ${wireType}: was the table changed?`,
        });
      }
      known.push(wire);
      return kernel;
    });
    this.#columns = known;
    return kernels;
  }

  #position(): Position | null {
    const { key } = this.#options;
    if (key === null || this.#lastRow < 0) return null;
    const row = this.#input.subarray(this.#lastRow + PACKET_HEADER_BYTES, this.#end);
    this.#lastRow = -1;
    return key.position(fieldTexts(row, this.#columns, key.columns));
  }

  /** The packet behind the last row: the end, or an error in mid-result. */
  #finish(body: Buffer): void {
    if (body[0] === ERROR_MARK) {
      const length = this.#input.readUIntLE(this.#start, 3);
      throw serverError(body.subarray(0, length));
    }
    if (body[0] !== END_MARK) throw new RangeError(`a packet that is no row begins with ${body[0]}`);
  }

  /** A row that is too long for the input, perhaps of several packets: gathered in memory of its own, a batch by itself. */
  async #largeRow(): Promise<PgCopyBatch> {
    const parts: Buffer[] = [];
    let size = 0;
    let headers = 0;
    let length = PACKET_BYTES_MAX;
    while (length === PACKET_BYTES_MAX) {
      while (this.#end - this.#start < PACKET_HEADER_BYTES) await this.#fill();
      length = this.#input.readUIntLE(this.#start, 3);
      this.#start += PACKET_HEADER_BYTES;
      headers += PACKET_HEADER_BYTES;
      const part = Buffer.allocUnsafeSlow(length);
      let filled = this.#input.copy(part, 0, this.#start, Math.min(this.#end, this.#start + length));
      this.#start += filled;
      while (filled < length) {
        await this.#bytes.wait();
        filled += this.#bytes.take(part, filled, length);
      }
      parts.push(part);
      size += length;
    }
    const row = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    parts.length = 0;
    const output = Buffer.allocUnsafeSlow(size + rowOverhead(this.#kernels));
    const engine = new TypeScriptEngine(this.#kernels, row, output);
    const written = engine.row(0, size, 0);
    if (written < 0) throw this.#faultError(row, engine.result);
    const { key } = this.#options;
    return {
      form: 'pgcopy-binary',
      framing: 'none',
      bytes: output.subarray(0, written),
      rowCount: 1,
      byteCount: size + headers,
      position: key === null ? null : key.position(fieldTexts(row, this.#columns, key.columns)),
    };
  }

  #faultError(input: Buffer, { fault: kind, faultColumn, faultAt }: RunResult): unknown {
    const column = this.#options.columns[faultColumn];
    const wire = this.#columns[faultColumn];
    if (column === undefined || wire === undefined || kind === fault.malformed) {
      return new RangeError('a row of the server ends elsewhere than its packet');
    }
    const text = kind === fault.nul ? '' : fieldText(input, faultAt, wire);
    return new SluiceError('Cdm.0233', { cause: `column ${column.name} ${complaint(kind, text, column)}` });
  }
}

function complaint(kind: number, text: string, { wireType }: TupleColumn): string {
  switch (kind) {
    case fault.noSuchDate:
      return `holds the date ${text}, which does not exist (zeroDateTimeBehavior=convertToNull reads it as null)`;
    case fault.yearZero:
      return `holds the date ${text}: the destination knows no year 0`;
    case fault.nul:
      return 'holds a text with the character NUL, which PostgreSQL does not take';
    case fault.noTimeOfDay:
      return `holds the time ${text}, which is no time of day`;
    case fault.notBoolean:
      return `holds ${text}, which is neither 0 nor 1, for a destination of type ${wireType}`;
    default:
      return `holds ${text}, which does not fit ${wireType}`;
  }
}
