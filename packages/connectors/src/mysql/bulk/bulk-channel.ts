import { SluiceError } from '@sluice/core/errors/sluice-error';
import { refuseChange } from '../changed-values.ts';
import { mysqlError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { BulkPacket } from './bulk-packet.ts';

const HEADER_BYTES = 4;
/** A command longer than this goes in several packets. */
const PACKET_BYTES_MAX = 0xff_ffff;
const OK = 0x00;
const EOF = 0xfe;
const ERROR = 0xff;
/** Longer packets that begin like an EOF are rows. */
const EOF_BYTES_MAX = 9;

/** COM_QUERY, a command of its own behind each bulk command: by the time of the answer the next one may be under way. */
const showWarnings = (() => {
  const sql = Buffer.from('\x03SHOW WARNINGS', 'latin1');
  return Buffer.concat([Buffer.from([sql.length, 0, 0, 0]), sql]);
})();

/** A command that the server has not answered to the end. */
interface Pending {
  readonly rowCount: number;
  /** What comes next: the command's own answer, then the parts of the list of warnings. */
  awaits: 'outcome' | 'list' | 'columns' | 'warnings';
  /** Column descriptions still to come. */
  columnsLeft: number;
  warningCount: number;
  /** The first thing wrong with it, kept until the last of its answers is in. */
  error: unknown;
  readonly done: (error: unknown) => void;
}

/**
 * Sends bulk commands over the socket of a session, several without waiting, and reads their answers. While an answer is
 * outstanding the channel owns the socket's data; otherwise the session does, and may run statements.
 *
 *     command 1 ┬ SHOW WARNINGS ┬ command 2 ┬ SHOW WARNINGS     to the server, in one go each
 *               └ outcome 1     └ list 1    └ outcome 2 …       from the server, in this order
 */
export class BulkChannel {
  readonly #session: Session;
  readonly #target: string;
  readonly #silenceTimeoutMs: number;
  /** The server counts a row that takes the place of another one more than once, so a sum says only that none is missing. */
  readonly #countsReplaced: boolean;
  readonly #pending: Pending[] = [];
  /** The beginning of a packet whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  /** Who read the socket before us. */
  #readers: ((data: Buffer) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param silenceTimeoutMs the server must not be silent for longer while an answer is outstanding. */
  constructor(session: Session, target: string, silenceTimeoutMs: number, countsReplaced = false) {
    this.#session = session;
    this.#target = target;
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#countsReplaced = countsReplaced;
  }

  isBusy(): boolean {
    return this.#pending.length > 0;
  }

  /**
   * Sends one command. The packet's memory must not be touched before the answer is there.
   * @returns resolves when the server has stored every row and none of them changed.
   * @throws Cdm.0234 and what else the server's errors mean; as lost when the connection is.
   */
  send(packet: BulkPacket): Promise<void> {
    return new Promise((resolve, reject) => {
      const { socket } = this.#session;
      if (socket.destroyed) {
        reject(this.#lost());
        return;
      }
      if (this.#pending.length === 0) this.#take();
      this.#pending.push({
        rowCount: packet.rowCount,
        awaits: 'outcome',
        columnsLeft: 0,
        warningCount: 0,
        error: null,
        done: (error) => (error === null ? resolve() : reject(error)),
      });
      this.#write(packet);
    });
  }

  #write(packet: BulkPacket): void {
    const { socket } = this.#session;
    const length = packet.size - HEADER_BYTES;
    if (length < PACKET_BYTES_MAX) {
      packet.bytes.writeUIntLE(length, 0, 3);
      packet.bytes[3] = 0;
      packet.reserve(showWarnings.length);
      const end = packet.size + showWarnings.copy(packet.bytes, packet.size);
      socket.write(packet.bytes.subarray(0, end));
      return;
    }
    // A full packet is followed by another one, if need be an empty one.
    let sequence = 0;
    for (let at = HEADER_BYTES; at <= packet.size; at += PACKET_BYTES_MAX) {
      const part = packet.bytes.subarray(at, Math.min(at + PACKET_BYTES_MAX, packet.size));
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUIntLE(part.length, 0, 3);
      header[3] = sequence++;
      socket.write(header);
      socket.write(part);
    }
    socket.write(showWarnings);
  }

  /** Becomes the only reader of the socket. */
  #take(): void {
    const { socket } = this.#session;
    this.#readers = socket.listeners('data') as ((data: Buffer) => void)[];
    socket.on('data', this.#onData);
    for (const reader of this.#readers) socket.removeListener('data', reader);
    socket.on('close', this.#onClose);
    this.#timer = setTimeout(this.#onSilence, this.#silenceTimeoutMs);
  }

  #giveBack(): void {
    const { socket } = this.#session;
    clearTimeout(this.#timer);
    for (const reader of this.#readers) socket.on('data', reader);
    socket.removeListener('data', this.#onData);
    socket.removeListener('close', this.#onClose);
    this.#readers = [];
  }

  readonly #onClose = (): void => this.#abandon(this.#lost());

  readonly #onSilence = (): void => {
    const silence = Object.assign(new Error(`no answer for ${this.#silenceTimeoutMs} ms`), {
      code: 'PROTOCOL_SEQUENCE_TIMEOUT',
    });
    this.#abandon(mysqlError(silence, 'write', this.#target));
    this.#session.destroy();
  };

  #lost(): SluiceError {
    return mysqlError(new Error('the session is in closed state'), 'write', this.#target);
  }

  /** Ends all that is outstanding: no answer will come, or none that could be understood. */
  #abandon(error: unknown): void {
    const pending = this.#pending.splice(0);
    if (pending.length > 0) this.#giveBack();
    for (const { done, error: own } of pending) done(own ?? error);
  }

  readonly #onData = (data: Buffer): void => {
    this.#timer?.refresh();
    let bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    try {
      while (bytes.length >= HEADER_BYTES) {
        const end = HEADER_BYTES + bytes.readUIntLE(0, 3);
        if (bytes.length < end) break;
        this.#answer(bytes.subarray(HEADER_BYTES, end));
        bytes = bytes.subarray(end);
      }
      this.#rest = Buffer.from(bytes);
    } catch (error) {
      // Not what a server says: nothing that follows would be understood.
      this.#abandon(mysqlError(error, 'write', this.#target));
      this.#session.destroy();
    }
  };

  /** One packet of the server. @throws RangeError when it makes no sense here. */
  #answer(packet: Buffer): void {
    const [pending] = this.#pending;
    if (pending === undefined) throw new RangeError('the server answers what was not asked');
    switch (pending.awaits) {
      case 'outcome':
        if (packet[0] === OK) this.#outcome(pending, packet);
        else if (packet[0] === ERROR) pending.error = this.#serverError(packet);
        else throw new RangeError(`the server answers a bulk command with ${packet[0]}`);
        pending.awaits = 'list';
        return;
      case 'list':
        if (packet[0] === ERROR) {
          pending.error ??= this.#serverError(packet);
          this.#finish(pending);
          return;
        }
        pending.columnsLeft = lengthAt(packet, 0).value;
        pending.awaits = 'columns';
        return;
      case 'columns':
        // The descriptions, and the EOF behind them.
        if (pending.columnsLeft-- === 0) pending.awaits = 'warnings';
        return;
      case 'warnings':
        if (packet[0] === ERROR) pending.error ??= this.#serverError(packet);
        else if (packet[0] !== EOF || packet.length >= EOF_BYTES_MAX) {
          if (pending.error === null && pending.warningCount > 0) this.#warning(pending, packet);
          return;
        }
        this.#finish(pending);
    }
  }

  #outcome(pending: Pending, packet: Buffer): void {
    const rows = lengthAt(packet, 1);
    const insertId = lengthAt(packet, rows.end);
    pending.warningCount = packet.readUInt16LE(insertId.end + 2);
    const isWhole = this.#countsReplaced ? rows.value >= pending.rowCount : rows.value === pending.rowCount;
    if (isWhole) return;
    pending.error = new SluiceError('Cdm.0234', {
      cause: `the server stored ${rows.value} of ${pending.rowCount} rows`,
    });
  }

  /** Level, code and message, each behind its length. */
  #warning(pending: Pending, packet: Buffer): void {
    const level = lengthAt(packet, 0);
    const code = lengthAt(packet, level.end + level.value);
    const message = lengthAt(packet, code.end + code.value);
    try {
      refuseChange(
        Number(packet.toString('latin1', code.end, code.end + code.value)),
        packet.toString('utf8', message.end, message.end + message.value),
      );
    } catch (error) {
      pending.error = error;
    }
  }

  #serverError(packet: Buffer): SluiceError {
    const STATE_BYTES = 6;
    const errno = packet.readUInt16LE(1);
    const hasState = packet[3] === 0x23;
    const error = Object.assign(new Error(packet.toString('utf8', hasState ? 3 + STATE_BYTES : 3)), {
      errno,
    });
    return mysqlError(error, 'write', this.#target);
  }

  #finish(pending: Pending): void {
    this.#pending.shift();
    if (this.#pending.length === 0) this.#giveBack();
    pending.done(pending.error);
  }
}

/** A number in MySQL's form of varying length. @throws RangeError when it is none. */
function lengthAt(packet: Buffer, at: number): { readonly value: number; readonly end: number } {
  const first = packet.readUInt8(at);
  if (first < 0xfb) return { value: first, end: at + 1 };
  if (first === 0xfc) return { value: packet.readUInt16LE(at + 1), end: at + 3 };
  if (first === 0xfd) return { value: packet.readUIntLE(at + 1, 3), end: at + 4 };
  if (first === 0xfe) return { value: Number(packet.readBigUInt64LE(at + 1)), end: at + 9 };
  throw new RangeError('no length where one should be');
}
