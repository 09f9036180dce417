import path from 'node:path';
import { cachedInstall } from './cached-install.ts';
import type { Peer } from './peer.ts';
import { pythonProgram } from './python-program.ts';

const VERSION = '1.31.0';

export const dlt: Peer = {
  name: 'dlt',
  version: VERSION,
  how: 'dlt sql_table with its ConnectorX back end, parquet files, loaded by ADBC (PostgreSQL) or SQLAlchemy (MariaDB)',
  makesTarget: true,
  unableFor: () => null,
  install: (isAllowed, say) =>
    cachedInstall(
      {
        name: 'dlt',
        requirements: [
          `dlt[postgres,sqlalchemy,parquet]==${VERSION}`,
          'connectorx==0.4.6',
          'pyarrow==26.0.1',
          'sqlalchemy==2.1.9',
          'adbc-driver-manager==1.13.0',
          'adbc-driver-postgresql==1.13.0',
          'pymysql==1.2.4',
          'psycopg2-binary==2.9.13',
        ],
      },
      isAllowed,
      say,
    ),
  command: async ({ folder }, files, specPath) =>
    pythonProgram('dlt_copy', files, specPath, {
      RUNTIME__DLTHUB_TELEMETRY: 'false',
      RUNTIME__LOG_LEVEL: 'ERROR',
      DLT_DATA_DIR: path.join(folder, 'dlt'),
    }),
};
