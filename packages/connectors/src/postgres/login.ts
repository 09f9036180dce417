import { type LookupFunction, Socket, type TcpSocketConnectOpts } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import pg from 'pg';
import { storedForms } from '../gauss/handshake.ts';
import { type LogInConnection, LogInGate, type WeakMethod } from '../gauss/log-in-gate.ts';
import { addressesOf, lookupOf, type Way } from '../jdbc/addresses.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { ConnectionLost } from './server-error.ts';

/** Seen in pg_stat_activity. */
const APPLICATION_NAME = 'sluice';
/** A dead peer is looked for after this much silence. */
const KEEPALIVE_DELAY_MS = 30_000;

/** Memory for what comes in while pg signs in, in bytes. */
const SIGN_IN_READ_BYTES = 8 * 1024;

/** What pg holds inside: the socket that it signed in on, plain or TLS, and what it hears of the server's settings. */
interface SignedInClient {
  readonly connection: LogInConnection;
}

/** Takes what a socket brings. Each returns whether the socket is to be read on. */
export interface Landing {
  /** Where the next bytes are to be read to; never empty. */
  space(): Buffer;
  /** So many bytes were read to `space()`. */
  landed(bytes: number): boolean;
  /** Bytes that were read elsewhere; the memory is the caller's again after the call. */
  push(chunk: Buffer): boolean;
}

/** A session that the server is ready for. */
export interface SignedIn {
  readonly socket: Socket;
  /** As the server reports it, `18.1 (Debian 18.1-1)`; empty when it does not. */
  readonly serverVersion: string;
  /** Names who takes the bytes from here on. To be called before anything is waited for. */
  deliverTo(landing: Landing): void;
}

/**
 * The one place that says how to reach and sign in to a PostgreSQL server.
 * Every value that pg would otherwise take from PG* variables or ~/.pgpass is set here.
 */
export function clientConfig(link: SqlLink): pg.ClientConfig {
  return {
    host: link.host,
    port: link.port,
    database: link.database,
    user: link.user,
    password: () => link.password,
    ssl: link.tls === null ? false : tlsOptions(link.tls),
    // Signed over the server's certificate, where server and method can: a man in the middle cannot pass the log-in on.
    enableChannelBinding: link.tls !== null && link.properties.get('channelBinding') !== 'disable',
    connectionTimeoutMillis: link.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    application_name: APPLICATION_NAME,
    client_encoding: 'UTF8',
  };
}

function tlsOptions(tls: NonNullable<SqlLink['tls']>): ConnectionOptions {
  const options: ConnectionOptions = {
    rejectUnauthorized: tls.verification !== 'none',
    minVersion: 'TLSv1.2',
  };
  if (tls.authorities !== null) options.ca = tls.authorities;
  // verify-ca: any host may carry a certificate of the authority. Otherwise the name must be the one that was asked for.
  options.checkServerIdentity = tls.verification === 'full' ? checkServerIdentity : () => undefined;
  return options;
}

const INVALID_PASSWORD = '28P01';
const everyMethod: ReadonlySet<WeakMethod> = new Set<WeakMethod>(['password', 'md5']);

/** A link to PostgreSQL answers whatever its server asks; one to DWS gives nothing away that a listener could use. */
function allowedMethods({ databaseType, tls, properties }: SqlLink): ReadonlySet<WeakMethod> {
  if (databaseType !== 'DWS' || tls !== null) return everyMethod;
  const named = (properties.get('require_auth') ?? '').split(',');
  return new Set([...everyMethod].filter((method) => named.includes(method)));
}

/**
 * Signs in with pg (TLS, SCRAM; the log-ins of GaussDB are answered beside it) and takes the socket over: from here on pg
 * neither reads nor writes it. The server has said ReadyForQuery and waits.
 * @throws the errors of pg, of the socket, of the signal, of `Way.resolve`; LogInRefused.
 */
