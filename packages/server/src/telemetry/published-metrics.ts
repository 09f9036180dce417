import { getHeapStatistics } from 'node:v8';
import type { MachineLoad } from './machine-load.ts';
import { type Meter, type MetricFamily, single } from './metric-family.ts';

/** Counts of the runs on record. */
export interface RunTallies {
  readonly total: number;
  readonly queued: number;
  readonly endedInLastHour: number;
  readonly failedInLastHour: number;
}

/** Where the published metrics come from. */
export interface PublishedSources {
  /** The dimension of the published metrics; a server has one. */
  readonly instanceId: string;
  machine(): MachineLoad;
  /** null: not counted yet. */
  runs(): RunTallies | null;
  /** Open connections of clients. */
  connections(): Promise<number>;
  /** Connections to the store. */
  storeConnections(): number;
  /** Tasks that wait for a worker. */
  waitingTasks(): number;
}

interface Published {
  readonly help: string;
  read(sources: PublishedSources): number | null | Promise<number>;
}

/**
 * The published metrics of the service (namespace SYS.CDM) and what stands for each here. Some names tell of programs that
 * this server does not have; each is the nearest thing that it has.
 */
export const publishedMetrics: Readonly<Record<string, Published>> = {
  bytes_in: { help: 'Bytes received per second by the machine.', read: (s) => s.machine().bytesInPerSecond },
  bytes_out: { help: 'Bytes sent per second by the machine.', read: (s) => s.machine().bytesOutPerSecond },
  cpu_usage: { help: 'CPU in use on the machine, in per cent.', read: (s) => s.machine().cpuPercent },
  mem_usage: { help: 'Memory in use on the machine, in per cent.', read: (s) => s.machine().memoryPercent },
  disk_usage: {
    help: "Use of the data folder's disk, in per cent.",
    read: (s) => s.machine().diskPercent,
  },
  disk_io: {
    help: 'Bytes read and written per second on the disks of the machine.',
    read: (s) => s.machine().diskBytesPerSecond,
  },
  inodes_usage: {
    help: "Inodes in use on the data folder's disk, in per cent.",
    read: (s) => s.machine().inodesPercent,
  },
  tomcat_heap_usage: { help: "The server's own heap in use, in per cent of its limit.", read: heapPercent },
  tomcat_connect: { help: 'Open connections of clients.', read: (s) => s.connections() },
  tomcat_thread_count: { help: 'Threads of the server process.', read: (s) => s.machine().threads },
  pg_connect: { help: 'Connections to the store.', read: (s) => s.storeConnections() },
  pg_submission_row: { help: 'Runs on record.', read: (s) => s.runs()?.total ?? null },
  pg_failed_job_rate: {
    help: 'Runs that failed, in per cent of those that ended in the last hour; 0 when none did.',
    read: (s) => failedPercent(s.runs()),
  },
  pg_pending_job: { help: 'Runs that wait to be taken up.', read: (s) => s.runs()?.queued ?? null },
  pending_threads: { help: 'Slices and steps that wait for a worker.', read: (s) => s.waitingTasks() },
};

/** What stands before a published name: `cdm_cpu_usage`. */
const prefix = 'cdm_';

/** The published metrics under their names, with the published dimension as a label. What is not known here is left out. */
export class PublishedMeter implements Meter {
  readonly #sources: PublishedSources;

  constructor(sources: PublishedSources) {
    this.#sources = sources;
  }

  async families(): Promise<readonly MetricFamily[]> {
    const labels = { instance_id: this.#sources.instanceId };
    const families = Object.entries(publishedMetrics).map(async ([name, { help, read }]) => {
      const value = await read(this.#sources);
      return value === null ? [] : [single(`${prefix}${name}`, 'gauge', help, value, labels)];
    });
    return (await Promise.all(families)).flat();
  }
}

function heapPercent(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return (100 * used) / limit;
}

function failedPercent(runs: RunTallies | null): number | null {
  if (runs === null) return null;
  return runs.endedInLastHour === 0 ? 0 : (100 * runs.failedInLastHour) / runs.endedInLastHour;
}
