import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { takeFolderLock } from '../../tools/bootstrap/folder-lock.js';
import { runToEnd } from '../../tools/servers/run-to-end.ts';
import { CandidateUnavailable } from '../candidates/candidate.ts';
import type { PeerFiles } from './peer.ts';

const INSTALL_LIMIT_MS = 15 * 60_000;
/** Written when all is there; a folder without it is begun anew. */
const DONE = 'installed';

export interface CachedInstall {
  readonly name: string;
  /** Pinned, as pip takes them. */
  readonly requirements: readonly string[];
  /** Pinned Maven coordinates, `group:artifact:version`, copied to `jars/`. */
  readonly jars?: readonly string[];
}

/**
 * A peer's own folder below the user's cache: a Python environment, and jars if it needs any. Changed pins make
 * another folder.
 *
 * @throws CandidateUnavailable with the reason
 */
export async function cachedInstall(
  install: CachedInstall,
  isAllowed: boolean,
  say: (line: string) => void,
): Promise<PeerFiles> {
  const pins = [...install.requirements, ...(install.jars ?? [])];
  const digest = createHash('sha256').update(pins.join('\n')).digest('hex').slice(0, 10);
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'sluice', 'bench');
  const folder = path.join(cache, `${install.name}-${digest}`);
  if (await isThere(path.join(folder, DONE))) return { folder };
  if (!isAllowed) throw new CandidateUnavailable('it is not installed (--peers installs it)');
  await mkdir(cache, { recursive: true });
  const release = await takeFolderLock(`${folder}.lock`);
  try {
    if (await isThere(path.join(folder, DONE))) return { folder };
    say(`installing ${install.name} (once): ${pins.join(', ')}`);
    await rm(folder, { recursive: true, force: true });
    // An environment knows its own path, so it is made where it stays.
    await run('python3', ['-m', 'venv', folder]);
    await run(path.join(folder, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...install.requirements,
    ]);
    for (const jar of install.jars ?? []) {
      const output = `-DoutputDirectory=${path.join(folder, 'jars')}`;
      await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${jar}`, output]);
    }
    await writeFile(path.join(folder, `${DONE}.part`), pins.join('\n'));
    await rename(path.join(folder, `${DONE}.part`), path.join(folder, DONE));
    return { folder };
  } catch (error) {
    const text = (error as Error).message.replace(/\s+/g, ' ').slice(-300);
    throw new CandidateUnavailable(`it could not be installed: ${text}`);
  } finally {
    await release();
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  // The registries' clients read their settings from the environment.
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  await runToEnd(program, args, { env, limitMs: INSTALL_LIMIT_MS });
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
