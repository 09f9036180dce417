import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { cstring, frame } from '../postgres/messages.ts';
import { ConnectionLost, LogInRefused } from '../postgres/server-error.ts';
import { answerOf, readGaussRequest, requestCodes, storedForms } from './handshake.ts';

/** Longest message of a server before it has let us in, in bytes: an error with its texts. */
const MESSAGE_BYTES_MAX = 64 * 1024;
const HEADER_BYTES = 5;
/** Clients that say so are told the iterations, and are not taken for those who know nothing but MD5. */
const GAUSS_PROTOCOL = Buffer.from([0, 3, 0, 51]);
const AUTHENTICATION = 'R';
const ERROR = 'E';
/** NegotiateProtocolVersion: PostgreSQL does not know version 3.51 and goes on with its own. */
const OTHER_VERSION = 'v';

/** A way to say who one is that gives the password away, or nearly. */
export type WeakMethod = 'password' | 'md5';

export interface GateSettings {
  readonly password: string;
  /** Log-ins that are done although they give the password to whoever listens. */
  readonly allowed: ReadonlySet<WeakMethod>;
  /** Which of `storedForms` to try. */
  readonly form: number;
}

/** What pg holds inside, as far as a log-in goes through it. */
export interface LogInConnection extends EventEmitter {
  readonly stream: Socket;
  attachListeners(stream: EventEmitter): void;
  startup(settings: Readonly<Record<string, string>>): void;
}

/**
 * Stands between the socket and the parser of pg until the server has let us in: answers the requests that pg does not know,
 * and has pg never see them. All other messages pass; behind the log-in, all bytes.
 */
export class LogInGate {
  readonly #connection: LogInConnection;
  readonly #settings: GateSettings;
  /** What pg listens to. */
  readonly #beyond = new EventEmitter();
  #held = Buffer.alloc(0);
  #isOpen = false;
  #isAnswering = false;
  /** The request was one whose answer depends on what is stored: another form may be the one. */
  askedForStored = false;

  constructor(connection: LogInConnection, settings: GateSettings) {
    this.#connection = connection;
    this.#settings = settings;
    const attach = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream) => {
      stream.on('data', (chunk: Buffer) => this.#take(chunk));
      stream.on('end', () => this.#beyond.emit('end'));
      attach(this.#beyond);
    };
  }

  /** Has the log-in begin as clients of GaussDB and DWS begin it. */
  speakGauss(): void {
    const connection = this.#connection;
    connection.startup = (settings) => {
      const said = { ...settings, client_encoding: 'UTF8' };
      const texts = Object.entries(said).flatMap(([name, value]) => [cstring(name), cstring(value)]);
      const body = Buffer.concat([GAUSS_PROTOCOL, ...texts, Buffer.from([0])]);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(4 + body.length);
      connection.stream.write(Buffer.concat([size, body]));
    };
  }

  #take(chunk: Buffer): void {
    if (this.#isOpen) {
      this.#beyond.emit('data', chunk);
      return;
    }
    this.#held = Buffer.concat([this.#held, chunk]);
    try {
      while (!this.#isOpen && !this.#isAnswering) {
        const message = this.#nextMessage();
        if (message === null) return;
        this.#judge(message);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isOpen && this.#held.length > 0) {
      const rest = this.#held;
      this.#held = Buffer.alloc(0);
      this.#beyond.emit('data', rest);
    }
  }

  #nextMessage(): Buffer | null {
    if (this.#held.length < HEADER_BYTES) return null;
    const size = 1 + this.#held.readUInt32BE(1);
    if (size < HEADER_BYTES || size > MESSAGE_BYTES_MAX)
      throw new ConnectionLost('the server does not speak the protocol of PostgreSQL');
    if (this.#held.length < size) return null;
    const message = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(size);
    return message;
  }

  #judge(message: Buffer): void {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type === OTHER_VERSION) return;
    if (type === AUTHENTICATION && message.length >= HEADER_BYTES + 4) {
      const body = message.subarray(HEADER_BYTES);
      const request = readGaussRequest(body);
      if (request !== null) {
        this.askedForStored = request.kind === 'md5-sha256';
        this.#answer(request);
        return;
      }
      this.#refuseWeak(body.readInt32BE(0));
      this.#isOpen = body.readInt32BE(0) === requestCodes.ok;
    }
    if (type === ERROR) this.#isOpen = true;
    this.#beyond.emit('data', message);
  }

  #refuseWeak(code: number): void {
    const method = code === requestCodes.cleartext ? 'password' : code === requestCodes.md5 ? 'md5' : null;
    if (method === null || this.#settings.allowed.has(method)) return;
    const asked =
      method === 'password' ? 'for the password in clear' : 'for its MD5 form, which is easily undone';
    throw new LogInRefused(
      `the server asks ${asked}: that is done over TLS only, or where the connection property require_auth names ${method}`,
    );
  }

  #answer(request: Parameters<typeof answerOf>[0]): void {
    const { password, form } = this.#settings;
    const stored = storedForms[form];
    if (stored === undefined) throw new RangeError(`there is no form ${form}`);
    this.#isAnswering = true;
    answerOf(request, password, stored).then(
      (answer) => {
        this.#isAnswering = false;
        this.#connection.stream.write(frame('p', cstring(answer)));
        this.#take(Buffer.alloc(0));
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** pg hears of it as of an error of the connection, and stops to connect. */
  #fail(error: unknown): void {
    this.#isAnswering = true;
    this.#connection.emit('error', error);
  }
}
