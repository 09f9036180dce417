import { connect, createServer, type Server, type Socket } from 'node:net';
import { MessageCutter, MysqlFraming, PostgresFraming } from '../cuts/message-frames.ts';
import { type CrashPoint, type Moment, PointWatch } from './crash-points.ts';

export interface CrashOrder {
  readonly point: CrashPoint;
  readonly moment: Moment;
}

/** What proves that the crash came where it was meant to. */
export interface Landing {
  readonly point: CrashPoint;
  readonly moment: Moment;
  /** Beginning of the statement that was on its way. */
  readonly words: string;
  /** The victim's end of that connection closed because of the crash: the proxy had not touched it. */
  hasVictimGone: boolean;
}

export interface Destination {
  readonly kind: 'postgres' | 'mysql';
  readonly host: string;
  readonly port: number;
}

const WORDS_MAX = 60;
/** The victim must be gone within this time, in milliseconds. */
const VICTIM_MS = 10_000;

/**
 * Stands between workers and a destination and passes every message on, until the ordered one: there it stops that connection,
 * has the victim killed, and waits until the victim's end of the connection closes. Connections that come later pass.
 */
export class CrashProxy {
  readonly #destination: Destination;
  readonly #order: CrashOrder;
  readonly #kill: () => Promise<void>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #isArmed = false;
  #landing: Landing | null = null;
  #failure: unknown = null;
  readonly #done = Promise.withResolvers<void>();

  private constructor(destination: Destination, order: CrashOrder, kill: () => Promise<void>) {
    this.#destination = destination;
    this.#order = order;
    this.#kill = kill;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** @param kill kills the victim; resolves when it is dead. */
  static async listen(
    destination: Destination,
    order: CrashOrder,
    kill: () => Promise<void>,
  ): Promise<CrashProxy> {
    const proxy = new CrashProxy(destination, order, kill);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = proxy.#server.address();
    if (address !== null && typeof address === 'object') proxy.#port = address.port;
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get landing(): Landing | null {
    return this.#landing;
  }

  /** From now on the order holds. */
  arm(): void {
    this.#isArmed = true;
  }

  /** Resolves when the crash is over, or after the time. @throws when the victim could not be killed. */
  async crashed(withinMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#done.promise, late]);
    clearTimeout(timer);
    if (this.#failure !== null) throw this.#failure;
    return this.#landing !== null;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket): void {
    const { host, port, kind } = this.#destination;
    const server = connect({ host, port, allowHalfOpen: true });
    const isPostgres = kind === 'postgres';
    const requests = new MessageCutter(isPostgres ? new PostgresFraming(true) : new MysqlFraming());
    const answers = new MessageCutter(isPostgres ? new PostgresFraming(false) : new MysqlFraming());
    const watch = new PointWatch();
    const clientGone = new Promise<void>((resolve) => {
      client.once('end', resolve);
      client.once('close', () => resolve());
      client.once('error', () => resolve());
    });
    /** Requests that end with a ReadyForQuery; the first one ends the log-in. */
    let asked = 1;
    let answered = 0;
    let isSignedIn = false;
    /** Set when the ordered message was passed: its answer is awaited. */
    let awaited: { readonly number: number; readonly words: string } | null = null;
    /** Nothing passes any more. */
    let isStopped = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => {
      if (isStopped) return;
      const messages = requests.push(chunk);
      const passing: Buffer[] = [];
      for (const [at, message] of messages.entries()) {
        const met = isPostgres
          ? pointOfPostgres(watch, message, messages[at + 1])
          : isSignedIn
            ? pointOfMysql(watch, message)
            : null;
        if (met !== null && this.#isDue(met.point) && awaited === null) {
          const { moment } = this.#order;
          if (moment !== 'after') {
            isStopped = true;
            if (moment === 'during') passing.push(...wholeRequest(isPostgres, messages.slice(at)));
            if (passing.length > 0) server.write(Buffer.concat(passing));
            void this.#crash(met.words, clientGone, () => server.destroy());
            return;
          }
          awaited = { number: isPostgres ? asked + 1 : 0, words: met.words };
        }
        if (isPostgres && /[QS]/.test(String.fromCharCode(message[0] ?? 0)) && isSignedIn) asked++;
        passing.push(message);
      }
      if (passing.length > 0) server.write(Buffer.concat(passing));
    });
    server.on('data', (chunk: Buffer) => {
      if (isStopped) return;
      const passing: Buffer[] = [];
      for (const message of answers.push(chunk)) {
        const isReady = isPostgres ? message[0] === 0x5a : message[4] === 0;
        if (isReady) {
          answered++;
          isSignedIn = true;
        }
        const isAwaited = awaited !== null && (isPostgres ? isReady && answered === awaited.number : true);
        if (isAwaited && awaited !== null) {
          isStopped = true;
          if (passing.length > 0) client.write(Buffer.concat(passing));
          void this.#crash(awaited.words, clientGone, () => server.destroy());
          return;
        }
        passing.push(message);
      }
      if (passing.length > 0) client.write(Buffer.concat(passing));
    });
    client.on('end', () => server.end());
    client.on('close', () => server.destroy());
    server.on('end', () => {
      if (!isStopped) client.end();
    });
    server.on('close', () => {
      if (!isStopped) client.destroy();
    });
  }

  #isDue(point: CrashPoint): boolean {
    return this.#isArmed && this.#landing === null && point === this.#order.point;
  }

  async #crash(words: string, clientGone: Promise<void>, endServerSide: () => void): Promise<void> {
    const landing: Landing = { ...this.#order, words: words.slice(0, WORDS_MAX), hasVictimGone: false };
    this.#landing = landing;
    try {
      await this.#kill();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the victim kept its connection')), VICTIM_MS);
      });
      await Promise.race([clientGone, late]);
      clearTimeout(timer);
      landing.hasVictimGone = true;
    } catch (error) {
      this.#failure = error;
    }
    // What a kernel does with the connections of a process that is gone.
    endServerSide();
    this.#done.resolve();
  }
}

