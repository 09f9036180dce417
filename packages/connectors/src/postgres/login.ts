import type { Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import pg from 'pg';
import type { SqlLink } from '../jdbc/sql-options.ts';
import { ConnectionLost } from './server-error.ts';

/** Seen in pg_stat_activity. */
const APPLICATION_NAME = 'sluice';
/** A dead peer is looked for after this much silence. */
const KEEPALIVE_DELAY_MS = 30_000;

/** What pg holds inside: the socket that it signed in on, plain or TLS. */
interface SignedInClient {
  readonly connection: { readonly stream: Socket };
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

/**
 * Signs in with pg (TLS, SCRAM) and takes the socket over: from here on pg neither reads nor writes it.
 * The server has said ReadyForQuery and waits.
 * @throws the errors of pg, of the socket, of the signal.
 */
export async function signIn(link: SqlLink, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const client = new pg.Client(clientConfig(link));
  // pg reports a socket that breaks behind our back as an event; whoever holds the socket learns it from the socket.
  let broken: Error | null = null;
  client.on('error', (error) => {
    broken = error;
  });
  const inner = (client as unknown as SignedInClient).connection;
  const onAbort = () => inner.stream.destroy(new ConnectionLost('aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
  } catch (error) {
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
  socket.pause();
  return socket;
}
