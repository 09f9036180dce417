import type { CheckStep, Connection, Host, Sink, Source } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import { readDwsStorage } from '../gauss/dws-table.ts';
import { checkSteps } from '../jdbc/check-steps.ts';
import { readSqlLink, readSqlSink, readSqlSource, type SqlLink } from '../jdbc/sql-options.ts';
import { PgInspector } from './inspector.ts';
import { PgQuerySource } from './query-source.ts';
import { PgSessions } from './sessions.ts';
import { PgSink } from './sink.ts';
import { PgSource } from './source.ts';

/** Opens the way to a PostgreSQL server. No socket is opened before something is asked. */
export async function openPostgres(link: OptionValues, host: Host): Promise<Connection> {
  return new PgConnection(readSqlLink(link), host);
}

class PgConnection implements Connection {
  readonly #link: SqlLink;
  readonly inspector: PgInspector;
  readonly #sessions: PgSessions;
  readonly #log: (line: string) => void;

  constructor(link: SqlLink, host: Host) {
    this.#link = link;
    this.#log = (line) => host.log(line);
    this.#sessions = new PgSessions(link, host);
    this.inspector = new PgInspector(link, this.#sessions);
  }

  async check(): Promise<readonly CheckStep[]> {
    return await checkSteps(this.inspector);
  }

  source(options: OptionValues): Source {
    const wish = readSqlSource(options);
    const { batchRowsMax } = this.#link;
    return wish.query === null
      ? new PgSource(this.#sessions, wish, batchRowsMax, this.#log)
      : new PgQuerySource(this.#sessions, wish, wish.query, batchRowsMax);
  }

  sink(options: OptionValues): Sink {
    const dws = this.#link.databaseType === 'DWS' ? readDwsStorage(options) : null;
    if (dws !== null && options['toJobConfig.importMode'] === 'GDS')
      this.#log('importMode GDS: rows are loaded by COPY, for the data nodes cannot fetch from here');
    return new PgSink(this.#sessions, readSqlSink(options), dws);
  }

  async close(): Promise<void> {
    this.#sessions.close();
  }
}
