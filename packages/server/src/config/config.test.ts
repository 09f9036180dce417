import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../telemetry/refusal.ts';
import { parseCommandLine } from './command-line.ts';
import { helpText } from './help-text.ts';
import { type ConfigOption, configOptions } from './options.ts';
import { printConfig } from './print-config.ts';
import { resolveConfig } from './resolve-config.ts';

const options = Object.entries(configOptions) as [string, ConfigOption<unknown>][];

describe('configuration', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function resolve(given: {
    flags?: Record<string, string>;
    environment?: Record<string, string>;
    yaml?: string;
  }) {
    if (given.yaml !== undefined) writeFileSync(join(folder, 'sluice.yaml'), given.yaml);
    const flags = new Map(Object.entries({ data: folder, ...given.flags }));
    return resolveConfig({ flags, environment: given.environment ?? {}, file: null });
  }

  it('takes a flag before a variable before the file before the default, and says which it was', () => {
    const yaml = 'port: 1\nhost: a\nregion: r-1\nrateLimits: true\negressDeny: [10.0.0.0/8, "fd00::1"]\n';
    const environment = { SLUICE_PORT: '2', SLUICE_HOST: 'b', SLUICE_REGION: '' };
    const { config, origins } = resolve({ yaml, environment, flags: { port: '3' } });
    expect(config).toMatchObject({ dataFolder: folder, port: 3, host: 'b', region: 'r-1', rateLimits: true });
    expect(config.egressDeny).toEqual(['10.0.0.0/8', 'fd00::1/128']);
    const file = join(folder, 'sluice.yaml');
    expect(origins).toMatchObject({ port: '--port', host: 'SLUICE_HOST', region: file, leaseMs: 'default' });
  });

  it('has a good default for everything, and the data folder where the desktop standard says', () => {
    const environment = { XDG_DATA_HOME: '/x' };
    const { config } = resolveConfig({ flags: new Map(), environment, file: null });
    expect(config.dataFolder).toBe('/x/sluice');
    for (const [name, option] of options) {
      const value = option.default({ environment });
      if (value !== null && name !== 'egressAllow') {
        expect(option.type.parse(option.type.format(value as NonNullable<unknown>)), name).toEqual(value);
      }
    }
  });

  it('names every wrong setting in one sentence, without secrets', () => {
    const environment = {
      SLUICE_PORT: '80000',
      SLUICE_SECRET_KEY: 'hunter2',
      SLUICE_EGRESS_DENY: '10.0.0.0/33',
    };
    const failure = refusalOf(() =>
      resolve({ environment, yaml: 'colour: red\nlogLevel: loud\ndataFolder: x\n' }),
    );
    const lines = failure.in('en').split('\n');
    expect(failure.exitCode).toBe(2);
    expect(lines).toHaveLength(7);
    expect(lines).toContain('port (SLUICE_PORT) is "80000", but must be a whole number from 0 to 65535.');
    expect(failure.in('en')).toContain('unknown setting colour');
    expect(failure.in('en')).toContain('logLevel (');
    expect(failure.in('en')).toContain('cannot set dataFolder');
    expect(failure.in('en')).toContain('secretKey (SLUICE_SECRET_KEY) is ***');
    expect(failure.in('en')).toContain('egressDeny (SLUICE_EGRESS_DENY)');
    expect(failure.in('en')).not.toContain('hunter2');
    expect(failure.in('zh').split('\n')).toHaveLength(7);
  });

  it('refuses a file that is not there or no YAML', () => {
    expect(() => resolveConfig({ flags: new Map(), environment: {}, file: join(folder, 'no') })).toThrow(
      'cannot be read',
    );
    expect(
      refusalOf(() => resolve({ yaml: 'a: [1\n' }))
        .in('en')
        .split('\n'),
    ).toHaveLength(1);
    expect(() => resolve({ yaml: '- a\n' })).toThrow('one setting a line');
  });

  it('prints a file that can be used again, with every secret masked', () => {
    const secrets = Object.fromEntries(
      options
        .filter(([, option]) => option.isSecret)
        .map(([, option]) => [option.environment, 'postgres://u:hunter2@h/d']),
    );
    const resolved = resolve({
      environment: { ...secrets, SLUICE_ACCESS_KEY: 'ABCDEFGH', SLUICE_PORT: '9' },
    });
    const printed = printConfig(resolved);
    expect(printed).not.toContain('hunter2');
    expect(JSON.stringify(resolved)).not.toContain('hunter2');
    expect(printed).toMatch(/^port: 9 +# SLUICE_PORT$/m);
    expect(printed.match(/"\*\*\*"/g)).toHaveLength(Object.keys(secrets).length);
    const yaml = printed
      .split('\n')
      .filter((line) => !line.startsWith('dataFolder') && !line.includes('***'))
      .join('\n');
    const again = resolve({ yaml, environment: secrets });
    expect(JSON.stringify(again.config)).toBe(JSON.stringify(resolved.config));
  });

  it('has each name, variable and flag once, in both languages', () => {
    for (const of of [options.map(([, o]) => o.environment), options.flatMap(([, o]) => o.flag ?? [])]) {
      expect(new Set(of).size).toBe(of.length);
    }
    for (const [name, option] of options) {
      expect(option.environment).toMatch(/^SLUICE_[A-Z_]+$/);
      expect(option.flag === null, name).toBe(option.isSecret);
      expect(helpText('up', 'en', {})).toContain(option.help.en);
      expect(helpText('up', 'zh', {})).toContain(option.help.zh);
    }
  });
});

describe('command line', () => {
  const parse = (line: string, environment = {}) =>
    parseCommandLine(line.split(' ').filter(Boolean), environment);

  it('reads commands and flags in any order', () => {
    expect(parse('up --port 1 --data=x --rate-limits --host h')).toMatchObject({
      command: 'up',
      flags: new Map([
        ['port', '1'],
        ['data', 'x'],
        ['rate-limits', 'on'],
        ['host', 'h'],
      ]),
    });
    expect(parse('up --rate-limits off').flags.get('rate-limits')).toBe('off');
    expect(parse('config print --redacted --config f')).toMatchObject({ command: 'config print', file: 'f' });
    expect(parse('')).toMatchObject({ command: 'help', topic: null });
    expect(parse('up --help')).toMatchObject({ command: 'help', topic: 'up' });
    expect(parse('help keys rotate')).toMatchObject({ command: 'help', topic: 'keys rotate' });
    expect(parse('--version').command).toBe('version');
  });

  it('speaks the language of the terminal unless told otherwise', () => {
    expect(parse('up', { LANG: 'zh_CN.UTF-8' }).language).toBe('zh');
    expect(parse('up', { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }).language).toBe('en');
    expect(parse('up --lang en', { LANG: 'zh_CN.UTF-8' }).language).toBe('en');
  });

  it('refuses what it does not know with exit code 2', () => {
    for (const line of [
      'frob',
      'up now',
      'up --prot 1',
      'up --port',
      'up --port=',
      '--lang fr up',
      'config',
      'up --redacted',
    ]) {
      expect(refusalOf(() => parse(line)).exitCode, line).toBe(2);
    }
    expect(() => parse('up --secret-key x')).toThrow('set SLUICE_SECRET_KEY');
  });
});

function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
