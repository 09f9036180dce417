import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { translateError } from './errors.ts';
import { ConnectionLost } from './server-error.ts';
import { PgSessions } from './sessions.ts';
import { PgSink } from './sink.ts';
import { PgSource } from './source.ts';

/** Opens the way to a PostgreSQL server. No socket is opened before something is asked. */
export async function openPostgres(link: OptionValues, host: Host): Promise<Connection> {
  return new PgConnection(readSqlLink(link), host);
}

class PgConnection implements Connection {
  readonly #link: SqlLink;
  readonly #sessions: PgSessions;
  readonly #signal: AbortSignal;

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#signal = host.signal;
    this.#sessions = new PgSessions(link, host);
  }

  async check(): Promise<readonly CheckStep[]> {
    const steps: CheckStep[] = [];
    const step = async (name: CheckStep['step'], work: () => Promise<unknown>) => {
      const start = performance.now();
      try {
        await work();
      } catch (error) {
        throw translateError(error, name === 'rights' ? 'metadata' : 'sign in');
      }
      steps.push({ step: name, ok: true, ms: Math.round(performance.now() - start) });
    };
    await step('name', () => lookup(this.#link.host));
    await step('tcp', () => reach(this.#link, this.#signal));
    // TLS is part of the sign-in: the server is asked for it on the same socket.
    await step('login', () => this.#sessions.withControl(async () => undefined));
    await step('rights', () =>
      this.#sessions.withControl((session) => session.query('SELECT count(*) FROM pg_catalog.pg_namespace')),
    );
    return steps;
  }

  source(options: OptionValues): Source {
    return new PgSource(this.#sessions, readSqlSource(options), this.#link.batchRowsMax);
  }

  sink(options: OptionValues): Sink {
    return new PgSink(this.#sessions, readSqlSink(options));
  }

  async close(): Promise<void> {
    this.#sessions.close();
  }
}

/** Opens a TCP connection and closes it. */
function reach(link: SqlLink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: link.host, port: link.port, signal });
    socket.setTimeout(link.connectTimeoutMs, () => socket.destroy(new ConnectionLost('timeout expired')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
