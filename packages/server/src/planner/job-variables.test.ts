// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { variableContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, RunRecord, VariableRecord, VariableScope } from '../store/model.ts';
import { sampleJob, samplePlan, sampleRun } from '../store/sample-records.ts';
import { fillIn, keptVariables, maskError, maskSecrets, variablesIn } from './job-variables.ts';

const box: SecretBox = {
  seal: (plain, context) => `${context}|${plain}`,
  open(sealed, context) {
    if (!sealed.startsWith(`${context}|`)) throw new Error('sealed elsewhere');
    return sealed.slice(context.length + 1);
  },
};

const service = { zone: 'Asia/Shanghai', version: '2.9.2.200' };
const cluster: VariableScope = { kind: 'cluster', id: 'c1' };
const project: VariableScope = { kind: 'project', id: 'p1' };

function variable(
  scope: VariableScope,
  name: string,
  value: string,
  isSecret = false,
  updatedAt = 1,
): VariableRecord {
  return {
    scope,
    name,
    value: isSecret ? null : value,
    sealedValue: isSecret ? box.seal(value, variableContext(scope.id, name)) : null,
    updatedBy: 'ada',
    updatedAt,
  };
}

function storeWith(...variables: readonly VariableRecord[]) {
  const find = async (scope: VariableScope, name: string) =>
    variables.find((one) => one.scope.id === scope.id && one.name === name) ?? null;
  return { variables: { find } } as unknown as Parameters<typeof fillIn>[1];
}

function jobWith(from: OptionValues, to: OptionValues = {}): JobRecord {
  return { ...sampleJob('c1', 'j'), id: 7, fromOptions: from, toOptions: to };
}

function runWith(job: JobRecord, variables: Readonly<Record<string, string>> = {}): RunRecord {
  return { ...sampleRun(job, 'p1'), submissionId: 1, variables, plan: null };
}

async function filled(
  from: OptionValues,
  given: Readonly<Record<string, string>>,
  ...variables: readonly VariableRecord[]
): Promise<OptionValues> {
  const job = jobWith(from);
  const store = storeWith(...variables);
  const kept = await keptVariables(store, 'p1', job, given);
  return (await fillIn(runWith(job, kept.variables), store, box, service)).fromOptions;
}

describe('variables', () => {
  test('are found in texts, maps and lists of both ends, but for the reserved ones', () => {
    const job = jobWith(
      {
        a: 'x ${one} ${one}',
        b: { c: '${two}' },
        d: ['${three.x}'],
        e: '${dateformat(yyyy)} ${timestamp} ${value}',
      },
      { f: '${four} $five ${} ${6} {seven}' },
    );
    expect([...variablesIn(job)]).toEqual(['one', 'two', 'three.x', 'four']);
  });

  test('come from the start, then the cluster, then its project', async () => {
    const all = [
      variable(cluster, 'a', 'cluster'),
      variable(project, 'a', 'project'),
      variable(project, 'b', 'project'),
    ];
    expect(await filled({ x: '${a} ${b}' }, { a: 'start' }, ...all)).toEqual({ x: 'start project' });
    expect(await filled({ x: '${a} ${b}' }, {}, ...all)).toEqual({ x: 'cluster project' });
  });

  test('are inserted once, as they are: nothing in a value is looked up, and no sign in it means anything', async () => {
    const sets = [
      variable(cluster, 'a', "${b} $& $1 ' \\ ${dateformat(x)}"),
      variable(cluster, 'b', 'never'),
    ];
    expect(await filled({ x: '<${a}>' }, {}, ...sets)).toEqual({ x: "<${b} $& $1 ' \\ ${dateformat(x)}>" });
    expect(await filled({ x: '${value} ${tableName} ${a b} ${}' }, {})).toEqual({
      x: '${value} ${tableName} ${a b} ${}',
    });
  });

  test('whatever the values, the text around them stays', async () => {
    const value = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(value, value, async (one, other) => {
        const options = { x: 'a${one}b${other}c', m: { k: '${other}' }, l: ['${one}'] };
        expect(await filled(options, { one, other })).toEqual({
          x: `a${one}b${other}c`,
          m: { k: other },
          l: [one],
        });
      }),
      { numRuns: 200 },
    );
  });

  test('that are nowhere are named', async () => {
    const job = jobWith({ x: '${a} ${nowhere}' });
    const store = storeWith(variable(cluster, 'a', '1'));
    expect((await keptVariables(store, 'p1', job, {})).missing).toEqual(['nowhere']);
    const error = await fillIn(runWith(job), store, box, service).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Cdm.0014', facts: { name: 'nowhere' } });
  });

  test('of a run do not change when those of the cluster do', async () => {
    const job = jobWith({ x: '${a}' });
    const { variables } = await keptVariables(storeWith(variable(cluster, 'a', 'before')), 'p1', job, {});
    const later = storeWith(variable(cluster, 'a', 'after'));
    expect((await fillIn(runWith(job, variables), later, box, service)).fromOptions).toEqual({ x: 'before' });
  });
});