export async function signIn(link: SqlLink, signal: AbortSignal, way: Way): Promise<SignedIn> {
  for (let form = 0; ; form += 1) {
    const asked = { forStored: false };
    try {
      return await signInOnce(link, signal, form === 0 ? way : withoutStages(way), form, asked);
    } catch (error) {
      const isRefused = (error as { code?: unknown }).code === INVALID_PASSWORD;
      if (!isRefused || !asked.forStored || form + 1 >= storedForms.length) throw error;
    }
  }
}

/** They were passed already. */
function withoutStages({ resolve }: Way): Way {
  return resolve === undefined ? {} : { resolve };
}

/**
 * @param form of `storedForms`.
 * @param asked is told whether the server asked for it.
 */
async function signInOnce(
  link: SqlLink,
  signal: AbortSignal,
  way: Way,
  form: number,
  asked: { forStored: boolean },
): Promise<SignedIn> {
  const addresses = await addressesOf(link.host, link.connectTimeoutMs, signal, way);
  way.passed?.('name');
  // TLS decrypts into memory of its own: there the chunks are taken as they come.
  const direct = link.tls === null ? new DirectSocket() : null;
  const raw = leadTo(direct?.socket ?? new Socket(), lookupOf(addresses));
  raw.once('connect', () => way.passed?.('tcp'));
  const client = new pg.Client({ ...clientConfig(link), stream: () => raw });
  // pg reports a socket that breaks behind our back as an event; whoever holds the socket learns it from the socket.
  let broken: Error | null = null;
  client.on('error', (error) => {
    broken = error;
  });
  const inner = (client as unknown as SignedInClient).connection;
  const gate = new LogInGate(inner, { password: link.password, allowed: allowedMethods(link), form });
  if (link.databaseType === 'DWS') gate.speakGauss();
  let serverVersion = '';
  inner.on('parameterStatus', (setting: { parameterName: string; parameterValue: string }) => {
    if (setting.parameterName === 'server_version') serverVersion = setting.parameterValue;
  });
  // From here on `stream` is the encrypted one, which has not shaken hands yet.
  inner.on('sslconnect', () => inner.stream.once('secureConnect', () => way.passed?.('tls')));
  const onAbort = () => inner.stream.destroy(new ConnectionLost('aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
  } catch (error) {
    asked.forStored = gate.askedForStored;
    inner.stream.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const socket = inner.stream;
  if (broken !== null || socket.destroyed) {
    socket.destroy();
    throw new ConnectionLost('the connection broke right after the sign-in', { cause: broken });
  }
  // Only pg's parser listens for data; the listeners of net and tls on other events must stay.
  socket.removeAllListeners('data');
  return {
    socket,
    serverVersion,
    deliverTo: (landing) => {
      if (direct === null) {
        socket.on('data', (chunk: Buffer) => {
          if (!landing.push(chunk)) socket.pause();
        });
      } else direct.deliverTo(landing);
    },
  };
}

/** Has pg, which says where to connect by name, end up at the addresses that were looked up before. */
function leadTo(socket: Socket, lookup: LookupFunction): Socket {
  const plain: (options: TcpSocketConnectOpts) => Socket = socket.connect.bind(socket);
  const connect = (port: number, host: string) => plain({ port, host, lookup });
  return Object.assign(socket, { connect });
}

/** A socket that is read straight into the memory of whoever takes its bytes; until somebody does, it emits them. */
class DirectSocket {
  readonly socket: Socket;
  #landing: Landing | null = null;
  /** The landing's memory is the one that the next read goes to. */
  #isAimed = false;

  constructor() {
    const own = Buffer.allocUnsafeSlow(SIGN_IN_READ_BYTES);
    this.socket = new Socket({
      onread: {
        // Asked for ahead of the first read and after each one.
        buffer: () => {
          this.#isAimed = this.#landing !== null;
          return this.#landing?.space() ?? own;
        },
        callback: (bytes) => {
          if (this.#landing === null) {
            this.socket.emit('data', Buffer.from(own.subarray(0, bytes)));
            return true;
          }
          return this.#isAimed ? this.#landing.landed(bytes) : this.#landing.push(own.subarray(0, bytes));
        },
      },
    } as ConstructorParameters<typeof Socket>[0]);
  }

  deliverTo(landing: Landing): void {
    this.#landing = landing;
  }
}
