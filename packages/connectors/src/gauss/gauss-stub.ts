import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { OptionValues } from '@sluice/core/options/option';
import { readSqlLink } from '../jdbc/sql-options.ts';
import { signIn } from '../postgres/login.ts';
import { cstring, frame } from '../postgres/messages.ts';

/** The account that the stub knows. */
export const GAUSS_USER = 'gauss';
export const GAUSS_PASSWORD = 'Gauss@密码 123';

/**
 * What a server stores of that password, by its iterations. Worked out with Python 3, and by nothing of ours:
 *
 *     k = hashlib.pbkdf2_hmac('sha1', password.encode(), bytes.fromhex(SALT), iterations, 32)
 *     server_key = hmac.new(k, b'Sever Key', 'sha256').hexdigest()
 *     stored_key = hashlib.sha256(hmac.new(k, b'Client Key', 'sha256').digest()).hexdigest()
 *
 * and for the letters: chr(ord(letter) + digit) over 'ecdfdcefade' and the digits of the iterations, the lowest first.
 */
export const SALT = '0f1e2d3c4b5a69788796a5b4c3d2e1f000112233445566778899aabbccddeeff';
export const storedKeys: Readonly<
  Record<number, { readonly serverKey: string; readonly storedKey: string; readonly letters: string }>
> = {
  2048: {
    serverKey: '1b34d94579f36f036bd009bbabf8581e54350cc6d66fe769e454d384d524266c',
    storedKey: 'd8bd4dfcb25279a35afe1f7100536650e38e8ca5f8e4222e518c714b2762215d',
    letters: 'mgdhdcefade',
  },
  10000: {
    serverKey: '67c59dd5fa7ef310156871ab50533b5f4482a9b71607c706ad12f9aaa67aeccb',
    storedKey: 'be8fec33455ea03443526409c01dd06c5aa03f0c7aa1f8411a64964e78b1192a',
    letters: 'ecdfecefade',
  },
  50000: {
    serverKey: '7ff34956362f481af31e2fdc6fc28fdddbfd5ca2455f60b1fbbb8bcc5635c5a1',
    storedKey: 'e7cf0d53c37fc114607d42be5b449b92e1575fe98273dc9a1996d12a27c502f1',
    letters: 'ecdficefade',
  },
};

