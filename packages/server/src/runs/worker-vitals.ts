import { readFileSync } from 'node:fs';

/** Clock ticks of `/proc` in a second: the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** What a process uses. */
export interface Vitals {
  /** Resident memory. */
  readonly rssBytes: number;
  /** CPU time since its start, all threads, in milliseconds. */
  readonly cpuMs: number;
}

/** Asks the system about a process, in some 30 µs and without disturbing it. @returns null when it is gone, or where there is no `/proc`. */
export function readVitals(pid: number): Vitals | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name, which may hold anything: state, ppid … utime is the 12th, stime the 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
      cpuMs: (ticks * 1_000) / ticksPerSecond,
    };
  } catch {
    return null;
  }
}

/** Vitals of one process as they are asked for, looked up once a while at most. */
export class VitalsGauge {
  readonly #pid: number;
  readonly #now: () => number;
  readonly #read: (pid: number) => Vitals | null;
  #last: Vitals & { readonly at: number };
  #cpuShare = 0;

  /** @param startedAt when the process was started, by the clock of `now`, in milliseconds. */
  constructor(
    pid: number,
    startedAt: number,
    now: () => number,
    read: (pid: number) => Vitals | null = readVitals,
  ) {
    this.#pid = pid;
    this.#now = now;
    this.#read = read;
    this.#last = { rssBytes: 0, cpuMs: 0, at: startedAt };
  }

  /**
   * @param maxAgeMs a sample that is not older will do.
   * @returns resident memory, 0 where the system does not tell; and the share of one core that was used between the last
   * two samples, above 1 when several threads work.
   */
  sample(maxAgeMs: number): { readonly rssBytes: number; readonly cpuShare: number } {
    const at = this.#now();
    const sinceMs = at - this.#last.at;
    if (sinceMs > 0 && (this.#last.rssBytes === 0 || sinceMs >= maxAgeMs)) {
      const vitals = this.#read(this.#pid);
      if (vitals !== null) {
        this.#cpuShare = Math.max(0, (vitals.cpuMs - this.#last.cpuMs) / sinceMs);
        this.#last = { ...vitals, at };
      }
    }
    return { rssBytes: this.#last.rssBytes, cpuShare: this.#cpuShare };
  }
}
