import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import type { Host, HostAddress } from '@sluice/core/connector/contract';
import { addressesOf, lookupOf, type Way } from '../jdbc/addresses.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';

/**
 * The way of the driver's bytes. The driver resolves names and opens sockets by itself, also those that a listener's redirect
 * names; here its transport gets sockets of ours in their place: to addresses that were checked, encrypted as the link says,
 * and to be ended at any time. Each log-in runs in a context of its own, which is how a socket finds its link; without a
 * context the driver reaches nobody.
 *
 * Written against `lib/thin/sqlnet/ntTcp.js` of the pinned version: `connect(address)` opens `stream` and listens to it,
 * `renegTLS()` encrypts an open one anew. A test fails when the two are not there.
 */
export class WireContext {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #passed: Way['passed'];
  readonly #sockets = new Set<net.Socket>();
  /** Where the link's own server is; empty once it was gone to. */
  #own: readonly HostAddress[];
  #isEnded = false;
  /** What kept a socket from coming about: the driver tells its own story of it. */
  failure: unknown = null;

  /** @param own the checked addresses of the link's server. */
  constructor(link: SqlLink, host: Host, own: readonly HostAddress[], passed?: Way['passed']) {
    this.#link = link;
    this.#host = host;
    this.#own = own;
    this.#passed = passed;
  }

  /** Runs the driver's log-in, and with it everything that it opens. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return contexts.run(this, work);
  }

  /** Ends every socket at once; none is opened any more. Safe to repeat. */
  destroy(): void {
    this.#isEnded = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * A socket to the link's server; and from then on to where its listener sends us, if links may lead there.
   * @param name of the place that the driver asks for: the server's first address, or what a redirect names.
   */
  async open(name: string, port: number): Promise<Opened> {
    const own = this.#own;
    this.#own = [];
    const isOwn = own.length > 0;
    const target = isOwn ? this.#link.host : name;
    try {
      const raw = await this.#connect(
        target,
        isOwn ? this.#link.port : port,
        isOwn ? own : await this.#checked(name),
      );
      this.#passed?.('tcp');
      return { raw, stream: await this.secured(raw, target), name: target };
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  #checked(name: string): Promise<readonly HostAddress[]> {
    const { signal, resolve } = this.#host;
    return addressesOf(name, this.#link.connectTimeoutMs, signal, resolve === undefined ? {} : { resolve });
  }

  /** The socket, encrypted where the link says so. */
  async secured(raw: net.Socket, name: string): Promise<net.Socket> {
    const wish = this.#link.tls;
    if (wish === null) return raw;
    const options: tls.ConnectionOptions = {
      socket: raw,
      rejectUnauthorized: wish.verification !== 'none',
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      ...(wish.authorities === null ? {} : { ca: wish.authorities }),
      ...(wish.verification === 'full' ? {} : { checkServerIdentity: () => undefined }),
      // With an address for a host there is no name to be sent, but one to be looked for in the certificate.
      ...(wish.verification === 'full' && net.isIP(name) !== 0
        ? {
            checkServerIdentity: (_host: string, certificate: tls.PeerCertificate) =>
              tls.checkServerIdentity(name, certificate),
          }
        : {}),
    };
    const stream = tls.connect(options);
    await this.#comesAbout(stream, 'secureConnect');
    this.#passed?.('tls');
    return stream;
  }

  async #connect(name: string, port: number, addresses: readonly HostAddress[]): Promise<net.Socket> {
    const socket = net.connect({ host: name, port, lookup: lookupOf(addresses), autoSelectFamily: true });
    await this.#comesAbout(socket, 'connect');
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    return socket;
  }

  /** Waits for a socket, no longer than the link says; then it is one of those that end with the context. */
  async #comesAbout(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      reject(Object.assign(new Error('the socket was closed'), { code: 'ECONNRESET' }));
    });
    socket.once('error', reject);
    socket.once(event, resolve);
    const timer = setTimeout(() => {
      reject(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }));
    }, this.#link.connectTimeoutMs);
    if (this.#isEnded) socket.destroy();
    try {
      await promise;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      // Until the driver listens, an error must not end the process.
      socket.on('error', () => undefined);
    }
  }
}

interface Opened {
  readonly raw: net.Socket;
  readonly stream: net.Socket;
  /** Whom the certificate must name. */
  readonly name: string;
}

const contexts = new AsyncLocalStorage<WireContext>();

/** What is replaced of the driver's transport, and what of it is used. */
interface DriverTransport {
  connect(address: {
    readonly host: string;
    readonly hostname?: string;
    readonly port?: number | string;
  }): Promise<void>;
  renegTLS(): Promise<void>;
  setupEventHandlers(): void;
  host: string;
  hostName: string;
  port: number;
  stream: net.Socket;
  connStream: net.Socket;
  secure: boolean;
  connected: boolean;
  err: boolean;
  /** Ours: the context that opened it. */
  sluiceContext?: WireContext;
}

const PORT_DEFAULT = 1521;
const transportPath = 'oracledb/lib/thin/sqlnet/ntTcp.js';
let isReplaced = false;

/** Puts our sockets in the place of the driver's, once in a process. @throws Error when the driver is another one than is known here. */
export function replaceDriverSockets(): void {
  if (isReplaced) return;
  const load = createRequire(import.meta.url);
  const { prototype } = load(transportPath) as { readonly prototype: DriverTransport };
  for (const name of ['connect', 'renegTLS', 'setupEventHandlers'] as const)
    if (typeof prototype[name] !== 'function') throw new Error(`oracledb has no transport.${name}`);
  prototype.connect = async function connect(address) {
    const context = contexts.getStore();
    if (context === undefined) throw new Error('a session without a link');
    this.host = address.host;
    this.port = Number(address.port ?? PORT_DEFAULT);
    const { raw, stream, name } = await context.open(address.hostname ?? address.host, this.port);
    this.hostName = name;
    this.sluiceContext = context;
    this.connStream = raw;
    this.secure = raw !== stream;
    this.stream = stream;
    this.connected = true;
    this.setupEventHandlers();
    markWhenClosed(this);
  };
  prototype.renegTLS = async function renegTLS() {
    const context = this.sluiceContext;
    if (context === undefined) throw new Error('a session without a link');
    this.stream.removeAllListeners();
    this.stream = await context.secured(this.connStream, this.hostName);
    this.setupEventHandlers();
    markWhenClosed(this);
  };
  isReplaced = true;
}

/**
 * A socket that was ended here is one that failed, to the driver: when a session of it is collected as garbage later on, the driver says goodbye to
 * every other kind, and what that throws then nobody can catch.
 */
function markWhenClosed(transport: DriverTransport): void {
  transport.stream.on('error', () => undefined);
  transport.stream.once('close', () => {
    transport.err = true;
  });
}
