import { readdirSync, readFileSync } from 'node:fs';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { MemoryGroup } from './memory-group.ts';

const lookPauseMs = 100;
const mebibyte = 1024 * 1024;

/** Looks at a server and its workers while they run: their peaks, and whether all of them are in the group. */
export class WatchedServer {
  readonly #peaks = new Map<number, number>();
  readonly #strays = new Set<number>();
  readonly #server: SluiceProcess;
  readonly #group: MemoryGroup;
  readonly #timer: NodeJS.Timeout;
  #peaksTogether = 0;

  constructor(server: SluiceProcess, group: MemoryGroup) {
    this.#server = server;
    this.#group = group;
    this.#timer = setInterval(() => void this.look(), lookPauseMs);
  }

  /** The kernel keeps each peak itself while the process lives, so what grows between two looks is seen at the next. */
  async look(): Promise<void> {
    const pids = [this.#server.pid, ...(await this.#server.workerPids())];
    const members = new Set(this.#group.pids());
    let together = 0;
    for (const pid of pids) {
      const peak = (await SluiceProcess.peakRssMb(pid)) * mebibyte;
      if (peak === 0) continue; // gone meanwhile
      together += ownBytes(pid);
      if (!members.has(pid) && isAlive(pid)) this.#strays.add(pid);
      this.#peaks.set(pid, Math.max(peak, this.#peaks.get(pid) ?? 0));
    }
    this.#peaksTogether = Math.max(this.#peaksTogether, together);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get serverPeakBytes(): number {
    return this.#peaks.get(this.#server.pid) ?? 0;
  }

  /** Of the largest worker. */
  get workerPeakBytes(): number {
    return Math.max(0, ...[...this.#peaks].map(([pid, peak]) => (pid === this.#server.pid ? 0 : peak)));
  }

  /** Most memory of server and workers together that belongs to nobody else, as seen. */
  get anonymousPeakBytes(): number {
    return this.#peaksTogether;
  }

  get workersSeen(): number {
    return [...this.#peaks.keys()].filter((pid) => pid !== this.#server.pid).length;
  }

  /** Processes of Sluice that were not in the group. */
  get strays(): number {
    return this.#strays.size;
  }
}

/** Anonymous memory: without the program's own pages, which all processes of a machine share. */
function ownBytes(pid: number): number {
  try {
    return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 0;
  } catch {
    return false;
  }
}
