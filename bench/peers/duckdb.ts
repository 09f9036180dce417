import { cachedInstall } from './cached-install.ts';
import type { Peer } from './peer.ts';
import { pythonProgram } from './python-program.ts';

const VERSION = '1.5.5';

export const duckdb: Peer = {
  name: 'duckdb',
  version: VERSION,
  how: 'DuckDB with its postgres and mysql extensions: INSERT INTO target SELECT * FROM source',
  makesTarget: false,
  unableFor: () => null,
  install: (isAllowed, say) =>
    cachedInstall(
      {
        name: 'duckdb',
        requirements: [
          `duckdb==${VERSION}`,
          `duckdb-extension-postgres-scanner==${VERSION}`,
          `duckdb-extension-mysql-scanner==${VERSION}`,
        ],
      },
      isAllowed,
      say,
    ),
  command: async (_order, files, specPath) => pythonProgram('duckdb_copy', files, specPath),
};
