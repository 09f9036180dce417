import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { takeFolderLock } from '../tools/bootstrap/folder-lock.js';
import { runToEnd } from '../tools/servers/run-to-end.ts';

const APT_LIMIT_MS = 10 * 60_000;
const DOWNLOAD_LIMIT_MS = 10 * 60_000;
const ASK_LIMIT_MS = 30_000;

const PYTHON_MIN = [3, 9] as const;
const GO_MIN = [1, 19] as const;
const JAVA_MIN = [17, 0] as const;

/** The SDK cannot be had on this machine. It counts as a skip with `message` as the reason. */
export class SdkUnavailable extends Error {
  override readonly name = 'SdkUnavailable';
}

/** How a program is run, once its SDK is there. */
export type Program = {
  readonly sdk: string;
  /** Versions of SDK and language, for the reader. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
};

export type Say = (line: string) => void;

const here = import.meta.dirname;

/** Downloads and builds live here and are used again: nothing of them is in the checkout. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return path.join(base, 'sluice', 'conformance');
}

/** A folder of the cache that was filled to its end, by the beginning of its name; null: it was never fetched. */
export function fetchedFolder(prefix: string): string | null {
  const folder = cacheFolder();
  const names = isExecutable(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : [];
  const done = names.map((name) => path.join(folder, name)).find(isThere);
  return done ?? null;
}

/** Each SDK's preparation; throws `SdkUnavailable`, or another error when a lock or a compiler objects. Repeated calls find everything done. */
export const PREPARATIONS: Readonly<Record<string, (say: Say) => Promise<Program>>> = {
  python: preparePython,
  go: prepareGo,
  java: prepareJava,
  node: prepareNode,
  php: preparePhp,
};

async function preparePython(say: Say): Promise<Program> {
  const { title, python } = await pythonKit(say);
  // -B: no compiled files in the checkout.
  return { sdk: 'python', title, command: python, args: ['-B', path.join(here, 'python', 'program.py')] };
}

/** An interpreter that has the SDK. */
export type PythonKit = { readonly title: string; readonly python: string };

/** @throws SdkUnavailable */
export async function pythonKit(say: Say): Promise<PythonKit> {
  const usable = 'import venv, ensurepip, sys; print("%d.%d" % sys.version_info[:2])';
  const python = await need('python3', ['-c', usable], PYTHON_MIN, ['python3', 'python3-venv'], say);
  const requirements = path.join(here, 'python', 'requirements.txt');
  const lock = await readFile(requirements, 'utf8');
  const folder = path.join(cacheFolder(), `python-${digest(lock, python.file, python.version)}`);
  await once(folder, async (half) => {
    say('python: fetching the SDK from PyPI (once)');
    await run(python.file, ['-m', 'venv', half]);
    const args = [
      '-m',
      'pip',
      'install',
      '-q',
      '--disable-pip-version-check',
      '--no-deps',
      '--require-hashes',
    ];
    await fetchWith(path.join(half, 'bin', 'python'), [...args, '-r', requirements]);
  });
  return {
    title: `huaweicloudsdkcdm ${pinned(lock, /huaweicloudsdkcdm==([\d.]+)/)}, Python ${python.version}`,
    python: path.join(folder, 'bin', 'python'),
  };
}

/** A compiler, and what it must be told to find the SDK where it was fetched, in the versions of `module` (go.mod, go.sum). */
export type GoKit = {
  readonly title: string;
  readonly go: string;
  readonly version: string;
  readonly module: string;
  readonly env: Readonly<Record<string, string>>;
};

/** @throws SdkUnavailable */
export async function goKit(say: Say): Promise<GoKit> {
  const go = await need('go', ['version'], GO_MIN, ['golang-go', 'ca-certificates'], say);
  const module = path.join(here, 'go');
  const lock = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(path.join(module, name), 'utf8')),
  );
  const env = {
    GOMODCACHE: path.join(cacheFolder(), 'go-modules'),
    GOCACHE: path.join(cacheFolder(), 'go-build'),
    // go.sum decides: what is not in it, or differs from it, is an error.
    GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  };
  const fetched = path.join(cacheFolder(), `go-fetched-${digest(...lock, go.version)}`);
  await once(fetched, async (half) => {
    say('go: fetching the SDK from the Go module proxy (once)');
    await mkdir(half, { recursive: true });
    await fetchWith(go.file, ['mod', 'download'], { cwd: module, env });
  });
  const sdk = pinned(lock.join('\n'), /huaweicloud-sdk-go-v3 v([\d.]+)/);
  const title = `huaweicloud-sdk-go-v3 ${sdk}, Go ${go.version}`;
  return { title, go: go.file, version: go.version, module, env };
}

