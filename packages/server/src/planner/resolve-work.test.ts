import { SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, test } from 'vitest';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { LinkRecord, RunRecord } from '../store/model.ts';
import { sampleJob, sampleLink, sampleRun } from '../store/sample-records.ts';
import type { Store } from '../store/store.ts';
import { resolveWork, runKeyOf } from './resolve-work.ts';

const box: SecretBox = {
  seal: (plain, context) => `${context}|${plain}`,
  open(sealed, context) {
    if (!sealed.startsWith(`${context}|`)) throw new Error('wrong key');
    return sealed.slice(context.length + 1);
  },
};
const service = { zone: 'Asia/Shanghai', version: '1' };
const context = linkSecretContext('c1');

function link(name: string, change: Partial<LinkRecord> = {}): LinkRecord {
  const sealedSecrets = box.seal(JSON.stringify({ 'linkConfig.password': `pw of ${name}` }), context);
  return { ...sampleLink('c1', name), id: 1, sealedSecrets, ...change };
}

function storeWith(...links: readonly LinkRecord[]): Store {
  const find = async (clusterId: string, name: string) =>
    links.find((one) => one.clusterId === clusterId && one.name === name) ?? null;
  return { links: { find } } as unknown as Store;
}

function runOf(change: Partial<RunRecord['job']> = {}): RunRecord {
  const job = { ...sampleJob('c1', 'j'), id: 7, ...change };
  return { ...sampleRun(job, 'p1'), id: '01234567-89ab-4cde-8f01-23456789ABCD', submissionId: 1 };
}

const both = storeWith(link('source'), link('target'));

describe('resolveWork', () => {
  test('opens both ends with their secrets and what the job says', async () => {
    const work = await resolveWork(runOf(), both, box, service);
    expect(work).toMatchObject({
      runId: '01234567-89ab-4cde-8f01-23456789ABCD',
      runKey: '23456789abcd',
      mapping: { from: null, to: null },
      extractors: 1,
    });
    expect(work.from.link).toMatchObject({
      'linkConfig.host': '10.0.0.1',
      'linkConfig.password': 'pw of source',
    });
    expect(work.to.link['linkConfig.password']).toBe('pw of target');
    expect(work.from.options).toEqual({ 'fromJobConfig.tableName': '表' });
  });

  test('a link without secrets is as it stands', async () => {
    const work = await resolveWork(
      runOf(),
      storeWith(link('source', { sealedSecrets: null }), link('target')),
      box,
      service,
    );
    expect(work.from.link).toEqual(sampleLink('c1', 'source').options);
  });

  test.each([
    ['is gone', storeWith(link('source')), 'Cdm.0101', { link: 'target' }],
    [
      'belongs to another cluster',
      storeWith(link('source'), link('target', { clusterId: 'c2' })),
      'Cdm.0101',
      {},
    ],
    [
      'is disabled',
      storeWith(link('source'), link('target', { isEnabled: false })),
      'Cdm.0060',
      { link: 'target' },
    ],
    [
      'was sealed elsewhere',
      storeWith(link('source'), link('target', { sealedSecrets: 'other|{}' })),
      'Cdm.0036',
      {},
    ],
  ])('a link that %s', async (_what, store, code, facts) => {
    await expect(resolveWork(runOf(), store, box, service)).rejects.toMatchObject({ code, facts });
  });

  test("the store's own failure is no finding about the job", async () => {
    const broken = { links: { find: () => Promise.reject(new Error('disk')) } } as unknown as Store;
    await expect(resolveWork(runOf(), broken, box, service)).rejects.not.toBeInstanceOf(SluiceError);
  });

  test('column lists are paired by position, and blanks belong to a name', async () => {
    const work = await resolveWork(
      runOf({
        fromOptions: { 'fromJobConfig.columnList': 'id& first name&n' },
        toOptions: { 'toJobConfig.columnList': 'a&b&c ' },
      }),
      both,
      box,
      service,
    );
    expect(work.mapping).toEqual({ from: ['id', ' first name', 'n'], to: ['a', 'b', 'c '] });
  });

  test('lists of different length do not pair up', async () => {
    const run = runOf({
      fromOptions: { 'fromJobConfig.columnList': 'id&n' },
      toOptions: { 'toJobConfig.columnList': 'a' },
    });
    await expect(resolveWork(run, both, box, service)).rejects.toMatchObject({
      code: 'Cdm.0931',
      facts: { schema: 'a', result: 'id, n' },
    });
  });

  test.each([
    ['3', 3],
    [undefined, 1],
    ['', 1],
  ])('extractors %s are %s', async (value, extractors) => {
    const driverOptions: Record<string, string> = {};
    if (value !== undefined) driverOptions['throttlingConfig.numExtractors'] = value;
    expect((await resolveWork(runOf({ driverOptions }), both, box, service)).extractors).toBe(extractors);
  });

  test.each(['0', '2.5', 'many', '301'])(
    '%s extractors, as a variable may have it, are refused',
    async (value) => {
      const driverOptions = { 'throttlingConfig.numExtractors': value };
      await expect(resolveWork(runOf({ driverOptions }), both, box, service)).rejects.toMatchObject({
        code: 'Cdm.0024',
      });
    },
  );
});

test('the key of a run is twelve hex digits in lower case', () => {
  expect(runKeyOf('01234567-89ab-4cde-8f01-23456789ABCD')).toBe('23456789abcd');
});
