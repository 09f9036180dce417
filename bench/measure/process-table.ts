import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of one process. Times are in clock ticks, of which Linux shows 100 a second everywhere. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Its own threads, those that ended as well. */
  readonly ownTicks: number;
  /** Of descendants that ended and were waited for. */
  readonly reapedTicks: number;
}

export const TICKS_PER_SECOND = 100;

/** Reads one line of /proc/PID/stat. */
export function parseStat(text: string): ProcessEntry {
  // `pid (name) state ppid pgrp …`: the name may hold blanks and brackets.
  const after = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number) => Number(after[index] ?? 0);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(1),
    group: field(2),
    ownTicks: field(11) + field(12),
    reapedTicks: field(13) + field(14),
  };
}

/** All processes of this moment. Linux only. */
export class ProcessTable {
  readonly #entries = new Map<number, ProcessEntry>();

  private constructor(entries: Iterable<ProcessEntry>) {
    for (const entry of entries) this.#entries.set(entry.pid, entry);
  }

  static read(): ProcessTable {
    return new ProcessTable(
      readdirSync('/proc').flatMap((name) => {
        if (!/^\d+$/.test(name)) return [];
        const text = readIfThere(`/proc/${name}/stat`);
        return text === '' ? [] : [parseStat(text)];
      }),
    );
  }

  static of(entries: Iterable<ProcessEntry>): ProcessTable {
    return new ProcessTable(entries);
  }

  get(pid: number): ProcessEntry | null {
    return this.#entries.get(pid) ?? null;
  }

  /** The processes of a process group. */
  inGroup(group: number): ProcessEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.group === group);
  }

  /** Children, their children and so on; without `root` itself. */
  descendants(root: number): ProcessEntry[] {
    const children = new Map<number, ProcessEntry[]>();
    for (const entry of this.#entries.values()) {
      const siblings = children.get(entry.parent);
      if (siblings) siblings.push(entry);
      else children.set(entry.parent, [entry]);
    }
    const found: ProcessEntry[] = [];
    const open = [root];
    for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
      for (const child of children.get(pid) ?? []) {
        found.push(child);
        open.push(child.pid);
      }
    }
    return found;
  }

  /** CPU time of all descendants of `root`, ended ones included, in seconds. */
  descendantSeconds(root: number): number {
    let ticks = this.get(root)?.reapedTicks ?? 0;
    for (const entry of this.descendants(root)) ticks += entry.ownTicks + entry.reapedTicks;
    return ticks / TICKS_PER_SECOND;
  }

  /** CPU time of `root` alone, in seconds. */
  ownSeconds(root: number): number {
    return (this.get(root)?.ownTicks ?? 0) / TICKS_PER_SECOND;
  }
}

/** The most memory that the process ever had resident, in MiB; 0 when it is gone. */
export function peakRssMb(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readIfThere(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) / 1024;
}

/** Empty when the process ended in between. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
