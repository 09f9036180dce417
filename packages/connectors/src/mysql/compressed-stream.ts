import { Duplex } from 'node:stream';
import { constants, deflateSync, inflateSync } from 'node:zlib';

/** In front of each frame: its length, its number, and the length that it had before it was compressed (0: it was not). */
const FRAME_HEADER_BYTES = 7;
const PACKET_HEADER_BYTES = 4;
/**
 * The longest frame: a packet less than its header. The servers number the packets of an answer by the frames of the
 * command, and mysql2 counts one for each packet: so a packet that comes in one piece goes as one frame.
 */
const FRAME_BYTES_MAX = 0xff_ffff - 5;
/** Shorter ones would not get shorter. The servers do the same. */
const COMPRESSED_FROM_BYTES = 50;
/** Frames that wait for the reader; with more the socket is paused. */
const WAITING_BYTES_MAX = 256 * 1024;

/**
 * The compressed protocol of MySQL and MariaDB (zlib), between a socket that is signed in and who speaks over it: both
 * directions carry ordinary packets above and compressed frames below.
 *
 * A command's frames are numbered from 0, and the answer goes on from there. Commands may be sent before the one ahead is
 * answered: each begins a frame, for the server begins to count when it begins a command.
 */
export class CompressedStream extends Duplex {
  readonly #under: Duplex;
  #sequence = 0;
  /** Of the packet that is being written: bytes still to come, and its own number. */
  #packetLeft = 0;
  #packetNo = 0;
  /** The beginning of a packet's header. */
  #headerPart: Buffer = Buffer.alloc(0);
  /** What has come of frames that are not whole. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #neededBytes = FRAME_HEADER_BYTES;

  /** @param under signed in with the compressed protocol agreed; nobody else reads it. */
  constructor(under: Duplex) {
    super({ readableHighWaterMark: WAITING_BYTES_MAX, allowHalfOpen: true });
    this.#under = under;
    under.on('data', this.#onData);
    let hasEnded = false;
    under.once('end', () => {
      hasEnded = true;
      this.push(null);
    });
    // What came before an orderly end is still to be read.
    under.once('close', () => {
      if (!hasEnded) this.destroy();
    });
    // Told to whoever listens to the socket itself; here it ends the stream, and must not count as unhandled.
    under.on('error', () => this.destroy());
  }

  override _read(): void {
    if (this.#under.isPaused()) this.#under.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const bytes = this.#headerPart.length === 0 ? chunk : Buffer.concat([this.#headerPart, chunk]);
    this.#headerPart = Buffer.alloc(0);
    const frames: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#packetLeft === 0) {
        if (bytes.length - at < PACKET_HEADER_BYTES) {
          this.#headerPart = Buffer.from(bytes.subarray(at));
          break;
        }
        const packetNo = bytes[at + 3] as number;
        // The numbers of a command's packets run over after 255.
        if (packetNo === 0 && this.#packetNo !== 255) {
          this.#frame(bytes.subarray(from, at), frames);
          from = at;
          this.#sequence = 0;
        }
        this.#packetNo = packetNo;
        this.#packetLeft = PACKET_HEADER_BYTES + bytes.readUIntLE(at, 3);
      }
      const size = Math.min(this.#packetLeft, bytes.length - at);
      this.#packetLeft -= size;
      at += size;
    }
    this.#frame(bytes.subarray(from, at), frames);
    if (frames.length === 0) done();
    else this.#under.write(Buffer.concat(frames), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#under.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#under.removeListener('data', this.#onData);
    this.#under.destroy();
    done(error);
  }

  #frame(bytes: Buffer, into: Buffer[]): void {
    for (let at = 0; at < bytes.length; at += FRAME_BYTES_MAX) {
      const plain = bytes.subarray(at, at + FRAME_BYTES_MAX);
      const packed =
        plain.length < COMPRESSED_FROM_BYTES ? plain : deflateSync(plain, { level: constants.Z_BEST_SPEED });
      const isShorter = packed.length < plain.length;
      const header = Buffer.alloc(FRAME_HEADER_BYTES);
      header.writeUIntLE(isShorter ? packed.length : plain.length, 0, 3);
      header[3] = this.#sequence;
      header.writeUIntLE(isShorter ? plain.length : 0, 4, 3);
      this.#sequence = (this.#sequence + 1) & 0xff;
      into.push(header, isShorter ? packed : plain);
    }
  }

  readonly #onData = (data: Buffer): void => {
    this.#parts.push(data);
    this.#partBytes += data.length;
    if (this.#partBytes < this.#neededBytes) return;
    let bytes = this.#parts.length === 1 ? data : Buffer.concat(this.#parts, this.#partBytes);
    let hasRoom = true;
    try {
      while (true) {
        const header = bytes.length < FRAME_HEADER_BYTES ? null : bytes.subarray(0, FRAME_HEADER_BYTES);
        this.#neededBytes = FRAME_HEADER_BYTES + (header?.readUIntLE(0, 3) ?? 0);
        if (header === null || bytes.length < this.#neededBytes) break;
        this.#sequence = ((header[3] as number) + 1) & 0xff;
        hasRoom = this.push(
          unpacked(bytes.subarray(FRAME_HEADER_BYTES, this.#neededBytes), header.readUIntLE(4, 3)),
        );
        bytes = bytes.subarray(this.#neededBytes);
      }
    } catch (error) {
      // Not what a server sends: nothing that follows would be understood.
      this.#under.destroy(error as Error);
      return;
    }
    this.#parts = bytes.length === 0 ? [] : [bytes];
    this.#partBytes = bytes.length;
    if (!hasRoom) this.#under.pause();
  };
}

/** @param plainBytes the length before it was compressed; 0 when it was not. @throws when it is not of that length. */
function unpacked(payload: Buffer, plainBytes: number): Buffer {
  if (plainBytes === 0) return payload;
  const plain = inflateSync(payload, { maxOutputLength: plainBytes });
  if (plain.length !== plainBytes)
    throw new RangeError(`a compressed frame of ${plain.length} bytes, not ${plainBytes}`);
  return plain;
}
