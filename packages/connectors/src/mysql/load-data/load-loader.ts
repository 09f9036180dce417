import type { Batch } from '@sluice/core/data/batch';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { BulkPacket } from '../bulk/bulk-packet.ts';
import type { Kernel } from '../bulk/kernels.ts';
import { COPY_DATA_HEADER_BYTES, PACKET_RESERVE_BYTES } from '../bulk/limits.ts';
import { TupleEncoder } from '../bulk/tuple-encoder.ts';
import { type InsertWords, plainInsert } from '../conflicts.ts';
import { isKeyTaken } from '../errors.ts';
import type { Loader } from '../loader.ts';
import { quoteName } from '../names.ts';
import type { Session } from '../session.ts';
import { LoadStatement } from './load-statement.ts';
import { fieldExpression, TextLines } from './text-lines.ts';

/** Rows are turned into lines by so many bytes; lines are up to four times as long. */
const ROWS_BYTES_TARGET = 64 * 1024;
const HEADER_BYTES = 4;
/** A packet of this length would go on in the next one. */
const PACKET_BYTES_MAX = 0xff_ffff;

export interface LoadParts {
  /** Of the role `bulk`. */
  readonly session: Session;
  /** `database.table`, for people. */
  readonly target: string;
  /** The same, quoted. */
  readonly quotedTable: string;
  /** One per column, in order. */
  readonly kernels: readonly Kernel[];
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Absent: a row that clashes is refused. LOAD DATA has a word for REPLACE, and none for more. */
  readonly words?: InsertWords;
}

/**
 * Tuples of COPY BINARY as lines of LOAD DATA LOCAL: one statement from commit to commit. The kernels of the bulk command
 * look at every value, so what it refuses is refused here; their binary rows are then written out as text.
 *
 * With LOCAL the server goes on after an error: it changes values, leaves rows out, and counts warnings. So a statement with
 * a single warning, or with another number of rows than were sent, ends the segment, and nothing of it is committed.
 */
export class LoadLoader implements Loader {
  readonly #parts: LoadParts;
  readonly #sql: string;
  /** The server counts a row that takes the place of another one more than once, so a sum says only that none is missing. */
  readonly #countsReplaced: boolean;
  readonly #encoder: TupleEncoder;
  readonly #rows: BulkPacket;
  /** Where rows begin in the packet, behind the head of a command that is not sent here. */
  readonly #rowsFrom: number;
  readonly #lines: TextLines;
  /** What is on its way, and what is filled next. */
  #sending: Buffer = Buffer.alloc(0);
  #filling: Buffer = Buffer.alloc(0);
  #load: LoadStatement | null = null;
  #inFlight: Promise<void> | null = null;
  #rowsSent = 0;
  #bytesWritten = 0;

  constructor(parts: LoadParts) {
    const { kernels, session, words = plainInsert } = parts;
    this.#parts = parts;
    if (words.tail !== '') throw new RangeError('LOAD DATA cannot update rows');
    this.#countsReplaced = words.countsReplaced;
    this.#sql = loadSql(parts.quotedTable, kernels, words.countsReplaced);
    this.#encoder = new TupleEncoder(kernels);
    const bytesMax = Math.max(PACKET_RESERVE_BYTES, session.packetBytesMax - PACKET_RESERVE_BYTES);
    this.#rows = new BulkPacket(0, kernels, ROWS_BYTES_TARGET, bytesMax);
    this.#rowsFrom = this.#rows.size;
    this.#lines = new TextLines(kernels);
  }

