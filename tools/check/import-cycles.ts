/**
 * Import cycles: groups of files each of which reaches all others of its group (Tarjan's strongly connected
 * components, without recursion, since a chain of imports may be long).
 *
 * @param arrows by file, the files that it imports
 * @returns per group one way around it, the first file repeated at its end
 */
export function importCycles(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const indexes = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const cycles: string[][] = [];

  for (const start of arrows.keys()) if (!indexes.has(start)) visit(start);
  return cycles;

  function visit(start: string): void {
    const way: { file: string; next: number }[] = [enter(start)];
    for (let step = way.at(-1); step; step = way.at(-1)) {
      const target = arrows.get(step.file)?.[step.next];
      step.next += 1;
      if (target === undefined) {
        way.pop();
        const low = lowest.get(step.file) ?? 0;
        const parent = way.at(-1);
        if (parent) lower(parent.file, low);
        if (low === indexes.get(step.file)) close(step.file);
      } else if (!indexes.has(target)) way.push(enter(target));
      else if (isOpen.has(target)) lower(step.file, indexes.get(target) ?? 0);
    }
  }

  function enter(file: string): { file: string; next: number } {
    lowest.set(file, indexes.size);
    indexes.set(file, indexes.size);
    open.push(file);
    isOpen.add(file);
    return { file, next: 0 };
  }

  function lower(file: string, low: number): void {
    lowest.set(file, Math.min(lowest.get(file) ?? low, low));
  }

  function close(file: string): void {
    const group = open.splice(open.indexOf(file));
    for (const member of group) isOpen.delete(member);
    if (group.length > 1 || arrows.get(file)?.includes(file)) cycles.push(wayAround(file, new Set(group)));
  }

  /** The shortest way from a file of the group back to itself. */
  function wayAround(file: string, group: ReadonlySet<string>): string[] {
    const cameFrom = new Map<string, string>();
    const queue = [file];
    for (const at of queue) {
      for (const target of arrows.get(at) ?? []) {
        if (target === file) {
          const way = [at, file];
          for (let back = cameFrom.get(at); at !== file && back; back = cameFrom.get(back)) way.unshift(back);
          return way;
        }
        if (group.has(target) && !cameFrom.has(target)) {
          cameFrom.set(target, at);
          queue.push(target);
        }
      }
    }
    return [file, file];
  }
}
