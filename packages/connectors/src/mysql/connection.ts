import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { checkSteps } from '../jdbc/check-steps.ts';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { MysqlInspector } from './inspector.ts';
import { MysqlQuerySource } from './query-source.ts';
import type { SourceTools } from './read-select.ts';
import { SessionPool } from './session-pool.ts';
import { MysqlSink } from './sink.ts';
import { MysqlSource } from './source.ts';
import { openEngine } from './transcode/open-engine.ts';

class MysqlConnection implements Connection {
  readonly inspector: MysqlInspector;
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
    this.inspector = new MysqlInspector(link, this.#host, this.#tinyIntIsBoolean);
  }

  async check(): Promise<readonly CheckStep[]> {
    return await checkSteps(this.inspector);
  }

  get #tinyIntIsBoolean(): boolean {
    const { properties } = this.#link;
    return (
      properties.get('tinyInt1isBit') !== 'false' && properties.get('mysql.bool.type.transform') !== 'false'
    );
  }

  source(options: OptionValues): Source {
    const { properties } = this.#link;
    const wish = readSqlSource(options);
    const tools: SourceTools = {
      link: this.#link,
      host: this.#host,
      sessions: this.#sessions,
      tinyIntIsBoolean: this.#tinyIntIsBoolean,
      zeroDateIsNull: /^convert_?to_?null$/i.test(properties.get('zeroDateTimeBehavior') ?? ''),
      openEngine,
      background: (work) => {
        this.#background.add(work);
        void work.finally(() => this.#background.delete(work));
      },
    };
    return wish.query === null ? new MysqlSource(tools, wish) : new MysqlQuerySource(tools, wish, wish.query);
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
