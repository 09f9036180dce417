import { rounded } from '../measure/statistics.ts';
import type { CpuSample } from './cpu-samples.ts';

const KERNEL = '[kernel.kallsyms]';

/** What a process was to the copy. */
export type Owner = 'PostgreSQL' | 'MariaDB' | 'Sluice worker' | 'Sluice server' | 'others';

export interface ProfileItem {
  readonly owner: Owner;
  readonly what: string;
  /** Of all CPU time that was spent while the copy ran, 0 to 1. */
  readonly share: number;
}

/** Where the CPU time of one copy went. */
export interface Profile {
  readonly samples: number;
  readonly wallSeconds: number;
  /** Of the cores' time, how much was spent at all: 1 means that none was ever idle. */
  readonly busy: number;
  /** Each owner's CPU: its own code, libraries and the kernel on its behalf. */
  readonly owners: readonly ProfileItem[];
  /** Single functions; what a run-time compiler made is one item. */
  readonly functions: readonly ProfileItem[];
  /** The threads that were on a core longest, as a share of the copy's duration. */
  readonly threads: readonly { readonly owner: Owner; readonly share: number }[];
}

/** Adds samples up. @param ownerOf by process id */
export function profileOf(
  samples: readonly CpuSample[],
  ownerOf: (pid: number) => Owner,
  wallSeconds: number,
  cores: number,
  samplesPerSecond: number,
): Profile {
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  const threads = new Map<string, number>();
  for (const sample of samples) {
    const owner = ownerOf(sample.pid);
    const place = placeOf(sample);
    add(owners, `${owner}\t${place.kind}`);
    add(functions, `${owner}\t${place.name}`);
    add(threads, `${owner}\t${sample.thread}`);
  }
  const items = (counts: ReadonlyMap<string, number>, total: number) =>
    [...counts]
      .map(([key, count]) => {
        const [owner, what = ''] = key.split('\t');
        return { owner: owner as Owner, what, share: rounded(count / total, 4) };
      })
      .toSorted((a, b) => b.share - a.share);
  const all = samples.length;
  const perThread = wallSeconds * samplesPerSecond;
  return {
    samples: all,
    wallSeconds: rounded(wallSeconds, 2),
    busy: rounded(all / (perThread * cores), 3),
    owners: items(owners, all),
    functions: items(functions, all),
    threads: items(threads, perThread).map(({ owner, share }) => ({ owner, share: rounded(share, 3) })),
  };
}

/** Code of which kind, and its name. */
function placeOf({ file, symbol }: CpuSample): { readonly kind: string; readonly name: string } {
  if (file === KERNEL) return { kind: 'in the kernel', name: `${symbol ?? 'unknown'} (kernel)` };
  const base = file.split('/').at(-1) ?? file;
  if (/^(?:lib|ld-)/.test(base)) return { kind: 'in libraries', name: `${symbol ?? 'unknown'} (${base})` };
  // Anonymous memory of Node: machine code of JavaScript and WebAssembly.
  if (/^(?:\/\/anon|\[unknown\]|.*\.map$|\[heap\]|\/memfd:)/.test(file) || file.startsWith('//'))
    return { kind: 'own code', name: 'JavaScript and WebAssembly, compiled' };
  return { kind: 'own code', name: symbol ?? `unknown (${base})` };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