describe('secret variables', () => {
  const job = jobWith({ x: 'key ${key}' });

  test('are kept with a run by the time they were set, and opened when they are used', async () => {
    const store = storeWith(variable(cluster, 'key', 'very secret', true, 42));
    const { variables } = await keptVariables(store, 'p1', job, {});
    expect(variables).toEqual({ 'key#': '42' });
    const work = await fillIn(runWith(job, variables), store, box, service);
    expect(work.fromOptions).toEqual({ x: 'key very secret' });
    expect(work.secretTexts).toEqual(['very secret']);
  });

  test('that were set anew after the run was planned end it; before, they are used as they are', async () => {
    const later = storeWith(variable(cluster, 'key', 'another one', true, 43));
    const run = runWith(job, { 'key#': '42' });
    expect((await fillIn(run, later, box, service)).fromOptions).toEqual({ x: 'key another one' });
    const planned = { ...run, plan: samplePlan(1) };
    await expect(fillIn(planned, later, box, service)).rejects.toMatchObject({ code: 'Cdm.0014' });
  });

  test('are masked in settings that are shown as JSON, where they are spelt otherwise', async () => {
    const spelt = 'a"quoted\\secret';
    const listed: JobRecord = { ...jobWith({}), driverOptions: { list: ['${key}'] } };
    const store = storeWith(variable(cluster, 'key', spelt, true, 42));
    const { variables } = await keptVariables(store, 'p1', listed, {});
    const work = await fillIn(runWith(listed, variables), store, box, service);
    expect(work.driverOptions.list).toEqual([spelt]);
    expect(work.resolved).toEqual([{ name: 'list', text: '["******"]' }]);
  });

  test('are masked where a database quotes a part of them, and nothing else is', () => {
    const secret = 'p@ss-word 1234567';
    const words = "You have an error near '@ss-word 1234567 ORDER BY id' at line 1";
    expect(maskSecrets(words, [secret])).toBe("You have an error near '****** ORDER BY id' at line 1");
    expect(maskSecrets('cut: p@ss-word 12', [secret])).toBe('cut: ******');
    expect(maskSecrets('cut: p@ss-wo', [secret])).toBe('cut: p@ss-wo');
    expect(maskSecrets('sixsix', ['sixsix'])).toBe('******');
    const token = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(20);
    expect(maskSecrets(`near '${token.slice(300, 380)}'`, [token])).toBe("near '******'");
    expect(maskSecrets('', [secret])).toBe('');
  });

  test('are masked in texts and errors, the longer first', () => {
    expect(maskSecrets('abcdef and abc', ['abc', 'abcdef'])).toBe('****** and ******');
    const error = new SluiceError(
      'Cdm.0902',
      { cause: 'near "very secret"', n: 1 },
      {
        cause: new Error('SELECT very secret'),
        status: 400,
      },
    );
    const masked = maskError(error, ['very secret']) as SluiceError;
    expect([masked.code, masked.status, masked.facts]).toEqual([
      'Cdm.0902',
      400,
      { cause: 'near "******"', n: 1 },
    ]);
    expect(String((masked.cause as Error).message)).toBe('SELECT ******');
    expect((masked.cause as Error).stack).not.toContain('very secret');
    expect(maskError(error, [])).toBe(error);
  });
});
