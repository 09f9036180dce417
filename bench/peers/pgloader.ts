import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runToEnd } from '../../tools/servers/run-to-end.ts';
import { CandidateUnavailable } from '../candidates/candidate.ts';
import { ensureProgram, isOnPath } from '../candidates/pipes.ts';
import { urlOf } from './endpoint-url.ts';
import type { Peer } from './peer.ts';

const VERSION_LIMIT_MS = 30_000;

// With its default of 100,000 rows read ahead, a hundred columns wide, its own heap of 1 GB runs over now and then.

export const pgloader: Peer = {
  name: 'pgloader',
  version: null,
  how: 'pgloader, data only, workers = 2, concurrency = 1, prefetch rows = 10000',
  makesTarget: false,
  unableFor: ({ source, target }) =>
    source.kind === 'mariadb' && target.kind === 'postgres'
      ? null
      : 'it only copies from MySQL to PostgreSQL',
  async install(isAllowed) {
    if (!isAllowed && !isOnPath('pgloader'))
      throw new CandidateUnavailable('it is not installed (--peers installs it)');
    await ensureProgram('pgloader', 'pgloader');
    const banner = await runToEnd('pgloader', ['--version'], { limitMs: VERSION_LIMIT_MS });
    return { folder: '/', version: /version "([^"]+)"/.exec(banner)?.[1] ?? banner.trim() };
  },
  async command({ source, target, table, folder }) {
    const file = path.join(folder, 'pgloader.load');
    await writeFile(
      file,
      `LOAD DATABASE FROM ${urlOf(source, 'mysql')} INTO ${urlOf(target, 'postgresql')}
       WITH data only, workers = 2, concurrency = 1, prefetch rows = 10000
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
