import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobPlan } from '@sluice/contract/plan-views';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jobPlan } from './job-plan.ts';
import { parsePlanCommand, planHelp } from './plan-flags.ts';
import { rawHeadersOf, verified } from './test-signature.ts';

const keys = { SLUICE_ACCESS_KEY: 'ABCDEFGH12345678', SLUICE_SECRET_KEY: 'a-secret-of-some-length' };
const end = { connector: 'generic-jdbc-connector', link: 'l', is_reachable: true, stages: [], rights: [] };
const plan: JobPlan = {
  job_name: 'orders \u001b[31m',
  job_type: 'NORMAL_JOB',
  is_runnable: true,
  obstacles: [],
  planned_at: 0,
  took_ms: 1,
  clock_at: 0,
  zone: 'UTC',
  resolved: [],
  run_key: '000000000000',
  settings: null,
  source: end,
  destination: end,
  plan: null,
  moment: null,
  statements: [{ purpose: 'clear', sql: 'TRUNCATE "t"', is_fallback: false, is_draft: false, is_cut: false }],
  slices: [
    {
      no: 0,
      label: 'all',
      sql: 'SELECT 1',
      is_cut: false,
      rows_estimate: 7,
      bytes_estimate: 2048,
      basis: 'optimizer',
    },
  ],
  estimate: null,
  tables: [],
  total: 3,
  page_no: 1,
  page_size: 1,
};

/** Stands for a server: answers what it was told to, and keeps what it was asked. */
describe('sluice job plan, against a stand-in for a server', () => {
  let server: Server;
  let address: string;
  let answer: { status: number; body: object };
  let asked: { method: string; target: string; headers: Record<string, string>; body: string }[];
  beforeEach(async () => {
    answer = { status: 200, body: plan };
    asked = [];
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const target = request.url ?? '';
        asked.push({
          method: request.method ?? '',
          target,
          headers: rawHeadersOf(request.rawHeaders),
          body: Buffer.concat(parts).toString(),
        });
        const known: Readonly<Record<string, object>> = {
          '/v3/projects': { projects: [{ id: 'p1', name: 'one' }] },
          '/v1.1/p1/clusters': { clusters: [{ id: 'c1', name: 'kite' }] },
        };
        const found = known[target];
        response.writeHead(found === undefined ? answer.status : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(found ?? answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function run(
    words: readonly string[],
    environment: Record<string, string> = keys,
    language: 'en' | 'zh' = 'en',
  ) {
    let printed = '';
    const code = await jobPlan([...words, '--server', address], environment, language, (text) => {
      printed += text;
    });
    return { code, printed };
  }

  test('finds project and cluster, signs every call, and prints the page', async () => {
    const { code, printed } = await run([
      'a job/?',
      '--cluster',
      'kite',
      '--variable',
      'x=1=2',
      '--page',
      '3',
    ]);
    expect(code).toBe(0);
    expect(asked.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /v3/projects',
      'GET /v1.1/p1/clusters',
      'POST /api/v1/projects/p1/clusters/c1/jobs/a%20job%2F%3F/plan?page_no=3&page_size=20',
    ]);
    expect(JSON.parse(asked[2]?.body ?? '')).toEqual({ variables: { x: '1=2' } });
    for (const call of asked) expect(verified(call, keys.SLUICE_SECRET_KEY), call.target).toBe(true);
    expect(verified(asked[2] as never, 'another-secret')).toBe(false);
    expect(printed).toContain('TRUNCATE "t"');
    expect(printed).toContain('~7 rows, ~2.0 KiB');
    expect(printed).toContain('3, page 1 of 3');
    // Escapes of a terminal in a name are shown, not sent.
    expect(printed).toContain('orders \\u001b[31m');
  });

  test('with a token, in Chinese, as JSON', async () => {
    const token = { SLUICE_TOKEN: 'tttt' };
    const chinese = await run(['j', '--cluster=c1', '--project', 'p1'], token, 'zh');
    expect(chinese.printed).toContain('作业计划');
    expect(chinese.printed).toContain('清空数据');
    expect(asked.at(-1)?.headers).toMatchObject({ 'x-auth-token': 'tttt', 'x-language': 'zh-cn' });
    const json = await run(['j', '--cluster=c1', '--project', 'p1', '--json'], token);
    expect(JSON.parse(json.printed)).toEqual(plan);
  });

  test('ends with 3 when the plan says that the job cannot run', async () => {
    const obstacle = {
      kind: 'right',
      end: 'destination',
      code: null,
      message: 'lacks CREATE',
      hint: 'Grant it',
    };
    answer.body = { ...plan, is_runnable: false, obstacles: [obstacle] };
    const { code, printed } = await run(['j', '--cluster', 'kite']);
    expect(code).toBe(3);
    expect(printed).toContain('CANNOT RUN');
    expect(printed).toContain('- lacks CREATE\n    Grant it');
  });

  test('tells the server’s own refusal, and that nobody is there', async () => {
    answer = { status: 403, body: { errCode: 'Cdm.0032', externalMessage: 'You may not.' } };
    await expect(run(['j', '--cluster', 'kite'])).rejects.toMatchObject({
      exitCode: 1,
      text: { en: 'Cdm.0032 : You may not.' },
    });
    await expect(run(['j', '--cluster', 'nowhere'])).rejects.toMatchObject({
      text: { en: 'The project has no cluster nowhere; it has: kite (c1).' },
    });
    const none = ['j', '--cluster', 'c', '--project', 'p'];
    const nobody = jobPlan([...none, '--server', 'http://127.0.0.1:9'], keys, 'en', () => undefined);
    await expect(nobody).rejects.toMatchObject({ text: { en: expect.stringMatching(/^No answer from/) } });
  });
});

describe('its command line', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--cluster', 'c'], /Name one job/],
    [['a', 'b', '--cluster', 'c'], /Name one job/],
    [['a'], /which cluster/],
    [['a', '--cluster', 'c', '--token', 'x'], /--token is no flag, because every user/],
    [['a', '--cluster', 'c', '--sk=x'], /--sk is no flag/],
    [['a', '--cluster', 'c', '--frob'], /There is no flag --frob/],
    [['a', '--cluster', 'c', '--page', '0'], /--page must be/],
    [['a', '--cluster', 'c', '--variable', 'x'], /name=value/],
    [['a', '--cluster', 'c', '--server', 'http://ada:pw@h'], /without a user/],
  ];
  test.each(wrong)('%j is refused in both languages, without the secret', (words, sentence) => {
    const error = (() => {
      try {
        parsePlanCommand(words, keys);
        return null;
      } catch (thrown) {
        return thrown as { text: { en: string; zh: string }; exitCode: number };
      }
    })();
    expect(error?.text.en).toMatch(sentence);
    expect(error?.text.zh).toMatch(/\p{Script=Han}/u);
    expect(error?.exitCode).toBe(2);
    expect(error?.text.en).not.toContain('pw');
  });

  test('who nobody is, is told where to say who he is', () => {
    expect(() => parsePlanCommand(['a', '--cluster', 'c'], {})).toThrow(/SLUICE_TOKEN/);
  });

  test('its help names every flag in both languages', () => {
    for (const name of ['cluster', 'server', 'project', 'variable', 'page', 'page-size', 'json', 'lang'])
      for (const language of ['en', 'zh'] as const) expect(planHelp(language)).toContain(`--${name}`);
  });
});
