import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { checkSteps } from '../jdbc/check-steps.ts';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { OracleInspector } from './inspector.ts';
import { OracleQuerySource } from './query-source.ts';
import { SessionPool } from './session-pool.ts';
import { OracleSink } from './sink.ts';
import { OracleSource, type SourceTools } from './source.ts';

class OracleConnection implements Connection {
  readonly inspector: OracleInspector;
  readonly #link: SqlLink;
  readonly #host: Host;
  readonly #sessions: SessionPool;
  readonly #closing = new AbortController();

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    // Closing the connection ends every session as the host's own signal does.
    this.#host = {
      ...host,
      signal: AbortSignal.any([host.signal, this.#closing.signal]),
      log: (line) => host.log(line),
    };
    this.#sessions = new SessionPool(link, this.#host);
    this.inspector = new OracleInspector(link, this.#host);
  }

  async check(): Promise<readonly CheckStep[]> {
    return await checkSteps(this.inspector);
  }

  source(options: OptionValues): Source {
    const wish = readSqlSource(options);
    const tools: SourceTools = {
      link: this.#link,
      sessions: this.#sessions,
      log: (line) => this.#host.log(line),
    };
    return wish.query === null
      ? new OracleSource(tools, wish)
      : new OracleQuerySource(tools, wish, wish.query);
  }

  sink(options: OptionValues): Sink {
    return new OracleSink({ host: this.#host, sessions: this.#sessions }, readSqlSink(options));
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    this.#closing.abort();
  }
}

/**
 * Opens an Oracle server. Makes no socket yet: each read and each writer has one to itself.
 * @throws what `readSqlLink` throws.
 */
export async function openOracle(link: OptionValues, host: Host): Promise<Connection> {
  return new OracleConnection(readSqlLink(link), host);
}
