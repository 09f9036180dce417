import type { Connection, Host, Source } from '@sluice/core/connector/contract';
import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { Batch } from '@sluice/core/data/batch';
import type { OptionValues } from '@sluice/core/options/option';
import type { RunningServer, ServerKind } from '../../tools/servers/running-server.ts';
import { DATABASE, type SqlClient } from './clients.ts';
import type { System } from './columns.ts';

/** A server under torture: the client beside us, and what a link to it says. */
export interface End {
  readonly system: System;
  readonly version: string;
  readonly client: SqlClient;
  readonly link: OptionValues;
  /** Where tables are: a schema of PostgreSQL, a database of MySQL. */
  readonly schema: string;
}

export function linkTo(system: System, server: RunningServer<ServerKind>): OptionValues {
  return {
    'linkConfig.databaseType': system === 'postgres' ? 'POSTGRESQL' : 'MYSQL',
    'linkConfig.host': server.host,
    'linkConfig.port': String(server.port),
    'linkConfig.database': DATABASE,
    'linkConfig.username': server.user,
    'linkConfig.password': server.password,
  };
}

/** How a job's data travel: as the plan finds best, or as rows, which every plan may fall back to. */
export type Lane = 'best' | 'rows';

/** Changes a source on its way into a job. */
export type Dressing = (source: Source) => Source;

/** A source that offers rows only. */
export const rowsOnly: Dressing = (source) =>
  dressed(source, {
    offer: (shape, columns) => {
      const { sendAs: _sendAs, ...offer } = source.offer(shape, columns);
      return { ...offer, forms: ['rows'] };
    },
  });

/** A planted bug: the last character of every text that travels as a value becomes another one. */
export const bentTexts: Dressing = (source) =>
  dressed(rowsOnly(source), {
    async *read(...call): AsyncIterable<Batch> {
      for await (const batch of source.read(...call)) {
        if (batch.form !== 'rows') throw new Error('the planted bug bends rows');
        const rows = batch.rows.map((row) =>
          row.map((value) => (typeof value === 'string' && value !== '' ? `${value.slice(0, -1)}~` : value)),
        );
        yield { ...batch, rows };
      }
    },
  });

function dressed(source: Source, changes: Partial<Source>): Source {
  return {
    describe: () => source.describe(),
    offer: (shape, columns) => source.offer(shape, columns),
    split: (shape, hint) => source.split(shape, hint),
    read: (...call) => source.read(...call),
    ...changes,
  };
}

/** Opens what a job reads from or writes to. */
export function openEnd(connector: ConnectorSpec, end: End, signal: AbortSignal): Promise<Connection> {
  const host: Host = { signal, log: () => undefined };
  return connector.open(end.link, host);
}
