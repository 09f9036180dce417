import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../telemetry/refusal.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { openStore } from './open-store.ts';
import { createSampleCluster } from './sample-records.ts';

const childScript = fileURLToPath(new URL('./durability-child.ts', import.meta.url));

describe('the embedded store and kill -9', () => {
  let dataFolder: string;

  beforeEach(() => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-durability-'));
  });

  afterEach(() => {
    rmSync(dataFolder, { recursive: true });
  });

  /** Runs the child until it has acknowledged this many writes, kills it in the middle of its work, and gives what it acknowledged. */
  async function writeAndKill(clusterId: string, round: number, acknowledgedMin: number): Promise<string[]> {
    const child = spawn(process.execPath, [childScript, dataFolder, clusterId, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('close', (_code, signal) => resolve(signal)),
    );
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      output += chunk;
      if (output.split('\n').length > acknowledgedMin) child.kill('SIGKILL');
    });
    // The fault landed: the process did not end by itself.
    expect(await ended).toBe('SIGKILL');
    // A line cut by the kill was not read to its end, so it counts as not acknowledged.
    return output.split('\n').slice(0, -1);
  }

  it('keeps every acknowledged write, no half transaction, and opens again at once', async () => {
    const first = await openStore({ dataFolder });
    const cluster = await createSampleCluster(first);
    await first.close();
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      acknowledged.push(...(await writeAndKill(cluster.id, round, 40 + round * 37)));
    }
    expect(acknowledged.length).toBeGreaterThan(200);

    const store = await openStore({ dataFolder });
    const links = await store.links.list(cluster.id);
    await store.close();
    const names = new Set(links.map((link) => link.name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    // Each transaction stored two: what was under way at a kill is there whole or not at all.
    const alone = [...names].filter(
      (name) => !names.has(name.endsWith('-twin') ? name.slice(0, -5) : `${name}-twin`),
    );
    expect(alone).toEqual([]);
  });

  it('refuses a second process on the folder, and names the first', async () => {
    const lock = lockDataFolder(dataFolder);
    expect(() => lockDataFolder(dataFolder)).toThrow(Refusal);
    const child = spawn(process.execPath, [childScript, dataFolder, 'x', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(1);
    expect(errors).toContain(`in use by another Sluice process (process ${process.pid})`);
    lock.release();
    lock.release();
    const again = await openStore({ dataFolder });
    await again.close();
  });

  it('makes the folder with its parents, for its owner alone, or says why it cannot', () => {
    const folder = join(dataFolder, 'a', 'b');
    lockDataFolder(folder).release();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(() => lockDataFolder('/proc/sluice/data')).toThrow('/proc/sluice/data cannot be used');
  });
});
