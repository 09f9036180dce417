import { mysqlError } from '../errors.ts';
import type { Session } from '../session.ts';
import { SocketBytes } from '../socket-bytes.ts';
import { ERROR_MARK, serverError } from '../transcode/result-head.ts';

const HEADER_BYTES = 4;
const COM_QUERY = 3;
const OK_MARK = 0;
/** The server asks for a file: in our case for the lines. */
const FILE_MARK = 0xfb;

/** What the server says at the end. */
export interface LoadOutcome {
  readonly rowCount: number;
  readonly warningCount: number;
}

export interface LoadOptions {
  readonly session: Session;
  readonly sql: string;
  readonly target: string;
  /** The server must not let us wait for longer, for an answer or for room. */
  readonly silenceTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One LOAD DATA LOCAL INFILE under way, spoken past mysql2: the statement, lines in packets, an empty packet, the answer.
 * No file is read: what the server asks for by name is answered with the lines, whatever the name.
 * After its first error the session is of no use.
 */
export class LoadStatement {
  readonly #session: Session;
  readonly #target: string;
  readonly #bytes: SocketBytes;
  #sequence = 0;

  private constructor({ session, target, silenceTimeoutMs, signal }: LoadOptions) {
    this.#session = session;
    this.#target = target;
    this.#bytes = new SocketBytes(session, silenceTimeoutMs, signal);
  }

  /** Sends the statement; resolves when the server asks for the lines. */
  static async begin(options: LoadOptions): Promise<LoadStatement> {
    const load = new LoadStatement(options);
    const sql = Buffer.from(options.sql, 'utf8');
    const packet = Buffer.allocUnsafe(HEADER_BYTES + 1 + sql.length);
    packet.writeUIntLE(1 + sql.length, 0, 3);
    packet[3] = 0;
    packet[HEADER_BYTES] = COM_QUERY;
    sql.copy(packet, HEADER_BYTES + 1);
    await load.#guarded(async () => {
      load.#bytes.send(packet);
      const answer = await load.#answer();
      if (answer[0] !== FILE_MARK)
        throw new RangeError('LOAD DATA is not answered by a request for its data');
    });
    return load;
  }

  /**
   * Sends lines; resolves when they have left our memory.
   * @param packet room for a header, then the lines.
   */
  async send(packet: Buffer): Promise<void> {
    packet.writeUIntLE(packet.length - HEADER_BYTES, 0, 3);
    packet[3] = this.#sequence++ & 0xff;
    await this.#guarded(() => this.#bytes.sent(packet));
  }

  /** Ends the lines; resolves when the server has taken all of them. The session may be used again. */
  async end(): Promise<LoadOutcome> {
    return this.#guarded(async () => {
      this.#bytes.send(Buffer.from([0, 0, 0, this.#sequence++ & 0xff]));
      const answer = await this.#answer();
      if (answer[0] !== OK_MARK) throw new RangeError('LOAD DATA is not answered by its outcome');
      const rows = lengthAt(answer, 1);
      const insertId = lengthAt(answer, rows.end);
      this.#bytes.release();
      return { rowCount: rows.value, warningCount: answer.readUInt16LE(insertId.end + 2) };
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#bytes.release();
      // An error that the server sent ends the statement, and no more; anything else leaves its answer open.
      if (!(error instanceof Error && 'errno' in error)) this.#session.destroy();
      throw mysqlError(error, 'write', this.#target);
    }
  }

  /** The body of the server's next packet. @throws the server's error. */
  async #answer(): Promise<Buffer> {
    const header = await this.#take(HEADER_BYTES);
    this.#sequence = (header[3] as number) + 1;
    const body = await this.#take(header.readUIntLE(0, 3));
    if (body[0] === ERROR_MARK) throw serverError(body);
    return body;
  }

  async #take(size: number): Promise<Buffer> {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      await this.#bytes.wait();
      at += this.#bytes.take(bytes, at, size);
    }
    return bytes;
  }
}

/** A number in MySQL's form of varying length. */
function lengthAt(packet: Buffer, at: number): { readonly value: number; readonly end: number } {
  const first = packet.readUInt8(at);
  if (first < 0xfb) return { value: first, end: at + 1 };
  const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 6;
  return { value: packet.readUIntLE(at + 1, size), end: at + 1 + (first === 0xfe ? 8 : size) };
}
