import { bundle } from '@sluice/connectors/bundle';
import type { Connection, Host } from '@sluice/core/connector/contract';
import type { Json } from '@sluice/core/data/json';
import type { OptionValues } from '@sluice/core/options/option';
import type { RunningServer, ServerKind } from '../../tools/servers/running-server.ts';

/** Options of a link to a server, as a job would carry them. */
export interface LinkChanges {
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly useSsl?: boolean;
  readonly properties?: Readonly<Record<string, Json>>;
}

/** Opens a link as the product does: by the connector of the bundle. */
export async function openLink(
  server: RunningServer<ServerKind>,
  host: Host,
  changes: LinkChanges = {},
): Promise<Connection> {
  const [connector] = bundle;
  if (connector === undefined) throw new Error('the bundle is empty');
  const isPostgres = server.kind === 'postgres';
  const options: OptionValues = {
    'linkConfig.databaseType': isPostgres ? 'POSTGRESQL' : 'MYSQL',
    'linkConfig.host': changes.host ?? server.host,
    'linkConfig.port': String(server.port),
    'linkConfig.database': changes.database ?? (isPostgres ? 'postgres' : 'mysql'),
    'linkConfig.username': changes.user ?? server.user,
    'linkConfig.password': changes.password ?? server.password,
    ...(changes.useSsl === undefined ? {} : { 'linkConfig.useSSL': String(changes.useSsl) }),
    'linkConfig.jdbcProperties': { ...changes.properties },
  };
  return connector.open(options, host);
}
