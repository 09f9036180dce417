import { accessSync, constants } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { takeFolderLock } from '../bootstrap/folder-lock.js';
import { cacheFolder } from '../bootstrap/node24.js';
import { runToEnd, SERVER_ENV } from '../servers/run-to-end.ts';
import { ServerUnavailable } from '../servers/running-server.ts';

/** Each step of fetching and unpacking: about 170 MB in all. */
const STEP_LIMIT_MS = 5 * 60_000;
/** A browser that cannot even say its version within this time cannot be used. */
const VERSION_LIMIT_MS = 30_000;

/** The browser, and a font with Chinese: what it shows is looked at by people. */
const PACKAGES = ['chromium', 'fonts-noto-cjk'];

const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

export interface ChromiumProgram {
  /** Path. */
  readonly executable: string;
  /** What the browser must have in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Such as `156.0.8078.79`. */
  readonly version: string;
}

/**
 * Debian's Chromium: the installed one, or one that is fetched by the system's package client with state of its own, and
 * unpacked, not installed. The system stays as it is, so no right is needed.
 *
 * @throws ServerUnavailable with the reason
 */
export async function chromiumProgram(say: (line: string) => void): Promise<ChromiumProgram> {
  const cache = path.join(cacheFolder(), 'chromium');
  const found = await find(cache);
  if (found !== null) return found;
  if (MACHINES[process.arch] === undefined || !isExecutable('/usr/bin/apt-get')) {
    throw new ServerUnavailable('Chromium is not there, and only Debian’s package client could fetch it');
  }
  const release = await takeFolderLock(`${cache}.lock`);
  try {
    if ((await find(cache)) === null) await fetchInto(cache, say);
  } catch (error) {
    throw new ServerUnavailable(`Chromium could not be fetched: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await release();
  }
  const fetched = await find(cache);
  if (fetched === null) throw new ServerUnavailable('Chromium was fetched, but it does not run');
  return fetched;
}

/** The one in the cache, which brings its font; else one of the system. */
async function find(cache: string): Promise<ChromiumProgram | null> {
  const libraries = ['usr/lib', 'lib', 'usr/lib'].map((folder, index) =>
    path.join(cache, folder, MACHINES[process.arch] ?? '', index === 2 ? 'pulseaudio' : ''),
  );
  const own = {
    executable: path.join(cache, 'usr/lib/chromium/chromium'),
    env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: path.join(cache, 'fonts.conf') },
  };
  const others = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable'];
  for (const one of [own, ...others.map((executable) => ({ executable, env: {} }))]) {
    if (!isExecutable(one.executable)) continue;
    const said = await runToEnd(one.executable, ['--version'], {
      env: { ...SERVER_ENV, ...one.env },
      limitMs: VERSION_LIMIT_MS,
    }).catch(() => '');
    const version = /(\d+(?:\.\d+)+)/.exec(said)?.[1];
    if (version !== undefined) return { ...one, version };
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: both mean that it cannot be run
  }
}

/** Fetches what the system lacks and unpacks it; the folder has its name only when it is complete. */
async function fetchInto(cache: string, say: (line: string) => void): Promise<void> {
  const work = `${cache}.draft`;
  // Of a process that was killed, or of a browser that this system cannot run any more: we hold the lock.
  for (const old of [work, cache]) await rm(old, { recursive: true, force: true });
  try {
    say('fetching Chromium from Debian (once, about 170 MB)');
    const apt = await privateApt(work);
    await apt('update');
    await apt('install', '--download-only', '--no-install-recommends', '-y', ...PACKAGES);
    const archives = path.join(work, 'cache', 'archives');
    const root = path.join(work, 'root');
    await mkdir(root);
    for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', path.join(archives, file), root]);
    }
    await writeFile(path.join(root, 'fonts.conf'), fontSettings(cache));
    await rename(root, cache);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The system's package client and sources, with lists and archives in folders of our own. It reads what is installed, so
 * that only what is missing comes.
 * @returns runs one of its commands.
 */
async function privateApt(work: string): Promise<(...args: string[]) => Promise<string>> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    await mkdir(path.join(work, folder), { recursive: true });
  }
  const settings = path.join(work, 'apt.conf');
  await writeFile(
    settings,
    [
      // What the system does after an update of its own.
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear Acquire::IndexTargets::deb::DEP-11;',
      `Dir::State "${work}/state";`,
      'Dir::State::status "/var/lib/dpkg/status";',
      `Dir::Cache "${work}/cache";`,
      // Another account could not write to our folders.
      'APT::Sandbox::User "";',
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      '',
    ].join('\n'),
  );
  return (...args) => run('apt-get', ['-c', settings, '-qq', ...args]);
}

function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...SERVER_ENV, DEBIAN_FRONTEND: 'noninteractive' };
  return runToEnd(command, args, { env, limitMs: STEP_LIMIT_MS });
}

/** The system's fonts, and those that came with the browser. */
function fontSettings(cache: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>/usr/share/fonts</dir>
  <dir>${cache}/usr/share/fonts</dir>
  <cachedir>${cache}/font-cache</cachedir>
</fontconfig>
`;
}