  async take(batch: Batch): Promise<void> {
    if (batch.form !== 'pgcopy-binary')
      throw new SluiceError('Cdm.0234', { cause: `rows in form ${batch.form} cannot be written as lines` });
    const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    const gap = batch.framing === 'copy-data' ? COPY_DATA_HEADER_BYTES : 0;
    let rowsLeft = batch.rowCount;
    for (let at = 0; at < bytes.length; ) {
      const before = this.#rows.rowCount;
      at = this.#encoder.encode(bytes, at, this.#rows, gap);
      rowsLeft -= this.#rows.rowCount - before;
      if (this.#rows.size >= this.#rows.bytesTarget) await this.#send();
    }
    // The counts of the checkpoint rest on the source's word.
    if (rowsLeft !== 0) throw new RangeError(`a batch of ${batch.rowCount} rows has ${rowsLeft} too few`);
  }

  async settle(): Promise<void> {
    if (this.#rows.rowCount > 0) await this.#send();
    await this.#sent();
    const load = this.#load;
    if (load === null) return;
    this.#load = null;
    const { rowCount, warningCount } = await load.end();
    const sent = this.#rowsSent;
    this.#rowsSent = 0;
    if (warningCount > 0) throw await this.#complaint();
    if (this.#countsReplaced ? rowCount < sent : rowCount !== sent)
      throw new SluiceError('Cdm.0234', { cause: `the server stored ${rowCount} of ${sent} rows` });
  }

  async drain(): Promise<void> {
    await this.#inFlight?.catch(() => undefined);
    this.#inFlight = null;
    const load = this.#load;
    this.#load = null;
    // The server takes what it has as the whole; it is rolled back.
    await load?.end().catch(() => undefined);
  }

  isBusy(): boolean {
    return this.#load !== null;
  }

  bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Makes lines of what is collected while those before are on their way, and hands them over. */
  async #send(): Promise<void> {
    const { session, target, silenceTimeoutMs, signal } = this.#parts;
    const size = this.#lines.make(this.#rows.bytes, this.#rowsFrom, this.#rows.size, this.#rows.rowCount);
    const rowCount = this.#rows.rowCount;
    this.#rows.reset();
    this.#load ??= await LoadStatement.begin({ session, sql: this.#sql, target, silenceTimeoutMs, signal });
    const largest = Math.min(PACKET_BYTES_MAX, session.packetBytesMax) - PACKET_RESERVE_BYTES;
    for (let at = 0; at < size; at += largest) {
      const end = Math.min(size, at + largest);
      if (this.#filling.length < HEADER_BYTES + end - at)
        this.#filling = Buffer.allocUnsafeSlow(HEADER_BYTES + end - at);
      const packet = this.#filling.subarray(0, HEADER_BYTES + end - at);
      this.#lines.bytes.copy(packet, HEADER_BYTES, at, end);
      await this.#sent();
      const inFlight = this.#load.send(packet);
      // The error is met by `#sent`; until then it must not count as unhandled.
      inFlight.catch(() => undefined);
      this.#inFlight = inFlight;
      [this.#sending, this.#filling] = [this.#filling, this.#sending];
    }
    this.#rowsSent += rowCount;
    this.#bytesWritten += size;
  }

  async #sent(): Promise<void> {
    const inFlight = this.#inFlight;
    this.#inFlight = null;
    await inFlight;
  }

  async #complaint(): Promise<SluiceError> {
    const { session, target } = this.#parts;
    const [warning] = await session.rows('SHOW WARNINGS LIMIT 1', 'write', target);
    // The row that it names is counted within the statement, and would mislead.
    const cause = String(warning?.[2] ?? 'a warning').replace(/ at row \d+$/, '');
    return isKeyTaken(Number(warning?.[1]))
      ? new SluiceError('Cdm.0026', { table: target, cause })
      : new SluiceError('Cdm.0234', { cause });
  }
}

/** The form of the lines is MySQL's own default; said all the same. */
/** The statement that lines are loaded by. */
export function loadSql(quotedTable: string, kernels: readonly Kernel[], replaces: boolean): string {
  const targets: string[] = [];
  const settings: string[] = [];
  for (const [at, kernel] of kernels.entries()) {
    const expression = fieldExpression(kernel, `@sluice_${at}`);
    targets.push(expression === null ? quoteName(kernel.name) : `@sluice_${at}`);
    if (expression !== null) settings.push(`${quoteName(kernel.name)} = ${expression}`);
  }
  return [
    `LOAD DATA LOCAL INFILE 'rows' ${replaces ? 'REPLACE ' : ''}INTO TABLE ${quotedTable} CHARACTER SET utf8mb4`,
    `FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'`,
    `(${targets.join(', ')})`,
    settings.length > 0 ? `SET ${settings.join(', ')}` : '',
  ].join(' ');
}
