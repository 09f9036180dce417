import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryGroup, MemoryGroupUnavailable, placesOf } from './memory-group.ts';

const first = (mountPoint: string, root = '/') =>
  `35 31 0:32 ${root} ${mountPoint} rw,relatime shared:9 - cgroup cgroup rw,memory\n`;
const second = (mountPoint: string, root = '/') =>
  `41 31 0:38 ${root} ${mountPoint} rw,relatime - cgroup2 cgroup2 rw\n`;

describe('where a memory group can be made', () => {
  test('version 1: our own group, then the ones above it', () => {
    const mountinfo = `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n${first('/sys/fs/cgroup/memory')}`;
    expect(placesOf({ mountinfo, cgroup: '5:devices:/\n4:memory:/a/b\n0::/\n' })).toEqual([
      {
        version: 1,
        folders: ['/sys/fs/cgroup/memory/a/b', '/sys/fs/cgroup/memory/a', '/sys/fs/cgroup/memory'],
      },
    ]);
  });

  test('version 2', () => {
    expect(
      placesOf({ mountinfo: second('/sys/fs/cgroup'), cgroup: '0::/user.slice/session-1.scope\n' }),
    ).toEqual([
      {
        version: 2,
        folders: ['/sys/fs/cgroup/user.slice/session-1.scope', '/sys/fs/cgroup/user.slice', '/sys/fs/cgroup'],
      },
    ]);
  });

  test('in a container, whose mount shows its own part of the tree only', () => {
    const mountinfo = first('/sys/fs/cgroup/memory', '/docker/c0ffee');
    expect(placesOf({ mountinfo, cgroup: '4:memory:/docker/c0ffee/inner\n' })[0]?.folders).toEqual([
      '/sys/fs/cgroup/memory/inner',
      '/sys/fs/cgroup/memory',
    ]);
    expect(placesOf({ mountinfo, cgroup: '4:memory:/elsewhere\n' })[0]?.folders).toEqual([
      '/sys/fs/cgroup/memory',
    ]);
  });

  test('nowhere', () => {
    const tables = { mountinfo: '31 23 0:28 / / rw - ext4 /dev/vda rw\n', cgroup: '0::/\n' };
    expect(placesOf(tables)).toEqual([]);
    expect(() => MemoryGroup.make('g', 1, tables)).toThrow(MemoryGroupUnavailable);
  });
});

describe('a group of version 2, on a stand-in of plain files', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-group-'));
    mkdirSync(join(root, 'own'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('is made where the controller is given to children, and reads its figures', async () => {
    writeFileSync(join(root, 'cgroup.subtree_control'), 'cpu memory pids\n');
    writeFileSync(join(root, 'own', 'cgroup.subtree_control'), '\n');
    const group = MemoryGroup.make('g', 4096, { mountinfo: second(root), cgroup: '0::/own\n' });
    expect(group.folder).toBe(join(root, 'g'));
    expect(readFileSync(join(group.folder, 'memory.max'), 'utf8')).toBe('4096');
    expect(group.launcher.at(-1)).toBe(join(root, 'g', 'cgroup.procs'));
    writeFileSync(join(group.folder, 'memory.peak'), '4000\n');
    writeFileSync(
      join(group.folder, 'memory.events'),
      'low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n',
    );
    expect(group.figures()).toEqual({ peakBytes: 4000, limitHits: 3, oomKills: 2 });
  });

  test('is not made where no folder gives it', () => {
    writeFileSync(join(root, 'cgroup.subtree_control'), 'cpu\n');
    writeFileSync(join(root, 'own', 'cgroup.subtree_control'), '\n');
    expect(() => MemoryGroup.make('g', 4096, { mountinfo: second(root), cgroup: '0::/own\n' })).toThrow(
      /own does not give .*; .* does not give/,
    );
  });
});
