import net from 'node:net';
import type { Host } from '@sluice/core/connector/contract';
import { Connection, type ConnectionConfiguration } from 'tedious';
import { addressesOf, lookupOf, type Way } from '../jdbc/addresses.ts';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { CANCEL_TIMEOUT_MS, PACKET_BYTES } from './limits.ts';

/** Where the server sends a new connection on to (Azure): tedious asks the connector for that place then. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * A socket to the server, of addresses that the host allows; a server that sends us on leads through the same check.
 * @throws what `addressesOf` throws; the socket's error.
 */
async function connectSocket(
  place: Place,
  link: SqlLink,
  host: Pick<Host, 'signal' | 'resolve'>,
  passed: Way['passed'],
): Promise<net.Socket> {
  const way = host.resolve === undefined ? {} : { resolve: host.resolve };
  const addresses = await addressesOf(place.host, link.connectTimeoutMs, host.signal, way);
  passed?.('name');
  const socket = net.connect({
    host: place.host,
    port: place.port,
    lookup: lookupOf(addresses),
    noDelay: true,
  });
  await new Promise<void>((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      socket.removeListener('connect', onConnect);
      host.signal.removeEventListener('abort', onAbort);
      end();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        // An error that comes behind this one has nobody to hear it.
        socket.on('error', () => undefined);
        socket.destroy();
        reject(error);
      });
    const onError = (error: Error): void => fail(error);
    const onConnect = (): void => settle(resolve);
    const onAbort = (): void => fail(host.signal.reason);
    const timer = setTimeout(() => {
      fail(Object.assign(new Error('no answer within the connect time-out'), { code: 'ETIMEDOUT' }));
    }, link.connectTimeoutMs);
    socket.once('error', onError);
    socket.once('connect', onConnect);
    host.signal.addEventListener('abort', onAbort, { once: true });
  });
  passed?.('tcp');
  return socket;
}

/** @param isReading a link that says `applicationIntent=ReadOnly` may be served by a secondary replica, but for writing. */
function configuration(
  link: SqlLink,
  database: string,
  isReading: boolean,
  connector: (place?: Place) => Promise<net.Socket>,
): ConnectionConfiguration {
  const { tls, properties } = link;
  const serverName = properties.get('hostNameInCertificate');
  return {
    server: link.host,
    authentication: { type: 'default', options: { userName: link.user, password: link.password } },
    options: {
      port: link.port,
      database,
      connector,
      // The connector has the link's own time-out; behind it there are the pre-login, TLS and the sign-in.
      connectTimeout: link.connectTimeoutMs,
      requestTimeout: link.silenceTimeoutMs,
      cancelTimeout: CANCEL_TIMEOUT_MS,
      // Who tries again, and when, is the engine's to say.
      maxRetriesOnTransientErrors: 0,
      packetSize: PACKET_BYTES,
      encrypt: tls === null ? false : properties.get('encrypt') === 'strict' ? 'strict' : true,
      trustServerCertificate: tls?.verification === 'none',
      ...(serverName === undefined ? {} : { serverName }),
      cryptoCredentialsDetails: tls?.authorities == null ? {} : { ca: tls.authorities },
      readOnlyIntent: isReading && properties.get('applicationIntent') === 'ReadOnly',
      appName: 'Sluice',
      // Nothing of a value of ours depends on these; the rest are the server's own settings for new programs.
      dateFormat: 'ymd',
      language: 'us_english',
      // -1: all of a value, however long.
      textsize: -1,
      useUTC: true,
      lowerCaseGuids: true,
      abortTransactionOnError: false,
      enableQuotedIdentifier: true,
      rowCollectionOnDone: false,
      rowCollectionOnRequestCompletion: false,
      useColumnNames: false,
    },
  };
}

/**
 * Signs in.
 * @param passed hears what is reached on the way.
 * @throws tedious' error, with the server's number where the server refused.
 */
export async function connect(
  link: SqlLink,
  database: string,
  isReading: boolean,
  host: Pick<Host, 'signal' | 'resolve'>,
  passed?: Way['passed'],
): Promise<{ readonly native: Connection; readonly socket: net.Socket }> {
  host.signal.throwIfAborted();
  let socket: net.Socket | null = null;
  let refusal: unknown = null;
  const native = new Connection(
    configuration(link, database, isReading, async (place) => {
      try {
        socket = await connectSocket(place ?? { host: link.host, port: link.port }, link, host, passed);
        return socket;
      } catch (error) {
        // tedious keeps the message only.
        refusal = error;
        throw error;
      }
    }),
  );
  // Said by the server ahead of tedious' own `ELOGIN`, which has no number. The first one is the cause of those behind it.
  native.on('errorMessage', ({ number, message }) => {
    refusal ??= Object.assign(new Error(message), { number });
  });
  native.on('secure', () => passed?.('tls'));
  const onAbort = (): void => native.close();
  host.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      native.connect((error) => {
        if (error === undefined || error === null) resolve();
        else reject(refusal ?? error);
      });
    });
    if (socket === null) throw new Error('signed in without a socket');
    if (link.properties.get('encrypt') === 'strict') passed?.('tls');
    return { native, socket };
  } catch (error) {
    native.close();
    throw error;
  } finally {
    host.signal.removeEventListener('abort', onAbort);
    native.removeAllListeners('errorMessage');
    native.removeAllListeners('secure');
  }
}
