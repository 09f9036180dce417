// `npm run prove`: lists the proofs. `npm run prove -- NAME [options]` runs one.
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Proof, ProofOptions } from './proof.ts';

const NOT_PROOFS = new Set(['main.ts', 'proof.ts']);
const USAGE = 'usage: npm run prove -- NAME [--count N] [--seed S] [--bytes B] [its own options] [--json]';

async function proofNames(): Promise<string[]> {
  const entries = await readdir(new URL('.', import.meta.url));
  return entries
    .filter((entry) => /^[a-z0-9-]+\.ts$/.test(entry) && !NOT_PROOFS.has(entry))
    .map((entry) => entry.replace(/\.ts$/, ''))
    .sort();
}

async function load(name: string): Promise<Proof> {
  return import(new URL(`./${name}.ts`, import.meta.url).href);
}

/** @throws when the text is no whole number from `min` on. */
function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min)
    throw new Error(`--${option} wants a whole number from ${min} on`);
  return value;
}

/** The options that only this proof has. */
async function ownChoices(name: string | undefined): Promise<NonNullable<Proof['choices']>> {
  const isProof = name !== undefined && (await proofNames()).includes(name);
  return isProof ? ((await load(name)).choices ?? {}) : {};
}

/** @throws when a value is none of those that the option may have. */
function choiceOf(
  own: NonNullable<Proof['choices']>,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const choice: Record<string, string> = {};
  for (const [option, allowed] of Object.entries(own)) {
    const value = values[option];
    if (typeof value !== 'string') continue;
    if (!allowed.includes(value)) throw new Error(`--${option} wants one of ${allowed.join(', ')}`);
    choice[option] = value;
  }
  return choice;
}

async function list(): Promise<void> {
  for (const name of await proofNames()) {
    process.stdout.write(`${name.padEnd(12)} ${(await load(name)).promise}\n`);
  }
  process.stdout.write(`${USAGE}\n`);
}

/** @returns the exit code. */
async function prove(name: string, options: Omit<ProofOptions, 'log'>, isJson: boolean): Promise<number> {
  const proof = await load(name);
  // With --json, standard output has the result only.
  const log = (line: string) => void (isJson ? process.stderr : process.stdout).write(`${line}\n`);
  log(`${name}: ${proof.promise}`);
  const start = performance.now();
  const { ok, skipped, figures } = await proof.run({ ...options, log });
  const seconds = Number(((performance.now() - start) / 1_000).toFixed(1));
  if (skipped !== undefined) {
    // Never among what was proved, whatever else the proof says.
    if (isJson) process.stdout.write(`${JSON.stringify({ proof: name, ok: false, skipped, seconds })}\n`);
    else log(`SKIPPED, nothing is proved: ${name}: ${skipped}`);
    return 3;
  }
  if (isJson) process.stdout.write(`${JSON.stringify({ proof: name, ok, seconds, ...figures })}\n`);
  else {
    for (const [figure, value] of Object.entries(figures))
      log(`  ${figure}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
    log(`${ok ? 'proved' : 'REFUTED'}: ${name} in ${seconds} s`);
  }
  return ok ? 0 : 1;
}

/** @returns the exit code: 0 the promise held, 1 it did not or the proof broke down, 2 a wrong call, 3 it cannot be tried here. */
async function main(args: readonly string[]): Promise<number> {
  let call: { name: string | undefined; options: Omit<ProofOptions, 'log'>; isJson: boolean };
  try {
    const own = await ownChoices(args[0]);
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(Object.keys(own).map((option) => [option, { type: 'string' as const }])),
        count: { type: 'string' },
        // What is counted has a name of its own in some proofs.
        rounds: { type: 'string' },
        seeds: { type: 'string' },
        seed: { type: 'string' },
        bytes: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [name, ...others] = positionals;
    if (others.length > 0) throw new Error('one proof at a time');
    if (name !== undefined && !(await proofNames()).includes(name))
      throw new Error(`there is no proof "${name}"`);
    const count = values.count ?? values.rounds ?? values.seeds;
    call = {
      name,
      options: {
        ...(count === undefined ? {} : { count: wholeNumber('count', count, 1) }),
        ...(values.seed === undefined ? {} : { seed: wholeNumber('seed', values.seed, 0) }),
        ...(values.bytes === undefined ? {} : { bytes: wholeNumber('bytes', values.bytes, 1) }),
        choice: choiceOf(own, values),
      },
      isJson: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  if (call.name === undefined) {
    await list();
    return 0;
  }
  try {
    return await prove(call.name, call.options, call.isJson);
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`);
    if (call.isJson) {
      const result = { proof: call.name, ok: false, error: (error as Error).message };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
