import { lookup } from 'node:dns/promises';
import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { mysqlError } from './errors.ts';
import { openSession } from './session.ts';
import { SessionPool } from './session-pool.ts';
import { MysqlSink } from './sink.ts';
import { MysqlSource } from './source.ts';
import { openEngine } from './transcode/open-engine.ts';

/** Waits for a name no longer than for a connection; the resolver itself cannot be stopped. */
async function resolveName(link: SqlLink, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await Promise.race([
      lookup(link.host),
      new Promise((_, reject) => {
        const fail = () =>
          reject(Object.assign(new Error('the name was not resolved in time'), { code: 'ETIMEDOUT' }));
        timer = setTimeout(fail, link.connectTimeoutMs);
        onAbort = fail;
        signal.addEventListener('abort', fail, { once: true });
      }),
    ]);
  } catch (error) {
    throw mysqlError(error, 'connect', `${link.host}:${link.port}`);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

class MysqlConnection implements Connection {
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #sessions: SessionPool;
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    // Closing the connection ends every session as the host's own signal does.
    this.#host = {
      signal: AbortSignal.any([host.signal, this.#closing.signal]),
      log: (line) => host.log(line),
    };
    this.#sessions = new SessionPool(link, this.#host);
  }

  async check(): Promise<readonly CheckStep[]> {
    const steps: CheckStep[] = [];
    const measure = async <T>(step: CheckStep['step'], work: Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work;
      steps.push({ step, ok: true, ms: Math.round(performance.now() - start) });
      return result;
    };
    const { database } = this.#link;
    await measure('name', resolveName(this.#link, this.#host.signal));
    const session = await measure('login', openSession(this.#link, 'read', database, this.#host));
    try {
      await measure(
        'rights',
        session.rows('SELECT COUNT(*) FROM information_schema.TABLES WHERE 1 = 0', 'metadata', database),
      );
      return steps;
    } finally {
      await session.close();
    }
  }

  source(options: OptionValues): Source {
    const { properties } = this.#link;
    return new MysqlSource(
      {
        link: this.#link,
        host: this.#host,
        sessions: this.#sessions,
        tinyIntIsBoolean:
          properties.get('tinyInt1isBit') !== 'false' &&
          properties.get('mysql.bool.type.transform') !== 'false',
        zeroDateIsNull: /^convert_?to_?null$/i.test(properties.get('zeroDateTimeBehavior') ?? ''),
        openEngine,
        background: (work) => {
          this.#background.add(work);
          void work.finally(() => this.#background.delete(work));
        },
      },
      readSqlSource(options),
    );
  }

  sink(options: OptionValues): Sink {
    return new MysqlSink(
      { link: this.#link, host: this.#host, sessions: this.#sessions },
      readSqlSink(options),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#background]);
  }
}

/**
 * Opens a MySQL or MariaDB server. Makes no socket yet: each read and each writer has one to itself.
 * @throws what `readSqlLink` throws.
 */
export async function openMysql(link: OptionValues, host: Host): Promise<Connection> {
  return new MysqlConnection(readSqlLink(link), host);
}
