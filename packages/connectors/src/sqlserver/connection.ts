import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { checkSteps } from '../jdbc/check-steps.ts';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { SqlServerInspector } from './inspector.ts';
import { SqlServerQuerySource } from './query-source.ts';
import type { SourceTools } from './read-select.ts';
import { SessionPool } from './session-pool.ts';
import { SqlServerSink } from './sink.ts';
import { SqlServerSource } from './source.ts';

class SqlServerConnection implements Connection {
  readonly inspector: SqlServerInspector;
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #sessions: SessionPool;
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    // Closing the connection ends every session as the host's own signal does.
    this.#host = {
      ...host,
      signal: AbortSignal.any([host.signal, this.#closing.signal]),
      log: (line) => host.log(line),
    };
    this.#sessions = new SessionPool(link, this.#host);
    this.inspector = new SqlServerInspector(link, this.#host);
  }

  async check(): Promise<readonly CheckStep[]> {
    return await checkSteps(this.inspector);
  }

  source(options: OptionValues): Source {
    const wish = readSqlSource(options);
    const tools: SourceTools = {
      link: this.#link,
      host: this.#host,
      sessions: this.#sessions,
      background: (work) => {
        this.#background.add(work);
        void work.finally(() => this.#background.delete(work));
      },
    };
    return wish.query === null
      ? new SqlServerSource(tools, wish)
      : new SqlServerQuerySource(tools, wish, wish.query);
  }

  sink(options: OptionValues): Sink {
    const { host, sessions } = { host: this.#host, sessions: this.#sessions };
    return new SqlServerSink({ host, sessions }, readSqlSink(options));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#background]);
  }
}

/**
 * Opens a database of SQL Server. Makes no socket yet: each read and each writer has one to itself.
 * @throws what `readSqlLink` throws.
 */
export async function openSqlServer(link: OptionValues, host: Host): Promise<Connection> {
  return new SqlServerConnection(readSqlLink(link), host);
}
