import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceCluster } from '../bench/candidates/sluice-cluster.ts';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { type RunningServer, ServerUnavailable } from '../tools/servers/running-server.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { type BigTable, openBigTable, rowBytesMin } from './memory/big-table.ts';
import { MemoryGroup, MemoryGroupUnavailable } from './memory/memory-group.ts';
import { recordedTotals } from './memory/recorded-bytes.ts';
import { WatchedServer } from './memory/watched-server.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'a table of 12.8 GB moves while server and workers together live in a memory group of 256 MB without swap, no worker above 128 MB, and every row arrives as it was';

/** All in bytes; a megabyte is a million of them, as in the promise. */
const megabyte = 1_000_000;
const groupBytes = 256 * megabyte;
const workerBytesMax = 128 * megabyte;
const defaultBytes = 12_800 * megabyte;
/** What the planted process takes, which the group must not allow. */
const plantedBytes = 300 * megabyte;
const plantedLimitMs = 60_000;
/** Source and target each take a little more than their data. */
const diskShare = 2.4;
const diskReserveBytes = 2_000 * megabyte;

const extractors = 2;
const pollMs = 250;
/** A copy slower than this is stuck, whatever the machine: bytes a second, and seconds on top. */
const slowestRate = 4 * megabyte;
const patienceMs = 120_000;

const kinds = ['postgres', 'mariadb'] as const;
type Kind = (typeof kinds)[number];

/** Nothing here is about the databases' durability, and the disk is better used for tables than for logs. */
const settingsOf: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  postgres: {
    fsync: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '4GB',
    checkpoint_timeout: '30min',
    shared_buffers: '512MB',
    autovacuum: 'off',
  },
  mariadb: {
    'innodb-buffer-pool-size': '1G',
    'innodb-log-file-size': '1G',
    'innodb-flush-log-at-trx-commit': '0',
    'innodb-doublewrite': '0',
  },
};

/** Shows that the group bites, then moves the table in it. */
export async function run(options: ProofOptions): Promise<ProofResult> {
  const { log, bytes = defaultBytes } = options;
  const pair = pairOf(options.pair ?? 'postgres-to-postgres');
  const folder = await mkdtemp(join(tmpdir(), 'sluice-memory-'));
  const cleanups: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    await requireDisk(folder, bytes);
    const group = MemoryGroup.make(`sluice-proof-${process.pid}`, groupBytes);
    cleanups.unshift(() => group.remove());
    const planted = await plant();
    log(
      `planted: a process of ${plantedBytes / megabyte} MB in such a group ${planted ? 'was killed' : 'LIVED'}`,
    );

    const tables = await openTables(pair, cleanups, log);
    const rows = Math.ceil(bytes / rowBytesMin);
    log(`filling the source: ${rows} rows`);
    await tables.source.fill(rows);
    const sourceBytes = await tables.source.bytes('source');
    const source = await tables.source.digest('source');
    await tables.target.makeTarget();

    const copied = await copyInGroup(group, tables, folder, bytes, log);
    const target = await tables.target.digest('target');
    const { oomKills, limitHits, peakBytes } = group.figures();
    const isExact =
      source.rows === rows && target.rows === source.rows && target.checksum === source.checksum;
    const { watched, totals } = copied;
    return {
      ok:
        planted &&
        isExact &&
        copied.rowsWritten === rows &&
        totals.rowsWritten === rows &&
        sourceBytes >= bytes &&
        totals.bytesRead >= bytes &&
        oomKills === 0 &&
        watched.strays === 0 &&
        peakBytes <= groupBytes &&
        watched.workersSeen >= extractors &&
        watched.workerPeakBytes <= workerBytesMax,
      figures: {
        pair: pair.join('-to-'),
        bytes: totals.bytesRead,
        sourceBytes,
        rows: target.rows,
        rowsExact: isExact,
        copySeconds: Number(copied.seconds.toFixed(1)),
        slices: totals.slices,
        inGroup: 'server and workers',
        groupVersion: group.version,
        groupMb: groupBytes / megabyte,
        peakGroupMb: inMegabytes(peakBytes),
        peakWorkerMb: inMegabytes(watched.workerPeakBytes),
        peakServerMb: inMegabytes(watched.serverPeakBytes),
        peakAnonymousMb: inMegabytes(watched.anonymousPeakBytes),
        workersSeen: watched.workersSeen,
        outsideGroup: watched.strays,
        limitHits,
        oomKills,
        plantedKilled: planted,
      },
    };
  } catch (error) {
    if (!(error instanceof MemoryGroupUnavailable || error instanceof ServerUnavailable)) throw error;
    return { ok: false, skipped: error.message, figures: {} };
  } finally {
    for (const cleanup of cleanups) {
      try {
        await cleanup();
      } catch (error) {
        log(`clean-up: ${(error as Error).message}`);
      }
    }
  }
}

