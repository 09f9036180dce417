import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** This process has no right, or this system no way, to make a memory group. Whoever wanted one counts a skip. */
export class MemoryGroupUnavailable extends Error {
  override readonly name = 'MemoryGroupUnavailable';
}

export interface GroupFigures {
  /** Most memory charged to the group at once, sockets and page cache included, in bytes. */
  readonly peakBytes: number;
  /** How often the limit was reached, and memory such as page cache taken back instead. */
  readonly limitHits: number;
  /** Processes of the group that the kernel killed because nothing could be taken back. */
  readonly oomKills: number;
}

/** Where the kernel says that this process stands: the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export interface KernelTables {
  readonly mountinfo: string;
  readonly cgroup: string;
}

interface Place {
  readonly version: 1 | 2;
  /** Folders that a group could be made in, the nearest to our own group first. */
  readonly folders: readonly string[];
}

const removeTriesMax = 100;
const removePauseMs = 50;

/**
 * A group of processes that together may use so much memory and no swap: a cgroup, of version 1 or 2, below our own group
 * where that can be, so that whatever bounds us bounds it too. Linux only.
 */
export class MemoryGroup {
  readonly folder: string;
  readonly version: 1 | 2;

  private constructor(folder: string, version: 1 | 2) {
    this.folder = folder;
    this.version = version;
  }

  /** @throws MemoryGroupUnavailable with the reasons, one per folder that was tried. */
  static make(name: string, limitBytes: number, tables: KernelTables = ownTables()): MemoryGroup {
    const places = placesOf(tables);
    const reasons: string[] = [];
    for (const { version, folders } of places) {
      for (const parent of folders) {
        const group = new MemoryGroup(join(parent, name), version);
        try {
          group.#make(parent, limitBytes);
          return group;
        } catch (error) {
          reasons.push((error as Error).message);
          group.#rmdir();
        }
      }
    }
    const why = reasons.length === 0 ? 'the memory controller is not mounted' : reasons.join('; ');
    throw new MemoryGroupUnavailable(`no memory group can be made here: ${why}`);
  }

  /** A command to put before another one, which then runs in the group from its first instruction on. */
  get launcher(): readonly string[] {
    return ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', this.#file('cgroup.procs')];
  }

  pids(): readonly number[] {
    return this.#read('cgroup.procs').split('\n').filter(Boolean).map(Number);
  }

  figures(): GroupFigures {
    if (this.version === 2) {
      const events = this.#read('memory.events');
      return {
        // Kernels before 5.19 keep no peak.
        peakBytes: existsSync(this.#file('memory.peak')) ? this.#number('memory.peak') : Number.NaN,
        limitHits: field(events, 'max'),
        oomKills: field(events, 'oom_kill'),
      };
    }
    return {
      // Two counters, whose peaks need not have come together: their sum is at least the truth.
      peakBytes:
        this.#number('memory.max_usage_in_bytes') + this.#number('memory.kmem.tcp.max_usage_in_bytes'),
      limitHits: this.#number('memory.failcnt') + this.#number('memory.kmem.tcp.failcnt'),
      oomKills: field(this.#read('memory.oom_control'), 'oom_kill'),
    };
  }

  /** Kills what still runs in the group, and removes it. */
  async remove(): Promise<void> {
    for (let tries = 0; tries < removeTriesMax && existsSync(this.folder); tries++) {
      for (const pid of this.pids()) killIfThere(pid);
      if (!this.#rmdir()) await sleep(removePauseMs);
    }
    if (existsSync(this.folder)) throw new Error(`memory group ${this.folder} cannot be removed`);
  }

  #make(parent: string, limitBytes: number): void {
    if (
      this.version === 2 &&
      !words(readFileSync(join(parent, 'cgroup.subtree_control'), 'utf8')).includes('memory')
    )
      throw new Error(`${parent} does not give the memory controller to groups in it`);
    mkdirSync(this.folder);
    if (this.version === 2) {
      this.#write('memory.max', limitBytes);
      // Without a swap device there may be no such file.
      if (existsSync(this.#file('memory.swap.max'))) this.#write('memory.swap.max', 0);
    } else {
      this.#write('memory.limit_in_bytes', limitBytes);
      // Memory and swap together: no byte of swap.
      if (existsSync(this.#file('memory.memsw.limit_in_bytes')))
        this.#write('memory.memsw.limit_in_bytes', limitBytes);
      // Version 1 charges the buffers of sockets apart, and only to groups with a limit for them.
      this.#write('memory.kmem.tcp.limit_in_bytes', limitBytes);
    }
  }

  #rmdir(): boolean {
    try {
      rmdirSync(this.folder);
      return true;
    } catch {
      return !existsSync(this.folder);
    }
  }

  #file(name: string): string {
    return join(this.folder, name);
  }

  #read(name: string): string {
    return readFileSync(this.#file(name), 'utf8');
  }

  #number(name: string): number {
    return Number(this.#read(name));
  }

  #write(name: string, value: number): void {
    writeFileSync(this.#file(name), String(value));
  }
}

function ownTables(): KernelTables {
  try {
    return {
      mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'),
      cgroup: readFileSync('/proc/self/cgroup', 'utf8'),
    };
  } catch (error) {
    throw new MemoryGroupUnavailable(`no memory group can be made here: ${(error as Error).message}`);
  }
}

/** Where groups with a memory limit can be made, by what the kernel says. A hierarchy may be mounted more than once. */
export function placesOf({ mountinfo, cgroup }: KernelTables): readonly Place[] {
  const places: Place[] = [];
  for (const line of mountinfo.split('\n')) {
    // id parent device root mount-point options [tags…] - type source super-options
    const [before, after] = line.split(' - ');
    const [, , , root, mountPoint] = before?.split(' ') ?? [];
    const [type, , superOptions] = after?.split(' ') ?? [];
    if (root === undefined || mountPoint === undefined) continue;
    const isFirst = type === 'cgroup' && superOptions?.split(',').includes('memory') === true;
    if (!isFirst && type !== 'cgroup2') continue;
    // hierarchy:controllers:path, where version 2 has neither number nor controllers.
    const own = cgroup
      .split('\n')
      .map((entry) => /^(\d+):([^:]*):(.*)$/.exec(entry))
      .find((match) =>
        isFirst ? match?.[2]?.split(',').includes('memory') : match?.[1] === '0' && match[2] === '',
      );
    const path = relative(root, own?.[3] ?? root);
    const inner = path.startsWith('..') ? mountPoint : join(mountPoint, path);
    const folders = [inner];
    for (let folder = inner; folder !== mountPoint; ) {
      folder = dirname(folder);
      folders.push(folder);
    }
    places.push({ version: isFirst ? 1 : 2, folders });
  }
  return places;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** The number behind a name, one pair a line; 0 without one. */
function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