interface Met {
  readonly point: CrashPoint;
  readonly words: string;
}

function met(point: CrashPoint | null, words: string): Met | null {
  return point === null ? null : { point, words };
}

/** @param next the message behind it: a statement that is parsed and run has a Bind there. */
function pointOfPostgres(watch: PointWatch, message: Buffer, next: Buffer | undefined): Met | null {
  const HEADER_BYTES = 5;
  switch (String.fromCharCode(message[0] ?? 0)) {
    case 'd':
      return { point: 'first-rows', words: `${message.length} bytes of rows` };
    case 'Q': {
      const sql = message.toString('utf8', HEADER_BYTES, message.length - 1);
      return met(watch.statement(sql, true), sql);
    }
    case 'P': {
      const from = message.indexOf(0, HEADER_BYTES) + 1;
      const sql = message.toString('utf8', from, message.indexOf(0, from));
      return met(watch.statement(sql, next?.[0] === 0x42), sql);
    }
    default:
      return null;
  }
}

function pointOfMysql(watch: PointWatch, message: Buffer): Met | null {
  const HEADER_BYTES = 4;
  const command = { query: 0x03, prepare: 0x16, bulk: 0xfa };
  // A sequence that does not begin is what is left of a longer message.
  if (message[3] !== 0) return null;
  const kind = message[HEADER_BYTES];
  if (kind === command.bulk) return { point: 'first-rows', words: `${message.length} bytes of rows` };
  if (kind !== command.query && kind !== command.prepare) return null;
  const sql = message.toString('utf8', HEADER_BYTES + 1, HEADER_BYTES + 4_097);
  if (kind === command.query && /^(?:INSERT|REPLACE) INTO \S*_cdm_stage\S* .* VALUES /.test(sql))
    return { point: 'first-rows', words: sql };
  return met(watch.statement(sql, kind === command.query), sql);
}

/** The ordered message and what belongs to it: of PostgreSQL's extended protocol all up to its Sync. */
function wholeRequest(isPostgres: boolean, messages: readonly Buffer[]): readonly Buffer[] {
  const [first] = messages;
  if (first === undefined) return [];
  if (!isPostgres || first[0] !== 0x50) return [first];
  const sync = messages.findIndex((message) => message[0] === 0x53);
  return sync < 0 ? messages : messages.slice(0, sync + 1);
}
