import type { Host } from '@sluice/core/connector/contract';
import type { OptionValues } from '@sluice/core/options/option';
import type { Connection as MysqlClient } from 'mysql2/promise';
import type pg from 'pg';
import type { SqlLink } from '../../packages/connectors/src/jdbc/sql-options.ts';
import { openSession } from '../../packages/connectors/src/mysql/session.ts';
import type { Sessions } from '../../packages/connectors/src/mysql/session-pool.ts';
import type { Random } from './random-columns.ts';

/** What a round needs: the two databases, twice each, and chance. */
export interface RoundTools {
  readonly mysql: MysqlClient;
  readonly postgres: pg.Client;
  /** Link options of the two ends. */
  readonly mysqlLink: OptionValues;
  readonly postgresLink: OptionValues;
  readonly database: string;
  readonly random: Random;
  readonly log: (line: string) => void;
}

/** Sessions of MySQL that nobody keeps: a round has no pool that would close them. */
export function ownSessions(link: SqlLink, host: Host): Sessions {
  const open: Sessions['open'] = (role, name) => openSession(link, role, name, host);
  return { open, openOwn: open };
}
