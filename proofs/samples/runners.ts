import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Sample } from '@sluice/contract/samples/build-sample';
import { goKit, javaKit, pythonKit } from '../../conformance/toolchain.ts';
import { type Printed, printedJson, printedLines } from './printed.ts';

/** Languages whose samples are run, the slowest first. `curl-token` is curl with the other sign-on. */
export const runLanguages = ['java', 'python', 'go', 'curl', 'curl-token', 'nodejs'] as const;
export type RunLanguage = (typeof runLanguages)[number];

/** How long all samples of a language may compile, in milliseconds. */
const compileLimitMs = 200_000;
/** How long one sample may run, in milliseconds. */
const runLimitMs = 60_000;
/** What a compiler or a sample complained of is kept up to so many characters. */
const complaintCharsMax = 600;
/** A machine that makes one call need not be made fast first. */
const shortLived = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** The oldest Java that samples promise to work with. */
const javaRelease = '9';

/** A sample as a user would have it: the file, in a folder of its own. */
export interface PlacedSample {
  /** A word, and the name of the folder. */
  readonly id: string;
  readonly sample: Sample;
}

export interface Outcome {
  /** Why it did not work; null when it did. */
  readonly failure: string | null;
  readonly output: string;
}

export interface Runner {
  /** Versions of SDK and language. */
  readonly title: string;
  /** Compiles all of them, where the language is compiled. @returns what the compiler has against which. */
  prepare(samples: readonly PlacedSample[]): Promise<ReadonlyMap<string, string>>;
  run(placed: PlacedSample): Promise<Outcome>;
  read(output: string): Printed;
}

export interface RunnerSettings {
  /** Of this language and these samples alone. */
  readonly folder: string;
  /** What the samples' notes ask the environment to hold. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** @throws SdkUnavailable when the SDK cannot be had here. */
export async function runnerOf(language: RunLanguage, settings: RunnerSettings): Promise<Runner> {
  switch (language) {
    case 'python': {
      const { title, python } = await pythonKit(settings.log);
      return interpreted(title, python, ['-B'], settings);
    }
    case 'curl':
    case 'curl-token': {
      const { output } = await runCommand('curl', ['--version'], settings.folder, {});
      return interpreted(output.split(' ', 2).join(' '), '/bin/sh', [], settings);
    }
    case 'nodejs':
      return interpreted(`Node.js ${process.versions.node}`, process.execPath, [], settings);
    case 'go':
      return goRunner(settings);
    case 'java':
      return javaRunner(settings);
  }
}

const fileOf = (folder: string, { id, sample }: PlacedSample) => path.join(folder, id, sample.fileName);

async function place(folder: string, samples: readonly PlacedSample[]): Promise<void> {
  for (const placed of samples) {
    await mkdir(path.join(folder, placed.id), { recursive: true });
    await writeFile(fileOf(folder, placed), placed.sample.source);
  }
}

function interpreted(
  title: string,
  command: string,
  args: readonly string[],
  { folder, credentials }: RunnerSettings,
): Runner {
  return {
    title,
    async prepare(samples) {
      await place(folder, samples);
      return new Map();
    },
    run: (placed) =>
      runCommand(command, [...args, fileOf(folder, placed)], path.join(folder, placed.id), credentials),
    read: printedJson,
  };
}

async function goRunner({ folder, credentials, log }: RunnerSettings): Promise<Runner> {
  const { title, go, module, env } = await goKit(log);
  return {
    title,
    async prepare(samples) {
      await place(folder, samples);
      for (const name of ['go.mod', 'go.sum']) await cp(path.join(module, name), path.join(folder, name));
      // One command for all; without tables for debuggers, which nobody reads here.
      const args = ['build', '-ldflags=-s -w', '-o', path.join(folder, 'programs') + path.sep, './...'];
      return compile(go, args, folder, env, samples, (told) => told.matchAll(/^(?:\.\/)?([\w-]+)\//gm));
    },
    run: ({ id }) => runCommand(path.join(folder, 'programs', id), [], path.join(folder, id), credentials),
    read: printedJson,
  };
}

async function javaRunner({ folder, credentials, log }: RunnerSettings): Promise<Runner> {
  const { title, javac, java, jars } = await javaKit(log);
  /** Where the classes of a sample are: samples of one operation bear one name, so the second of them goes to another place. */
  const places = new Map<string, string>();
  const classes = (id: string) => places.get(id) ?? '';
  return {
    title,
    async prepare(samples) {
      await place(folder, samples);
      for (const [index, { id, sample }] of samples.entries()) {
        const namesakes = samples.slice(0, index).filter((one) => one.sample.fileName === sample.fileName);
        places.set(id, path.join(folder, 'classes', String(namesakes.length)));
      }
      const failures = new Map<string, string>();
      for (const [target, together] of Map.groupBy(samples, ({ id }) => classes(id))) {
        await mkdir(target, { recursive: true });
        const files = together.map((placed) => path.join(placed.id, placed.sample.fileName));
        const args = ['--release', javaRelease, '-encoding', 'UTF-8', '-cp', `${jars}/*`, '-d', target];
        const found = await compile(javac, [...args, ...files], folder, {}, together, (told) =>
          told.matchAll(/^([\w-]+)\/\w+\.java:/gm),
        );
        for (const [id, failure] of found) failures.set(id, failure);
      }
      return failures;
    },
    run: ({ id, sample }) =>
      runCommand(
        java,
        [...shortLived, '-cp', `${classes(id)}:${jars}/*`, sample.fileName.replace(/\.java$/, '')],
        path.join(folder, id),
        credentials,
      ),
    read: printedLines,
  };
}

/** What a compiler says goes to the samples that it names; to all of them, when it names none. */
async function compile(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
  samples: readonly PlacedSample[],
  namedIn: (told: string) => Iterable<RegExpMatchArray>,
): Promise<ReadonlyMap<string, string>> {
  const { failure } = await runCommand(command, args, folder, env, compileLimitMs);
  if (failure === null) return new Map();
  const named = new Set([...namedIn(failure)].map(([, id]) => id));
  const blamed = samples.filter(({ id }) => named.has(id));
  return new Map((blamed.length > 0 ? blamed : samples).map(({ id }) => [id, failure]));
}

async function runCommand(
  command: string,
  args: readonly string[],
  folder: string,
  more: Readonly<Record<string, string>>,
  limitMs = runLimitMs,
): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(HUAWEICLOUD_SDK_|X_AUTH_TOKEN$|SLUICE_)/.test(name),
  );
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Loopback alone, whatever proxies this machine's user has.
    env: { ...Object.fromEntries(inherited), NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...more },
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const told = `${complaints}\n${output}`.trim().slice(0, complaintCharsMax);
    return { output, failure: code === 0 ? null : `ended with ${signal ?? code}: ${told}` };
  } catch (error) {
    return { output, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** A folder for samples that is gone at the end. Node.js samples look for packages in the folders above, so theirs is in the project. */
export async function sampleFolder(parent: string): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(path.join(parent, '.samples-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
