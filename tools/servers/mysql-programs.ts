import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeFolderLock } from '../bootstrap/folder-lock.js';
import { cacheFolder } from '../bootstrap/node24.js';
import { runToEnd, SERVER_ENV } from './run-to-end.ts';
import { ServerUnavailable } from './running-server.ts';

/** Each step of fetching and unpacking: about 60 MB in all. */
const STEP_LIMIT_MS = 4 * 60_000;
/** Debian's stable releases have MariaDB alone; this suite has MySQL as well, at whatever version is current. */
const SUITE = 'sid';
const PACKAGE = 'mysql-server-core';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const FOLDER_PREFIX = 'mysql-';

/** Where the libraries are, and the program that loads others with them. */
const MACHINES: Readonly<Record<string, { readonly libraries: string; readonly loader: string }>> = {
  x64: { libraries: 'usr/lib/x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { libraries: 'usr/lib/aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** All are paths. */
export interface MysqlPrograms {
  /** Runs the server: `loader --library-path libraries server …`. */
  readonly loader: string;
  /** The C library among them, newer than the system's. */
  readonly libraries: string;
  readonly server: string;
  readonly messages: string;
  readonly plugins: string;
}

/**
 * MySQL's programs, with all libraries that they need, in a folder of our own: fetched by the system's package client
 * with settings and state of its own, and unpacked, not installed. The system stays as it is, so no right is needed.
 *
 * @param install whether they may be fetched when they are not there.
 * @throws ServerUnavailable with the reason
 */
export async function mysqlPrograms(install: boolean, say: (line: string) => void): Promise<MysqlPrograms> {
  const cache = process.getuid?.() === 0 ? '/var/cache/sluice' : cacheFolder();
  const found = await find(cache);
  if (found) return found;
  const lacking = 'MySQL is not there, and only Debian’s package client could fetch it';
  if (!install || MACHINES[process.arch] === undefined) throw new ServerUnavailable(lacking);
  const mirror = await debianMirror().catch(() => null);
  if (mirror === null) throw new ServerUnavailable(lacking);
  const release = await takeFolderLock(path.join(cache, 'mysql.lock'));
  try {
    if (!(await find(cache))) await fetchInto(cache, mirror, say);
  } catch (error) {
    throw new ServerUnavailable(`MySQL could not be fetched: ${(error as Error).message}`, { cause: error });
  } finally {
    await release();
  }
  const fetched = await find(cache);
  if (!fetched)
    throw new ServerUnavailable('MySQL was fetched, but its programs are not where they should be');
  return fetched;
}

async function find(cache: string): Promise<MysqlPrograms | null> {
  const machine = MACHINES[process.arch];
  const names = await readdir(cache).catch(() => []);
  const newest = names.filter((name) => /^mysql-\d[^-]*-[^-]+$/.test(name)).sort(byVersion);
  for (const name of newest.reverse()) {
    const at = (...parts: string[]) => path.join(cache, name, ...parts);
    const libraries = at(machine?.libraries ?? '');
    const programs: MysqlPrograms = {
      libraries,
      loader: path.join(libraries, machine?.loader ?? ''),
      server: at('usr/sbin/mysqld'),
      messages: at('usr/share/mysql'),
      plugins: at('usr/lib/mysql/plugin'),
    };
    if ([programs.loader, programs.server].every(isExecutable)) return programs;
  }
  return null;
}

const byVersion = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: both mean that it cannot be run
  }
}

/** Where this system's own packages come from. null when it is no Debian. */
async function debianMirror(): Promise<string | null> {
  const system = await readFile('/etc/os-release', 'utf8');
  if (!/^ID="?debian"?$/m.test(system)) return null;
  const codename = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(system)?.[1];
  const uris = await run('apt-get', ['update', '--print-uris']);
  const own = [...uris.matchAll(/^'(\S+?)\/dists\/([^/']+)\/(?:In)?Release'/gm)];
  return own.find(([, , suite]) => suite === codename)?.[1] ?? null;
}

/** Fetches package and libraries, and unpacks them; the folder has its name only when it is complete. */
async function fetchInto(cache: string, mirror: string, say: (line: string) => void): Promise<void> {
  const work = path.join(cache, 'mysql.draft');
  // Of a process that was killed: we hold the lock.
  await rm(work, { recursive: true, force: true });
  try {
    say('fetching MySQL from Debian (once, about 60 MB)');
    const apt = await privateApt(work, mirror);
    await apt('update');
    await apt('install', '--download-only', '--no-install-recommends', '-y', PACKAGE);
    const archives = path.join(work, 'cache', 'archives');
    const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    const version = files.map((name) => /^mysql-server-core_([^_]+)_/.exec(name)?.[1]).find(Boolean);
    if (!version) throw new Error(`the suite ${SUITE} offered no ${PACKAGE}`);
    const root = path.join(work, 'root');
    await mkdir(root);
    for (const file of files) await run('dpkg-deb', ['-x', path.join(archives, file), root]);
    await chmod(root, 0o755);
    await rename(
      root,
      path.join(cache, `${FOLDER_PREFIX}${decodeURIComponent(version).replace(/^\d+:/, '')}`),
    );
    if (process.getuid?.() === 0) await chmod(cache, 0o755);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The package client with folders of its own, so that it neither reads nor changes what the system has installed.
 * @returns runs one of its commands.
 */
async function privateApt(work: string, mirror: string): Promise<(...args: string[]) => Promise<string>> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'none']) {
    await mkdir(path.join(work, folder), { recursive: true });
  }
  const keyring = isReadable(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  await writeFile(path.join(work, 'sources.list'), `deb ${keyring}${mirror} ${SUITE} main\n`);
  // Perl is asked for by scripts beside the server, which we do not run.
  await writeFile(
    path.join(work, 'state', 'status'),
    `Package: perl\nStatus: install ok installed\nVersion: 99\nArchitecture: ${(await run('dpkg', ['--print-architecture'])).trim()}\nMulti-Arch: allowed\nMaintainer: nobody\nDescription: stands in\n\n`,
  );
  const settings = path.join(work, 'apt.conf');
  await writeFile(
    settings,
    [
      // What the system does after an update or an installation of its own.
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear Acquire::IndexTargets::deb::DEP-11;',
      `Dir::State "${work}/state";`,
      `Dir::State::status "${work}/state/status";`,
      `Dir::Cache "${work}/cache";`,
      `Dir::Etc::SourceList "${work}/sources.list";`,
      `Dir::Etc::SourceParts "${work}/none";`,
      `Dir::Etc::Preferences "${work}/none/preferences";`,
      `Dir::Etc::PreferencesParts "${work}/none";`,
      // Another account could not write to our folders.
      'APT::Sandbox::User "";',
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      'APT::Get::List-Cleanup "false";',
      '',
    ].join('\n'),
  );
  return (...args) => run('apt-get', ['-c', settings, '-qq', ...args]);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...SERVER_ENV, DEBIAN_FRONTEND: 'noninteractive' };
  return runToEnd(command, args, { env, limitMs: STEP_LIMIT_MS });
}
