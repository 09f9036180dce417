import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CandidateUnavailable } from '../candidates/candidate.ts';
import { ensureProgram, isOnPath } from '../candidates/pipes.ts';
import { urlOf } from './endpoint-url.ts';
import type { Peer } from './peer.ts';

export const pgloader: Peer = {
  name: 'pgloader',
  version: 'Debian package',
  how: 'pgloader, data only, workers = 2, concurrency = 1',
  makesTarget: false,
  unableFor: ({ source, target }) =>
    source.kind === 'mariadb' && target.kind === 'postgres'
      ? null
      : 'it only copies from MySQL to PostgreSQL',
  async install(isAllowed) {
    if (!isAllowed && !isOnPath('pgloader'))
      throw new CandidateUnavailable('it is not installed (--peers installs it)');
    await ensureProgram('pgloader', 'pgloader');
    return { folder: '/' };
  },
  async command({ source, target, table, folder }) {
    const file = path.join(folder, 'pgloader.load');
    await writeFile(
      file,
      `LOAD DATABASE FROM ${urlOf(source, 'mysql')} INTO ${urlOf(target, 'postgresql')}
       WITH data only, workers = 2, concurrency = 1
       INCLUDING ONLY TABLE NAMES MATCHING '${table.name}'
       ALTER SCHEMA '${source.database}' RENAME TO '${target.schema}';`,
      { mode: 0o600 },
    );
    return {
      program: 'pgloader',
      args: ['--on-error-stop', '--root-dir', path.join(folder, 'pgloader'), file],
      env: {},
    };
  },
};