async function prepareGo(say: Say): Promise<Program> {
  const { title, go, version, module, env } = await goKit(say);
  const folder = path.join(cacheFolder(), `go-${digest(...(await sources(module)), version)}`);
  await once(folder, async (half) => {
    say('go: compiling (once)');
    await mkdir(half, { recursive: true });
    await run(go, ['build', '-o', path.join(half, 'program'), '.'], { cwd: module, env });
  });
  return { sdk: 'go', title, command: path.join(folder, 'program'), args: [] };
}

/** Compiler and machine, the folder with the SDK's jars, and the oldest Java that samples and programs are compiled for. */
export type JavaKit = {
  readonly title: string;
  readonly javac: string;
  readonly java: string;
  readonly version: string;
  readonly jars: string;
  readonly release: string;
};

/** @throws SdkUnavailable */
export async function javaKit(say: Say): Promise<JavaKit> {
  const packages = ['default-jdk-headless', 'maven'];
  const javac = await need('javac', ['-version'], JAVA_MIN, packages, say);
  const source = path.join(here, 'java');
  const pom = await readFile(path.join(source, 'pom.xml'), 'utf8');
  const lock = await readFile(path.join(source, 'jars.sha256'), 'utf8');
  const jars = path.join(cacheFolder(), `java-jars-${digest(pom, lock)}`);
  await once(jars, async (half) => {
    const maven = await need('mvn', ['-version'], [3, 6], packages, say);
    say('java: fetching the SDK from Maven Central (once)');
    const repository = `-Dmaven.repo.local=${path.join(cacheFolder(), 'maven')}`;
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    const args = [
      '-q',
      '-B',
      '-f',
      path.join(source, 'pom.xml'),
      repository,
      goal,
      `-DoutputDirectory=${half}`,
    ];
    await fetchWith(maven.file, [...args, '-DincludeScope=runtime']);
    await compareWithLock(half, lock);
  });
  return {
    title: `huaweicloud-sdk-cdm ${pinned(pom, /<version>(\d+\.\d+\.\d+)<\/version>/)}, Java ${javac.version}`,
    javac: javac.file,
    java: path.join(path.dirname(javac.file), 'java'),
    version: javac.version,
    jars,
    release: String(JAVA_MIN[0]),
  };
}

async function prepareJava(say: Say): Promise<Program> {
  const { title, javac, java, version, jars, release } = await javaKit(say);
  const source = path.join(here, 'java');
  const classes = path.join(cacheFolder(), `java-classes-${digest(...(await sources(source)), version)}`);
  await once(classes, async (half) => {
    const files = (await readdir(source)).filter((name) => name.endsWith('.java'));
    const args = ['--release', release, '-encoding', 'UTF-8', '-cp', `${jars}/*`, '-d', half];
    await run(javac, [...args, ...files.map((name) => path.join(source, name))]);
  });
  return { sdk: 'java', title, command: java, args: ['-cp', `${classes}:${jars}/*`, 'Program'] };
}

/** The vendor publishes no CDM package for Node.js; his core is one of the project's locked development dependencies. */
async function prepareNode(): Promise<Program> {
  const manifest = import.meta.resolve('@huaweicloud/huaweicloud-sdk-core/package.json');
  const { version } = JSON.parse(await readFile(new URL(manifest), 'utf8')) as { version: string };
  return {
    sdk: 'node',
    title: `@huaweicloud/huaweicloud-sdk-core ${version}, Node.js ${process.versions.node}`,
    command: process.execPath,
    args: [path.join(here, 'node', 'program.ts')],
  };
}

/** Said plainly instead of a program that nobody has ever seen running. */
async function preparePhp(): Promise<Program> {
  throw new SdkUnavailable(
    'there is no PHP program yet: the SDK (huaweicloud/huaweicloud-sdk-php) comes from packagist.org alone, which could not be reached when these programs were made and proved',
  );
}

/** Fills a folder once: a half-filled one never bears the final name, and two processes do not work at the same one. */
async function once(folder: string, fill: (half: string) => Promise<void>): Promise<void> {
  if (isThere(folder)) return;
  const release = await takeFolderLock(`${folder}.lock`);
  try {
    if (isThere(folder)) return;
    // A venv knows its own path, so the folder is filled in place and marked when done.
    await rm(folder, { recursive: true, force: true });
    await fill(folder);
    await writeFile(path.join(folder, '.done.new'), '');
    await rename(path.join(folder, '.done.new'), path.join(folder, '.done'));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await release();
  }
}

