import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { StubDatabase } from './database-suite.ts';
import { StubCalls, type StubControls } from './session-suite.ts';

/** TNS packets by type. */
const packet = { connect: 1, accept: 2, refuse: 4, redirect: 5, data: 6, marker: 12 } as const;
const headBytes = 8;
const endOfRequest = 0x800;
const sduBytes = 8192;
const protocolVersion = 317;
/** Marks within a marker packet. */
const mark = { break: 1, reset: 2, interrupt: 3 } as const;

export interface StubWish {
  readonly user?: string;
  readonly password?: string;
  readonly service?: string;
  readonly sid?: string;
  /** Sends who connects on to another place. */
  readonly redirect?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly database?: StubDatabase;
}

/**
 * A stub of an Oracle server: TNS and TTC as far as the driver's thin mode needs them, over a database in memory. Written
 * against the driver's own source, so it proves that connector and driver fit together, and nothing about a real server.
 */
export class StubServer {
  readonly database: StubDatabase;
  readonly controls: StubControls = { before: () => undefined, cutNextCommit: null };
  /** What connect packets said, in order. */
  readonly connects: string[] = [];
  readonly #wish: Required<Pick<StubWish, 'user' | 'password' | 'service' | 'sid'>> & StubWish;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(wish: StubWish) {
    this.database = wish.database ?? new StubDatabase();
    this.#wish = { user: 'SUITE', password: 'secret', service: 'orclpdb', sid: 'orcl', ...wish };
    const onSocket = (socket: Socket) => this.#serve(socket);
    this.#server = wish.tls === undefined ? createServer(onSocket) : tls.createServer(wish.tls, onSocket);
  }

  static async open(wish: StubWish = {}): Promise<StubServer> {
    const server = new StubServer(wish);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Options of a link to it. */
  link(changes: Readonly<Record<string, string>> = {}) {
    return {
      'linkConfig.databaseType': 'ORACLE',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': String(this.port),
      'linkConfig.database': this.#wish.service,
      'linkConfig.username': this.#wish.user,
      'linkConfig.password': this.#wish.password,
      ...changes,
    };
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  /** Ends every connection, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const session = new StubCalls({
      database: this.database,
      controls: this.controls,
      user: this.#wish.user,
      password: this.#wish.password,
      cut: () => socket.destroy(),
    });
    let waiting = Buffer.alloc(0);
    let isLarge = false;
    let connectLength = 0;
    let request: Buffer[] = [];
    /** Requests are answered one after the other. */
    let turn = Promise.resolve();
    const send = (type: number, body: Buffer, isHeadLarge = isLarge) => {
      const whole = Buffer.alloc(headBytes + body.length);
      if (isHeadLarge) whole.writeUInt32BE(whole.length, 0);
      else whole.writeUInt16BE(whole.length, 0);
      whole.writeUInt8(type, 4);
      body.copy(whole, headBytes);
      if (!socket.destroyed) socket.write(whole);
    };
    const answer = (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += sduBytes - headBytes - 2)
        send(
          packet.data,
          Buffer.concat([Buffer.alloc(2), bytes.subarray(at, at + sduBytes - headBytes - 2)]),
        );
    };
    const sendMark = (which: number) => send(packet.marker, Buffer.from([1, 0, which]));
    const onConnect = (text: string) => {
      this.connects.push(text);
      const { service, sid, redirect } = this.#wish;
      const named = /\((SERVICE_NAME|SID)=([^)]*)\)/i.exec(text);
      const isKnown = named?.[1]?.toUpperCase() === 'SID' ? named[2] === sid : named?.[2] === service;
      if (redirect !== undefined) {
        const place = Buffer.from(redirect);
        const head = Buffer.alloc(2);
        head.writeUInt16BE(place.length, 0);
        send(packet.redirect, Buffer.concat([head, place]));
      } else if (!isKnown) {
        const number = named?.[1]?.toUpperCase() === 'SID' ? 12_505 : 12_514;
        const reason = Buffer.from(`(DESCRIPTION=(ERR=${number})(VSNNUM=0))`);
        const head = Buffer.from([4, 34, reason.length >> 8, reason.length & 0xff]);
        send(packet.refuse, Buffer.concat([head, reason]));
      } else {
        send(packet.accept, acceptBody());
        isLarge = true;
      }
    };
    const onPacket = (type: number, whole: Buffer) => {
      switch (type) {
        case packet.connect: {
          connectLength = whole.readUInt16BE(24);
          const offset = whole.readUInt16BE(26);
          if (whole.length >= offset + connectLength)
            onConnect(whole.toString('ascii', offset, offset + connectLength));
          return;
        }
        case packet.data: {
          if (!isLarge) {
            onConnect(whole.toString('ascii', 10));
            return;
          }
          request.push(whole.subarray(10));
          if ((whole.readUInt16BE(8) & endOfRequest) === 0) return;
          const all = Buffer.concat(request);
          request = [];
          turn = turn.then(async () => {
            const made = await session.answer(all);
            if (made !== null) answer(made);
          });
          return;
        }
        case packet.marker:
          if (whole[10] === mark.reset) {
            sendMark(mark.reset);
            answer(session.cancelled());
          } else sendMark(mark.break);
      }
    };
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (;;) {
        if (waiting.length < headBytes) return;
        const length = isLarge ? waiting.readUInt32BE(0) : waiting.readUInt16BE(0);
        if (waiting.length < length) return;
        const whole = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        onPacket(whole.readUInt8(4), whole);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      session.end();
    });
  }
}

/** Large packets, and no services of Oracle's own encryption. */
function acceptBody(): Buffer {
  const body = Buffer.alloc(33);
  body.writeUInt16BE(protocolVersion, 0);
  body.writeUInt16BE(1, 2);
  body.writeUInt16BE(sduBytes, 4);
  body.writeUInt16BE(0xffff, 6);
  body.writeUInt8(0x08, 15);
  body.writeUInt32BE(sduBytes, 24);
  body.writeUInt32BE(2_097_152, 28);
  return body;
}
