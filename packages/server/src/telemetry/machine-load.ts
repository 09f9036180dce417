import { readFileSync, statfsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** What was counted since the machine started, in bytes; null: this system does not say. */
interface Counted {
  readonly at: number;
  readonly cpuBusyMs: number;
  readonly cpuTotalMs: number;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly diskBytes: number | null;
}

/** Use of the machine; null: not known here. Rates are over the time since the last look. */
export interface MachineLoad {
  readonly bytesInPerSecond: number | null;
  readonly bytesOutPerSecond: number | null;
  readonly diskBytesPerSecond: number | null;
  readonly cpuPercent: number | null;
  readonly memoryPercent: number;
  readonly diskPercent: number | null;
  readonly inodesPercent: number | null;
  /** Threads of this process. */
  readonly threads: number | null;
}

/** A look sooner than this after the last one, in milliseconds, would give rates of next to nothing. */
const shortestSpanMs = 500;

/** Looks at the machine as Linux tells of it, at the cost of a few small reads; elsewhere most is null. */
export class MachineWatch {
  readonly #folder: string;
  readonly #now: () => number;
  #before: Counted;
  #latest: MachineLoad | null = null;

  /** @param folder whose disk is looked at. */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    this.#before = counted(now());
  }

  look(): MachineLoad {
    const after = counted(this.#now());
    const before = this.#before;
    const spanMs = after.at - before.at;
    if (spanMs < shortestSpanMs && this.#latest !== null) return this.#latest;
    this.#before = after;
    const perSecond = (from: number | null, to: number | null) =>
      from === null || to === null || spanMs <= 0 ? null : Math.max(0, to - from) / (spanMs / 1_000);
    const cpuMs = after.cpuTotalMs - before.cpuTotalMs;
    this.#latest = {
      bytesInPerSecond: perSecond(before.bytesIn, after.bytesIn),
      bytesOutPerSecond: perSecond(before.bytesOut, after.bytesOut),
      diskBytesPerSecond: perSecond(before.diskBytes, after.diskBytes),
      cpuPercent: cpuMs <= 0 ? null : (100 * (after.cpuBusyMs - before.cpuBusyMs)) / cpuMs,
      memoryPercent: 100 * (1 - process.availableMemory() / totalmem()),
      ...diskUse(this.#folder),
      threads: numberIn(textOf('/proc/self/status'), /^Threads:\s+(\d+)/m),
    };
    return this.#latest;
  }
}

function counted(at: number): Counted {
  let [cpuBusyMs, cpuTotalMs] = [0, 0];
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    cpuBusyMs += busy;
    cpuTotalMs += busy + times.idle;
  }
  const net = textOf('/proc/net/dev');
  const disks = textOf('/proc/diskstats');
  return {
    at,
    cpuBusyMs,
    cpuTotalMs,
    bytesIn: net === null ? null : sumOf(net, /^\s*(?!lo:)[^\s:]+:\s*(\d+)/gm),
    bytesOut: net === null ? null : sumOf(net, /^\s*(?!lo:)[^\s:]+:\s*(?:\d+\s+){8}(\d+)/gm),
    // Whole disks, not their parts; a sector here is 512 bytes whatever the disk's own is.
    diskBytes: disks === null ? null : 512 * sectorsOf(disks),
  };
}

function diskUse(folder: string): Pick<MachineLoad, 'diskPercent' | 'inodesPercent'> {
  try {
    const { blocks, bavail, bfree, files, ffree } = statfsSync(folder);
    const used = blocks - bfree;
    return {
      diskPercent: blocks === 0 ? null : (100 * used) / (used + bavail),
      inodesPercent: files === 0 ? null : (100 * (files - ffree)) / files,
    };
  } catch {
    // A folder that went away says nothing of its disk.
    return { diskPercent: null, inodesPercent: null };
  }
}

function sectorsOf(diskstats: string): number {
  let sectors = 0;
  for (const line of diskstats.split('\n')) {
    const [, , name = '', , , read, , , , written] = line.trim().split(/\s+/);
    if (!/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(name)) continue;
    sectors += Number(read) + Number(written);
  }
  return sectors;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, or a container that hides it.
    return null;
  }
}

function numberIn(text: string | null, form: RegExp): number | null {
  const found = text === null ? null : form.exec(text);
  return found === null ? null : Number(found[1]);
}

function sumOf(text: string, form: RegExp): number {
  let sum = 0;
  for (const [, digits] of text.matchAll(form)) sum += Number(digits);
  return sum;
}
