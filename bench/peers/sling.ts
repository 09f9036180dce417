import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Endpoint } from '../stage.ts';
import { cachedInstall } from './cached-install.ts';
import { urlOf } from './endpoint-url.ts';
import type { Peer } from './peer.ts';

// Later releases download their program from elsewhere; this one carries it.
const VERSION = '1.4.11';

const connectionOf = (endpoint: Endpoint) =>
  endpoint.kind === 'postgres' ? urlOf(endpoint, 'postgres', '?sslmode=disable') : urlOf(endpoint, 'mysql');

export const sling: Peer = {
  name: 'sling',
  version: VERSION,
  how: 'sling run --mode truncate',
  makesTarget: false,
  unableFor: () => null,
  install: (isAllowed, say) =>
    cachedInstall({ name: 'sling', requirements: [`sling-linux-amd64==${VERSION}`] }, isAllowed, say),
  async command({ source, target, folder }, files) {
    const lib = path.join(files.folder, 'lib');
    const python = readdirSync(lib).find((entry) => entry.startsWith('python')) ?? 'python3';
    return {
      program: path.join(lib, python, 'site-packages/sling_linux_amd64/bin/sling-linux-amd64'),
      args: [
        'run',
        ...['--src-conn', connectionOf(source), '--src-stream', `${source.schema}.${source.table}`],
        ...['--tgt-conn', connectionOf(target), '--tgt-object', `${target.schema}.${target.table}`],
        ...['--mode', 'truncate'],
      ],
      env: { SLING_DISABLE_TELEMETRY: 'TRUE', SLING_HOME_DIR: path.join(folder, 'sling') },
      cwd: folder,
    };
  },
};
