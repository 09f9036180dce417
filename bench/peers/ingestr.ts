import path from 'node:path';
import type { Endpoint } from '../stage.ts';
import { cachedInstall } from './cached-install.ts';
import { urlOf } from './endpoint-url.ts';
import type { Peer } from './peer.ts';

// Later releases download their program from elsewhere; this is the last that is all Python.
const VERSION = '0.14.155';

// Its own bookkeeping writes instants with an offset, which MariaDB's strict mode refuses.
const targetOf = (endpoint: Endpoint) =>
  endpoint.kind === 'postgres'
    ? urlOf(endpoint, 'postgresql')
    : urlOf(endpoint, 'mysql+pymysql', '?sql_mode=NO_ENGINE_SUBSTITUTION');
const sourceOf = (endpoint: Endpoint) =>
  urlOf(endpoint, endpoint.kind === 'postgres' ? 'postgresql' : 'mysql+pymysql');

export const ingestr: Peer = {
  name: 'ingestr',
  version: VERSION,
  how: 'ingestr ingest --sql-backend connectorx --full-refresh',
  makesTarget: true,
  unableFor: () => null,
  install: (isAllowed, say) =>
    cachedInstall(
      { name: 'ingestr', requirements: [`ingestr==${VERSION}`, 'connectorx==0.4.6'] },
      isAllowed,
      say,
    ),
  command: async ({ source, target, folder }, files) => ({
    program: path.join(files.folder, 'bin', 'ingestr'),
    args: [
      'ingest',
      ...['--source-uri', sourceOf(source), '--source-table', `${source.schema}.${source.table}`],
      ...['--dest-uri', targetOf(target), '--dest-table', `${target.schema}.${target.table}`],
      ...['--sql-backend', 'connectorx', '--full-refresh', '--yes', '--progress', 'log'],
      ...['--pipelines-dir', path.join(folder, 'ingestr')],
    ],
    env: { DISABLE_TELEMETRY: 'true', INGESTR_DISABLE_TELEMETRY: 'true', RUNTIME__DLTHUB_TELEMETRY: 'false' },
    cwd: folder,
  }),
};
