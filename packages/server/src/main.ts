import { readFileSync } from 'node:fs';
import type { Language } from '@sluice/core/data/text';
import { jobPlan } from './client/job-plan.ts';
import { planHelp } from './client/plan-flags.ts';
import { type CommandLine, languageOf, parseCommandLine } from './config/command-line.ts';
import { helpText } from './config/help-text.ts';
import type { Config } from './config/options.ts';
import { printConfig } from './config/print-config.ts';
import { type ResolvedConfig, resolveConfig } from './config/resolve-config.ts';
import { findKeys, keyPlaceOf } from './secrets/open-secret-box.ts';
import { rotateKeys } from './secrets/rotate-keys.ts';
import { openStore } from './store/open-store.ts';
import { messageOf, Refusal } from './telemetry/refusal.ts';

/** Runs one command. @returns the exit code; a server goes on running behind it. */
async function main(words: readonly string[]): Promise<number> {
  const language = languageOf(words, process.env);
  try {
    const [first, second, ...behind] = words;
    if (first === 'job' && second === 'plan') return await planJob(behind, language);
    await run(parseCommandLine(words, process.env));
    return 0;
  } catch (error) {
    // The person at the command line gets a sentence, never a stack: a refusal is no bug, and of anything else the
    // message is what they can act on. Whoever hunts the bug sets NODE_DEBUG.
    if (error instanceof Refusal) {
      process.stderr.write(`${error.in(language)}\n`);
      return error.exitCode;
    }
    process.stderr.write(`sluice: ${messageOf(error)}\n`);
    if (process.env.NODE_DEBUG?.includes('sluice') === true) console.error(error);
    return 1;
  }
}

/** Its flags are its own: it asks a server, and has no settings of one. */
async function planJob(words: readonly string[], language: Language): Promise<number> {
  const print = (text: string) => process.stdout.write(text);
  const wantsHelp = words.some((word) => word === '--help' || word === '-h');
  if (!wantsHelp) return await jobPlan(words, process.env, language, print);
  print(planHelp(language));
  return 0;
}

async function run(line: CommandLine): Promise<void> {
  switch (line.command) {
    case 'job plan':
      process.stdout.write(planHelp(line.language));
      return;
    case 'help':
      process.stdout.write(
        line.topic === 'job plan'
          ? planHelp(line.language)
          : helpText(line.topic, line.language, process.env),
      );
      return;
    case 'version':
      process.stdout.write(`${programVersion()}\n`);
      return;
    case 'config print':
      process.stdout.write(printConfig(settingsOf(line)));
      return;
    case 'keys list':
      listKeys(settingsOf(line).config);
      return;
    case 'keys rotate':
      await rotate(settingsOf(line).config, line);
      return;
    case 'up': {
      const { config } = settingsOf(line);
      // Loaded only here: the other commands need no web server and no drivers.
      const { up } = await import('./up.ts');
      await up(config);
      return;
    }
  }
}

function settingsOf(line: CommandLine): ResolvedConfig {
  return resolveConfig({ flags: line.flags, file: line.file, environment: process.env });
}

function listKeys(config: Config): void {
  const [active, ...others] = findKeys(keyPlaceOf(config)) ?? [];
  if (active !== undefined) process.stdout.write(`${active.id}  active\n`);
  for (const key of others) process.stdout.write(`${key.id}\n`);
}

async function rotate(config: Config, { language }: CommandLine): Promise<void> {
  const url = config.storeUrl?.reveal();
  const store = await openStore(
    { dataFolder: config.dataFolder, ...(url === undefined ? {} : { url }) },
    { presence: 'alone' },
  );
  try {
    const { activeKeyId, retiredKeyIds, resealed, wasUnfinished } = await rotateKeys(
      keyPlaceOf(config),
      store.maintenance,
    );
    const retired = retiredKeyIds.join(', ');
    const sentence = {
      en: `${wasUnfinished ? 'An earlier rotation was finished' : 'The master key was rotated'}: ${activeKeyId} is active, ${resealed} secrets were sealed anew, ${retired} is no longer needed.`,
      zh: `${wasUnfinished ? '已完成先前中断的轮换' : '主密钥已轮换'}：当前密钥为 ${activeKeyId}，重新加密 ${resealed} 项机密，不再需要 ${retired}。`,
    };
    process.stdout.write(`${sentence[language]}\n`);
  } finally {
    await store.close();
  }
}

function programVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

process.exitCode = await main(process.argv.slice(2));
