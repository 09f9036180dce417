import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';
import { linkBody } from './sample-documents.ts';

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp();
  clusterId = await sample.makeCluster(projectA);
  await send('POST', `/v1.1/${projectA}/clusters/${clusterId}/cdm/link`, linkBody('orders'));
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const send = (method: 'GET' | 'POST', url: string, payload?: object, language?: string, token?: string) =>
  sample.send(method, url, payload, token, language);

const own = (path: string) => `/api/v1/projects/${projectA}/clusters/${clusterId}/links/${path}`;

const failed = [
  { stage: 'name', state: 'ok', ms: 3, finding: null },
  { stage: 'tcp', state: 'ok', ms: 4, finding: null },
  { stage: 'tls', state: 'skipped', ms: 0, finding: null },
  { stage: 'login', state: 'failed', ms: 5, finding: { code: 'Cdm.0950', facts: {} } },
  { stage: 'read', state: 'skipped', ms: 0, finding: null },
  { stage: 'create', state: 'skipped', ms: 0, finding: null },
] as const;

describe('a link test by stages', () => {
  test('is told in the language of the call, and is an answer also when it fails', async () => {
    sample.runs.answers.stages = failed;
    const english = await send('POST', own('orders/test'));
    expect(english.statusCode).toBe(200);
    expect(english.json()).toMatchObject({ is_usable: false, ms: 12 });
    const chinese = await send('POST', own('orders/test'), {}, 'zh-cn');
    const [one, other] = [english.json().stages[3].finding, chinese.json().stages[3].finding];
    expect(one.code).toBe('Cdm.0950');
    for (const member of ['message', 'hint']) {
      expect(one[member]).toMatch(/^[\x20-\x7e]+$/);
      expect(other[member]).toMatch(/\p{Script=Han}/u);
    }
  });

  test('asks with the secrets of the link, and shows none', async () => {
    sample.runs.answers.stages = failed;
    const answer = await send('POST', own('orders/test'), { is_destination: true, schema: 'dwh' });
    const [asked] = sample.runs.asked;
    const secret = String(asked?.link['linkConfig.password']);
    expect(secret.length).toBeGreaterThan(5);
    expect(answer.payload).not.toContain(secret);
    expect(asked?.question).toMatchObject({
      what: 'stages',
      purpose: { isDestination: true, schema: 'dwh' },
    });
  });

  test('of a link that is not saved takes its own values, and saves nothing', async () => {
    sample.runs.answers.stages = failed;
    expect((await send('POST', own('test'), linkBody('fresh'))).statusCode).toBe(200);
    expect(sample.runs.asked[0]?.link).toMatchObject({ 'linkConfig.databaseType': 'POSTGRESQL' });
    expect(await sample.store.links.find(clusterId, 'fresh')).toBeNull();
  });

  test('of a saved link that is being edited goes on with its secrets, unless it leads elsewhere', async () => {
    sample.runs.answers.stages = failed;
    const body = linkBody('orders') as {
      links: { 'link-config-values': { configs: { inputs: Input[] }[] } }[];
    };
    const inputs = body.links[0]?.['link-config-values'].configs[0]?.inputs ?? [];
    const secret = inputs.find(({ name }) => name === 'linkConfig.password')?.value;
    inputs.splice(
      inputs.findIndex(({ name }) => name === 'linkConfig.password'),
      1,
    );
    expect((await send('POST', own('test'), body)).statusCode).toBe(200);
    expect(sample.runs.asked[0]?.link['linkConfig.password']).toBe(secret);
    const host = inputs.find(({ name }) => name === 'linkConfig.host');
    if (host === undefined) throw new Error('no host');
    host.value = 'elsewhere.example.com';
    const moved = await send('POST', own('test'), body);
    expect([moved.statusCode, moved.json().errCode]).toEqual([400, 'Cdm.0238']);
    expect(sample.runs.asked).toHaveLength(1);
  });

  test('is for those who may act in the project', async () => {
    expect((await send('POST', own('orders/test'), {}, 'en-us', `bob@${projectB}`)).statusCode).toBe(403);
    expect((await send('POST', own('absent/test'))).statusCode).toBe(404);
    expect((await send('POST', own('orders/test'), { schema: 7 })).json()).toMatchObject({
      errCode: 'Cdm.0014',
    });
    expect(sample.runs.asked).toEqual([]);
  });
});

interface Input {
  name: string;
  value: string;
}

describe('what is behind a link', () => {
  test('is listed by page', async () => {
    sample.runs.answers.schemas = { entries: ['a', 'b'], total: 12 };
    const schemas = await send('GET', own('orders/schemas?page_no=3&page_size=5&filter=x'));
    expect(schemas.json()).toEqual({ schemas: ['a', 'b'], total: 12, page_no: 3, page_size: 5 });
    expect(sample.runs.asked[0]?.question).toEqual({
      what: 'schemas',
      page: { filter: 'x', offset: 10, limit: 5 },
    });
    sample.runs.answers.tables = { entries: [{ name: 't', kind: 'view', rowsEstimate: null }], total: 1 };
    const tables = await send('GET', own('orders/tables?schema=public'));
    expect(tables.json().tables).toEqual([{ name: 't', kind: 'view', rows_estimate: null }]);
    expect((await send('GET', own('orders/tables'))).json()).toMatchObject({ errCode: 'Cdm.0238' });
  });

  test('is shown with neutral types', async () => {
    const column = {
      name: 'id',
      native: 'numeric(10,2)',
      type: { kind: 'decimal', precision: 10, scale: 2 },
      isNullable: false,
      isGenerated: false,
    } as const;
    const shape = { schema: 's', table: 't', columns: [column], primaryKey: ['id'] };
    sample.runs.answers.columns = { ...shape, rowsEstimate: 5, bytesEstimate: null };
    const columns = (await send('GET', own('orders/columns?schema=s&table=t'))).json();
    expect(columns.columns[0]).toEqual({
      name: 'id',
      native_type: 'numeric(10,2)',
      type: { kind: 'decimal', precision: 10, scale: 2 },
      is_nullable: false,
      is_generated: false,
    });
    sample.runs.answers.rows = { columns: [column], rows: [['1.00']], isWhole: true, cut: [] };
    const preview = (
      await send('POST', own('orders/preview'), { schema: 's', table: 't', rows_max: 9 })
    ).json();
    expect(preview).toMatchObject({ rows: [['1.00']], row_count: 1, is_whole: true, cut_values: [] });
    expect(sample.runs.asked.at(-1)?.question).toMatchObject({
      limits: { rowsMax: 9, bytesMax: 1024 * 1024 },
    });
  });

  test('bounds and names are held to', async () => {
    sample.runs.answers.rows = { columns: [], rows: [], isWhole: true, cut: [] };
    const tooMany = await send('POST', own('orders/preview'), { schema: 's', table: 't', rows_max: 1_001 });
    expect(tooMany.json()).toMatchObject({ errCode: 'Cdm.0014' });
    const odd = await send('POST', own('orders/preview'), { schema: 's', table: 'a\0b' });
    expect([odd.statusCode, odd.json().errCode]).toEqual([400, 'Cdm.0014']);
    expect(sample.runs.asked).toEqual([]);
  });
});
