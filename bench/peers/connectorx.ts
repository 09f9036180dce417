import { cachedInstall } from './cached-install.ts';
import type { Peer } from './peer.ts';
import { pythonProgram } from './python-program.ts';

const VERSION = '0.4.6';

export const connectorx: Peer = {
  name: 'connectorx',
  version: VERSION,
  how: 'ConnectorX, 2 partitions, Arrow; written by ADBC (COPY BINARY) to PostgreSQL, as text by LOAD DATA LOCAL to MariaDB',
  makesTarget: false,
  unableFor: () => null,
  install: (isAllowed, say) =>
    cachedInstall(
      {
        name: 'connectorx',
        requirements: [
          `connectorx==${VERSION}`,
          'pyarrow==26.0.1',
          'adbc-driver-manager==1.13.0',
          'adbc-driver-postgresql==1.13.0',
          'pymysql==1.2.4',
        ],
      },
      isAllowed,
      say,
    ),
  command: async (_order, files, specPath) => pythonProgram('connectorx_copy', files, specPath),
};