function isThere(folder: string): boolean {
  return isExecutable(folder) && isReadable(path.join(folder, '.done'));
}

/**
 * A command of at least the given version; a missing or older one is installed from Debian when we are root there.
 * @returns its full path and the version it tells
 */
async function need(
  name: string,
  ask: readonly string[],
  minimum: readonly [number, number],
  packages: readonly string[],
  say: Say,
): Promise<{ file: string; version: string }> {
  const found = await findNewEnough(name, ask, minimum);
  if (found) return found;
  const wanted = `${name} ${minimum.join('.')} or newer`;
  const apt = findAll('apt-get')[0];
  if (process.getuid?.() !== 0 || !apt) {
    throw new SdkUnavailable(
      `${wanted} is not here, and only root on Debian could install it (${packages.join(', ')})`,
    );
  }
  const release = await takeFolderLock('/var/cache/sluice/apt.lock');
  try {
    say(`installing ${packages.join(', ')} from Debian (once)`);
    const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const patience = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    await fetchWith(apt, [...patience, 'update'], { env, limitMs: APT_LIMIT_MS });
    const install = [...patience, 'install', '-y', '--no-install-recommends', ...packages];
    await fetchWith(apt, install, { env, limitMs: APT_LIMIT_MS });
  } finally {
    await release();
  }
  const installed = await findNewEnough(name, ask, minimum);
  if (!installed) throw new SdkUnavailable(`Debian's packages ${packages.join(', ')} do not bring ${wanted}`);
  return installed;
}

async function findNewEnough(
  name: string,
  ask: readonly string[],
  minimum: readonly [number, number],
): Promise<{ file: string; version: string } | null> {
  for (const file of findAll(name)) {
    const text = await runToEnd(file, ask, { env: environment({}), limitMs: ASK_LIMIT_MS }).catch(() => '');
    const [, version = '', major = '', minor = '0'] = /((\d+)\.(\d+)[.\d]*)/.exec(text) ?? [];
    const isEnough =
      Number(major) > minimum[0] || (Number(major) === minimum[0] && Number(minor) >= minimum[1]);
    if (version !== '' && isEnough) return { file, version };
  }
  return null;
}

/** Every command of this name: a developer's own in PATH first, then where Debian puts it. */
function findAll(name: string): string[] {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/usr/local/go/bin',
  ];
  return [...new Set(folders.map((folder) => path.join(folder, name)))].filter(isExecutable);
}

function isExecutable(file: string): boolean {
  return isAccessible(file, constants.X_OK);
}

function isReadable(file: string): boolean {
  return isAccessible(file, constants.R_OK);
}

function isAccessible(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

type RunSettings = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
};

/** Runs one step of a preparation. Its failure is a fault of ours: what is there does not compile or does not fit. */
async function run(command: string, args: readonly string[], settings: RunSettings = {}): Promise<void> {
  await runToEnd(command, args, {
    env: environment(settings.env ?? {}),
    limitMs: settings.limitMs ?? DOWNLOAD_LIMIT_MS,
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
  });
}

/** A step that needs the network: its failure is a reason to skip, unless what came is not what the lock names. */
async function fetchWith(
  command: string,
  args: readonly string[],
  settings: RunSettings = {},
): Promise<void> {
  try {
    await run(command, args, settings);
  } catch (error) {
    const text = (error as Error).message;
    if (/DO NOT MATCH THE HASHES|checksum mismatch|SECURITY ERROR|missing go\.sum entry/i.test(text))
      throw error;
    throw new SdkUnavailable(`it could not be fetched: ${text}`, { cause: error });
  }
}

/** Registry mirrors and proxies of this machine are set in its environment, so that is handed on. */
function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return { ...Object.fromEntries(inherited), ...more };
}

async function sources(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.(go|java|mod|sum)$/.test(name)).sort();
  return await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
}

/** Maven knows no lock file with hashes, so the jars are compared with ours: the same files, the same bytes. */
async function compareWithLock(folder: string, lock: string): Promise<void> {
  const lines: string[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort()) {
    const bytes = await readFile(path.join(folder, name));
    lines.push(`${createHash('sha256').update(bytes).digest('hex')}  ${name}`);
  }
  const wanted = lock.trim().split('\n').sort();
  const differences = [
    ...lines.filter((line) => !wanted.includes(line)).map((line) => `unexpected ${line}`),
    ...wanted.filter((line) => !lines.includes(line)).map((line) => `missing ${line}`),
  ];
  if (differences.length > 0) throw new Error(`the jars differ from jars.sha256: ${differences.join('; ')}`);
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

function pinned(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? 'of unknown version';
}
