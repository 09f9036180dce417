import type { Connection, Host } from '@sluice/core/connector/contract';
import { defineConnector } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { jdbcFromGroup, jdbcLinkGroup, jdbcToGroup } from './options.ts';

/**
 * Opens the database that the link names. Each driver is loaded when a link asks for it, so a worker that moves
 * PostgreSQL never pays for MySQL, and the API process pays for neither.
 */
async function openByDatabaseType(link: OptionValues, host: Host): Promise<Connection> {
  switch (link['linkConfig.databaseType']) {
    case 'POSTGRESQL': {
      const { openPostgres } = await import('../postgres/connection.ts');
      return openPostgres(link, host);
    }
    case 'MYSQL': {
      const { openMysql } = await import('../mysql/connection.ts');
      return openMysql(link, host);
    }
    case 'SQLSERVER': {
      const { openSqlServer } = await import('../sqlserver/connection.ts');
      return openSqlServer(link, host);
    }
    case 'ORACLE': {
      const { openOracle } = await import('../oracle/connection.ts');
      return openOracle(link, host);
    }
    default:
      throw new SluiceError('Cdm.0012');
  }
}

/** Relational databases. `linkConfig.databaseType` decides which one. */
export const genericJdbcConnector = defineConnector({
  name: 'generic-jdbc-connector',
  title: { en: 'Relational database', zh: '关系型数据库' },
  link: jdbcLinkGroup,
  from: jdbcFromGroup,
  to: jdbcToGroup,
  provedOn: 'real server',
  open: openByDatabaseType,
});
