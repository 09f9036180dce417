import type { OptionValues } from '@sluice/core/options/option';
import type { Connection as MysqlClient } from 'mysql2/promise';
import type pg from 'pg';
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
