import path from 'node:path';
import { CandidateUnavailable } from '../candidates/candidate.ts';
import { isOnPath } from '../candidates/pipes.ts';
import { cachedInstall } from './cached-install.ts';
import type { Peer } from './peer.ts';
import { pythonProgram } from './python-program.ts';

const VERSION = '4.3.0';

export const spark: Peer = {
  name: 'spark',
  version: VERSION,
  how: 'Spark JDBC, local[2], 2 partitions by the key, batches of 10,000 rewritten to multi-row inserts; its start counts',
  makesTarget: false,
  unableFor: () => null,
  install: async (isAllowed, say) => {
    if (!isOnPath('java')) throw new CandidateUnavailable('there is no Java');
    return cachedInstall(
      {
        name: 'spark',
        requirements: [`pyspark==${VERSION}`],
        jars: ['org.postgresql:postgresql:42.7.8', 'com.mysql:mysql-connector-j:9.5.0'],
      },
      isAllowed,
      say,
    );
  },
  command: async ({ folder }, files, specPath) =>
    pythonProgram('spark_copy', files, specPath, {
      BENCH_JARS: path.join(files.folder, 'jars'),
      SPARK_LOCAL_DIRS: folder,
      PYSPARK_PYTHON: path.join(files.folder, 'bin', 'python'),
    }),
};