/** @throws when the text names no pair of databases. */
function pairOf(text: string): readonly [Kind, Kind] {
  const [from, to] = text.split('-to-').map((word) => kinds.find((kind) => kind === word));
  if (from === undefined || to === undefined)
    throw new Error(`--pair wants FROM-to-TO of ${kinds.join(' and ')}, such as mariadb-to-postgres`);
  return [from, to];
}

async function requireDisk(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const wanted = bytes * diskShare + diskReserveBytes;
  if (bavail * bsize < wanted) {
    throw new Error(
      `${tmpdir()} has ${inMegabytes(bavail * bsize)} MB free, the proof needs ${inMegabytes(wanted)} MB; --bytes makes it smaller`,
    );
  }
}

/** Whether the same kind of group kills a process that takes more than it may. */
async function plant(): Promise<boolean> {
  const group = MemoryGroup.make(`sluice-planted-${process.pid}`, groupBytes);
  try {
    const program = `const held = []; for (let mb = 0; mb < ${plantedBytes / megabyte}; mb++) held.push(Buffer.alloc(${megabyte}, 1));`;
    const [command, ...args] = [...group.launcher, process.execPath, '-e', program];
    const child = spawn(command as string, args, { stdio: 'ignore' });
    const limit = setTimeout(() => child.kill('SIGTERM'), plantedLimitMs);
    const [, signal] = await once(child, 'exit');
    clearTimeout(limit);
    return signal === 'SIGKILL' && group.figures().oomKills > 0;
  } finally {
    await group.remove();
  }
}

interface Tables {
  readonly source: BigTable;
  readonly target: BigTable;
}

/** The databases run outside of the group. */
async function openTables(
  [from, to]: readonly [Kind, Kind],
  cleanups: (() => unknown)[],
  log: (line: string) => void,
): Promise<Tables> {
  const servers = new Map<Kind, RunningServer>();
  for (const kind of new Set([from, to])) {
    const settings = settingsOf[kind];
    const server = await (kind === 'postgres'
      ? startPostgres({ settings })
      : startMariadb({ settings, say: log }));
    cleanups.unshift(() => server.stop());
    servers.set(kind, server);
  }
  const open = async (kind: Kind, database: string) => {
    const table = await openBigTable(servers.get(kind) as RunningServer, database);
    cleanups.unshift(() => table.close());
    return table;
  };
  return { source: await open(from, 'memory_source'), target: await open(to, 'memory_target') };
}

/** Starts the server in the group and moves the table by a job of the API. @throws when the run does not succeed. */
async function copyInGroup(
  group: MemoryGroup,
  { source, target }: Tables,
  folder: string,
  bytes: number,
  log: (line: string) => void,
) {
  const server = await SluiceProcess.start({ dataFolder: join(folder, 'data'), launcher: group.launcher });
  const watched = new WatchedServer(server, group);
  try {
    const cluster = await SluiceCluster.create(server);
    const from = { link: 'from', endpoint: source.endpoint('source') };
    const to = { link: 'to', endpoint: target.endpoint('target') };
    for (const { link, endpoint } of [from, to]) await cluster.createLink(link, endpoint);
    await cluster.createJob('memory', from, to, extractors);
    log('moving it');
    const limitMs = patienceMs + (bytes / slowestRate) * 1_000;
    const { seconds, rowsWritten } = await cluster.runJob('memory', pollMs, limitMs);
    await watched.look();
    log(`moved in ${seconds.toFixed(1)} s`);
    await server.stop();
    return { seconds, rowsWritten, watched, totals: recordedTotals(server.dataFolder) };
  } finally {
    watched.stop();
    await server.stop();
  }
}

function inMegabytes(bytes: number): number {
  return Math.round((bytes / megabyte) * 10) / 10;
}