export interface StubSettings {
  /** Of a PostgreSQL server, where the sessions go on. */
  readonly behind: OptionValues;
  /** What the stub asks for. `sha256` by default. */
  method?: 'sha256' | 'md5-sha256' | 'cleartext' | 'md5' | 'sm3';
  /** Of the stored password; 10000 by default. */
  iterations?: number;
  /** The stored password has its letters; true by default. */
  isTold?: boolean;
  /** Tells other iterations than those. */
  toldIterations?: number;
  /** Shows a signature that it cannot know. */
  liesAboutItself?: boolean;
  /** Says this to be its version; `9.2.4` by default. */
  serverVersion?: string;
  /** PEM texts; absent: no TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** What 9.2 does not know, as far as our statements could hold it. */
const laterThan92 =
  /\bON CONFLICT\b|\bWITH ORDINALITY\b|\bLATERAL\b|\bto_reg(?:class|type)\b|\batt(?:identity|generated)\b|\brelispartition\b|\bpg_partition_tree\b|\bindnkeyatts\b|\bindnullsnotdistinct\b|\bto_jsonb\b|\bAS IDENTITY\b|\bOVERRIDING\b|\bTABLESAMPLE\b|\bSCHEMA IF NOT EXISTS\b|\bSET (?:LOCAL )?(?:lock_timeout|idle_in_transaction_session_timeout|transaction_timeout)\b|\bNULLS NOT DISTINCT\b|\bclient_connection_check_interval\b|\btrim_scale\b|\bctid\b|\bpg_export_snapshot\b|\bFORMAT binary\b|\bWITH \w+ AS \(\s*(?:UPDATE|INSERT|DELETE)\b|\bFILTER \(|\bSELECT\s+FROM\b|->>|\bjsonb?_\w+\(/i;
const dwsClauses = /\s*(?:WITH \(orientation = \w+, compression = \w+\)|DISTRIBUTE BY HASH \([^)]*\))/g;

/**
 * A stand-in for a GaussDB or DWS server: it speaks their log-ins, and behind them the session goes on at a real PostgreSQL. Its
 * statements are looked at on the way: what 9.2 does not know is refused, and the clauses of DWS are noted and left out.
 */
export class GaussStub {
  readonly #server: Server;
  readonly #settings: StubSettings;
  readonly #sockets = new Set<Socket>();
  /** CREATE TABLE statements with clauses of DWS, as they came. */
  readonly created: string[] = [];
  /** Minor versions of the protocol that clients spoke. */
  readonly versions: number[] = [];
  /** What clients answered with. */
  readonly answers: string[] = [];

  private constructor(settings: StubSettings) {
    this.#settings = settings;
    this.#server = createServer((socket) => {
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(settings: StubSettings): Promise<GaussStub> {
    const stub = new GaussStub(settings);
    stub.#server.listen(0, '127.0.0.1');
    await once(stub.#server, 'listening');
    return stub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A link to it. */
  link(changes: OptionValues = {}): OptionValues {
    return {
      ...this.#settings.behind,
      'linkConfig.databaseType': 'DWS',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': String(this.port),
      'linkConfig.username': GAUSS_USER,
      'linkConfig.password': GAUSS_PASSWORD,
      ...changes,
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(plain: Socket): Promise<void> {
    let messages = this.#read(plain);
    let socket: Socket = plain;
    let startup = await messages.next(false);
    if (startup.length === 8 && startup.readInt32BE(4) === 80_877_103) {
      const { tls } = this.#settings;
      plain.write(tls === undefined ? 'N' : 'S');
      if (tls !== undefined) {
        messages.release();
        const secureContext = createSecureContext({ cert: tls.certificate, key: tls.key });
        socket = new TLSSocket(plain, { isServer: true, secureContext });
        messages = this.#read(socket);
      }
      startup = await messages.next(false);
    }
    this.versions.push(startup.readUInt16BE(6));
    const said = new Map<string, string>();
    const words = startup.toString('utf8', 8).split('\0');
    for (let i = 0; i + 1 < words.length; i += 2) said.set(words[i] ?? '', words[i + 1] ?? '');
    const isProved = await this.#prove(socket, messages, startup.readUInt16BE(6), said.get('user') ?? '');
    if (!isProved) {
      socket.end(errorResponse('28P01', 'Invalid username/password,login denied.'));
      return;
    }
    await this.#splice(socket, messages, said.get('database') ?? '');
  }

  #read(socket: Socket): MessageReader {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    return new MessageReader(socket);
  }

  /** As the server's own code judges a reply: what is stored is enough for it. */
  async #prove(socket: Socket, messages: MessageReader, minor: number, user: string): Promise<boolean> {
    const { method = 'sha256', iterations = 10_000, isTold = true } = this.#settings;
    const stored = storedKeys[iterations];
    if (stored === undefined) throw new RangeError('no such password is stored');
    const reply = async (request: Buffer): Promise<string> => {
      socket.write(frame('R', request));
      const answer = (await messages.next(true)).toString('utf8', 5).replace(/\0$/, '');
      this.answers.push(answer);
      return answer;
    };
    const md5Salt = randomBytes(4);
    if (method === 'cleartext') return (await reply(number(3))) === GAUSS_PASSWORD;
    if (method === 'sm3') return (await reply(Buffer.concat([number(13), number(3)]))) === '';
    if (method === 'md5') {
      const inner = createHash('md5')
        .update(GAUSS_PASSWORD + user)
        .digest('hex');
      const outer = createHash('md5').update(inner).update(md5Salt).digest('hex');
      return (await reply(Buffer.concat([number(5), md5Salt]))) === `md5${outer}`;
    }
    if (method === 'md5-sha256') {
      const answer = await reply(Buffer.concat([number(11), Buffer.from(SALT), md5Salt]));
      const row = SALT + stored.serverKey + stored.storedKey + (isTold ? stored.letters : '');
      const digest = createHash('md5').update(row).update(md5Salt).digest('hex');
      return user === GAUSS_USER && answer === `md5${digest}`;
    }
    const token = randomBytes(4);
    const signature = createHmac('sha256', Buffer.from(stored.serverKey, 'hex')).update(token).digest();
    if (this.#settings.liesAboutItself === true) signature.fill(7);
    const tail =
      minor < 50
        ? Buffer.from(signature.toString('hex'))
        : number(this.#settings.toldIterations ?? iterations);
    const request = [number(10), number(2), Buffer.from(SALT), Buffer.from(token.toString('hex')), tail];
    const answer = Buffer.from(await reply(Buffer.concat(request)), 'hex');
    const key = createHmac('sha256', Buffer.from(stored.storedKey, 'hex')).update(token).digest();
    const clientKey = key.map((byte, i) => byte ^ (answer[i] ?? 0));
    return (
      user === GAUSS_USER &&
      answer.length === 32 &&
      createHash('sha256').update(clientKey).digest('hex') === stored.storedKey
    );
  }

  async #splice(socket: Socket, messages: MessageReader, database: string): Promise<void> {
    const link = readSqlLink({ ...this.#settings.behind, 'linkConfig.database': database });
    const behind = await signIn(link, new AbortController().signal, {}).catch((error: Error) => error);
    if (behind instanceof Error) {
      const { code = 'XX000' } = behind as { code?: string };
      socket.end(errorResponse(code, behind.message));
      return;
    }
    this.#sockets.add(behind.socket);
    behind.socket.on('error', () => undefined);
    behind.socket.on('close', () => {
      this.#sockets.delete(behind.socket);
      socket.end();
    });
    socket.on('close', () => behind.socket.destroy());
    const version = this.#settings.serverVersion ?? '9.2.4';
    socket.write(
      Buffer.concat([
        frame('R', number(0)),
        frame('S', Buffer.concat([cstring('server_version'), cstring(version)])),
        frame('S', Buffer.concat([cstring('client_encoding'), cstring('UTF8')])),
        frame('Z', Buffer.from('I')),
      ]),
    );
    let spare = Buffer.allocUnsafe(64 * 1024);
    behind.deliverTo({
      space: () => {
        spare = Buffer.allocUnsafe(64 * 1024);
        return spare;
      },
      landed: (bytes) => pass(behind.socket, socket, spare.subarray(0, bytes)),
      push: (chunk) => pass(behind.socket, socket, Buffer.from(chunk)),
    });
    behind.socket.resume();
    for (;;) {
      const message = await messages.next(true);
      if (!behind.socket.write(this.#look(message))) await once(behind.socket, 'drain');
    }
  }

  /** A message to PostgreSQL as it is passed on. */
  #look(message: Buffer): Buffer {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type !== 'Q' && type !== 'P') return message;
    const body = message.toString('utf8', 5);
    const later = laterThan92.exec(body);
    if (later !== null) {
      const refused = cstring(`PostgreSQL 9.2 does not know: ${later[0]}`);
      return frame(type, type === 'Q' ? refused : Buffer.concat([cstring(''), refused, Buffer.from([0, 0])]));
    }
    const plain = body.replace(dwsClauses, '');
    if (plain === body) return message;
    this.created.push(body.replace(/\0+$/, ''));
    return frame(type, Buffer.from(plain, 'utf8'));
  }
}

/** @returns whether the socket is to be read on. */
function pass(from: Socket, to: Socket, bytes: Buffer): boolean {
  if (to.destroyed || to.write(bytes)) return true;
  to.once('drain', () => from.resume());
  return false;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function errorResponse(state: string, message: string): Buffer {
  const fields = [`SFATAL`, `C${state}`, `M${message}`].map(cstring);
  return frame('E', Buffer.concat([...fields, Buffer.from([0])]));
}

/** Messages of a client one by one. */
class MessageReader {
  readonly #socket: Socket;
  #held = Buffer.alloc(0);
  #more = Promise.withResolvers<void>();
  #isEnded = false;
  readonly #onData = (chunk: Buffer) => {
    this.#held = Buffer.concat([this.#held, chunk]);
    if (this.#held.length > 1_000_000) this.#socket.pause();
    this.#wake();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('close', () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  /** Gives the socket to somebody else. */
  release(): void {
    this.#socket.off('data', this.#onData);
  }

  /** @param hasType false for the first message, which has none. @throws Error when the client is gone. */
  async next(hasType: boolean): Promise<Buffer> {
    const head = hasType ? 5 : 4;
    for (;;) {
      const size = this.#held.length < head ? head : this.#held.readUInt32BE(head - 4) + head - 4;
      if (this.#held.length >= head && this.#held.length >= size) {
        const message = this.#held.subarray(0, size);
        this.#held = this.#held.subarray(size);
        this.#socket.resume();
        return message;
      }
      if (this.#isEnded) throw new Error('the client is gone');
      this.#socket.resume();
      await this.#more.promise;
    }
  }

  #wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}
