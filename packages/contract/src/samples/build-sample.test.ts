import { SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, it } from 'vitest';
import { buildSample, sampleLanguagesOf, sampleOperationIds } from './build-sample.ts';
import { type SampleLanguage, sampleLanguages } from './languages.ts';
import { bodyCharsMax, bodyDepthMax, textCharsMax } from './limits.ts';
import type { SampleRequest } from './sample-call.ts';
import { terraformArguments } from './terraform-arguments.ts';

const plain: SampleRequest = {
  operationId: 'ListClusters',
  endpoint: 'https://cdm.example.com',
  region: 'region-1',
  projectId: '0f3c9a64d1b84c0f9c1b7ae0c5d2e871',
  signOn: 'keys',
  parameters: {},
  body: undefined,
};

const of = (language: SampleLanguage, change: Partial<SampleRequest>) =>
  buildSample({ ...plain, ...change }, language);

/** The files that readers of a change see: each language writes a body of classes, numbers and free values. */
const golden: readonly (readonly [string, Partial<SampleRequest>])[] = [
  ['create-link', { operationId: 'CreateLink', parameters: { validate: 'true' } }],
  [
    'show-jobs',
    {
      operationId: 'ShowJobs',
      signOn: 'token',
      parameters: { job_name: 'all', filter: "day's $1", page_no: '2', jobType: 'BATCH_JOB' },
    },
  ],
  [
    'start-job',
    {
      operationId: 'StartJob',
      body: { variables: { day: '2024-01-31', part: 3, full: true, 'a "b" ${c}': '数据' } },
    },
  ],
  ['restart-cluster', { operationId: 'RestartCluster' }],
  ['create-job', { operationId: 'CreateJob' }],
];

describe.each(golden)('the samples of %s', (name, change) => {
  const operationId = change.operationId ?? plain.operationId;
  it.each(sampleLanguagesOf(operationId))('in %s', async (language) => {
    const { source, notes } = of(language, change);
    expect(notes.filter(({ reason }) => reason !== 'keys-only')).toEqual([]);
    await expect(source).toMatchFileSnapshot(`golden/${name}.${language}.txt`);
  });
});

describe('every operation', () => {
  it.each(sampleOperationIds)(
    '%s has a sample in each language, from its example and without a note',
    (id) => {
      const languages = sampleLanguagesOf(id);
      expect(sampleLanguages.filter((name) => name !== 'terraform')).toEqual(
        languages.filter((name) => name !== 'terraform'),
      );
      for (const language of languages) {
        const sample = of(language, { operationId: id });
        expect(sample.notes).toEqual([]);
        expect(sample.source).toMatch(/[^\n]\n$/);
        expect(sample.source).not.toMatch(/undefined|\[object|NaN/);
      }
    },
  );

  it('has Terraform where the vendor has a resource', () => {
    expect(sampleOperationIds.filter((id) => sampleLanguagesOf(id).includes('terraform'))).toEqual([
      'CreateCluster',
      'RestartCluster',
      'StartCluster',
      'CreateLink',
      'UpdateLink',
      'CreateJob',
      'UpdateJob',
    ]);
  });

  it('says the same twice', () => {
    expect(of('java', { operationId: 'CreateJob' })).toEqual(of('java', { operationId: 'CreateJob' }));
  });
});

describe('secrets', () => {
  it.each(sampleLanguages)('of the sign-on are read from the environment in %s', (language) => {
    const source = buildSample({ ...plain, operationId: 'CreateLink' }, language).source;
    const names = { terraform: 'HW_SECRET_KEY' } as Partial<Record<SampleLanguage, string>>;
    expect(source).toContain(names[language] ?? 'HUAWEICLOUD_SDK_SK');
  });

  it('of a link become variables in Terraform', () => {
    const inputs = [
      { name: 'linkConfig.server', value: 'obs.example.com' },
      { name: 'linkConfig.accessKey', value: 'SHOWN-ACCESS' },
      { name: 'linkConfig.securityKey', value: 'SHOWN-SECRET' },
    ];
    const { source, notes } = of('terraform', {
      operationId: 'CreateLink',
      body: {
        links: [
          {
            name: 'l',
            'connector-name': 'obs-connector',
            'link-config-values': { configs: [{ name: 'linkConfig', inputs }] },
          },
        ],
      },
    });
    expect(notes).toEqual([]);
    expect(source).not.toContain('SHOWN');
    expect(source).toMatch(/access_key = var\.link_access_key\n +secret_key = var\.link_secret_key/);
  });
});

describe('what does not fit', () => {
  const body = {
    jobs: [
      {
        name: 5,
        job_type: 'OTHER',
        'from-connector-name': 'generic-jdbc-connector',
        'from-link-name': null,
        'from-config-values': { configs: {} },
        'to-config-values': 'x',
        'creation-date': 1.5,
        flag: 2 ** 31,
        own: 1,
      },
    ],
    own: {},
  };

  it('is left out of samples on classes, with a note', () => {
    const { source, notes } = of('go', { operationId: 'CreateJob', body, parameters: { nope: 'x' } });
    expect(notes.map(({ reason, at }) => `${at}: ${reason}`).sort()).toEqual([
      'jobs[0].creation-date: misfit',
      'jobs[0].driver-config-values: missing',
      'jobs[0].flag: misfit',
      'jobs[0].from-link-name: null',
      'jobs[0].job_type: misfit',
      'jobs[0].name: misfit',
      'jobs[0].own: unknown-member',
      'jobs[0].to-config-values: misfit',
      'jobs[0].to-connector-name: missing',
      'jobs[0].to-link-name: missing',
      'nope: unknown-parameter',
      'own: unknown-member',
    ]);
    expect(source).not.toMatch(/own|OTHER|nope/);
  });

  it('is sent as it is by curl and Node.js', () => {
    for (const language of ['curl', 'nodejs'] as const) {
      const { source, notes } = of(language, { operationId: 'CreateJob', body });
      expect(notes).toEqual([]);
      expect(source).toContain('"job_type": "OTHER"');
      expect(source).toContain('"flag": 2147483648');
    }
  });

  it('a token only fits curl', () => {
    const reasons = (language: SampleLanguage) =>
      of(language, { signOn: 'token' }).notes.map(({ reason }) => reason);
    expect(reasons('curl')).toEqual([]);
    expect(reasons('python')).toEqual(['keys-only']);
    expect(of('curl', { signOn: 'token' }).source).toContain('\nX-Auth-Token: $X_AUTH_TOKEN\n');
  });

  it('a control in a header is no part of a request', () => {
    const change = {
      operationId: 'ModifyCluster',
      parameters: { 'X-Language': 'en-us\r\nX-Evil: 1' },
    } as const;
    const { source, notes } = of('curl', change);
    expect(notes).toEqual([{ reason: 'misfit', at: 'X-Language' }]);
    expect(source).not.toContain('X-Evil');
  });

  it('free values keep their form, but for null', () => {
    const variables = {
      list: [1, [null, 'x'], {}],
      none: null,
      deep: { big: 1e20, small: 1e-9, long: 2 ** 40 },
    };
    const { source, notes } = of('java', { operationId: 'StartJob', body: { variables } });
    expect(notes).toEqual([
      { reason: 'null', at: 'variables.list[1][0]' },
      { reason: 'null', at: 'variables.none' },
    ]);
    expect(source.replace(/\s+/g, '')).toContain(
      'Map.ofEntries(Map.entry("list",List.of(1,List.of("x"),Map.of())),Map.entry("deep",Map.ofEntries(' +
        'Map.entry("big",1e+20),Map.entry("small",1e-9),Map.entry("long",1099511627776L))))',
    );
  });

  it('a member called __proto__ stays a member in JavaScript', () => {
    const body: unknown = JSON.parse('{"variables": {"__proto__": {"a": 1}}}');
    expect(of('nodejs', { operationId: 'StartJob', body }).source).toContain('["__proto__"]: {');
    expect(of('python', { operationId: 'StartJob', body }).source).toContain('"__proto__": {');
  });
});

describe('what is refused', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
  it.each([
    ['no address', { endpoint: 'cdm.example.com' }],
    ['another scheme', { endpoint: 'javascript:alert(1)' }],
    ['a user', { endpoint: 'https://u:p@cdm.example.com' }],
    ['a query', { endpoint: 'https://cdm.example.com/?a=1' }],
    ['a quote in the path', { endpoint: "https://cdm.example.com/a'b" }],
    ['a long parameter', { parameters: { x: 'x'.repeat(textCharsMax + 1) } }],
    ['a long region', { region: 'x'.repeat(textCharsMax + 1) }],
    ['a long body', { operationId: 'StartJob', body: ['x'.repeat(bodyCharsMax)] }],
    ['a deep body', { operationId: 'StartJob', body: deep(bodyDepthMax + 1) }],
    ['a body without a bottom', { operationId: 'StartJob', body: deep(5000) }],
  ] satisfies readonly [string, Partial<SampleRequest>][])('%s', (_what, change) => {
    expect(() => of('curl', change)).toThrow(SluiceError);
  });

  it('but not a path, a port, IPv6, or what is just within the limits', () => {
    for (const endpoint of ['http://127.0.0.1:8080', 'http://[::1]:8080/', 'https://example.com/cdm/']) {
      expect(of('curl', { endpoint }).source).toContain(`${endpoint.replace(/\/$/, '')}/v1.1/`);
    }
    expect(of('curl', { operationId: 'StartJob', body: deep(bodyDepthMax) }).notes).toEqual([]);
  });
});

describe('addresses', () => {
  it('have each parameter in its place, encoded', () => {
    const parameters = { cluster_id: 'a/b', job_name: '..', filter: 'x&y=z', page_size: '20' };
    const { source } = of('curl', { operationId: 'ShowJobs', parameters, projectId: "p'1" });
    expect(source).toContain(
      "'https://cdm.example.com/v1.1/p%271/clusters/a%2Fb/cdm/job/..?filter=x%26y%3Dz&page_size=20'",
    );
    expect(source).toContain('--path-as-is');
  });
});

describe('Terraform', () => {
  it('uses arguments that the provider has', () => {
    for (const id of sampleOperationIds.filter((one) => sampleLanguagesOf(one).includes('terraform'))) {
      const { source } = of('terraform', { operationId: id });
      const [, type = '', text = ''] =
        /resource "huaweicloud_(\w+)" "sample" \{\n([\s\S]*)\}\n$/.exec(source) ?? [];
      const known: readonly string[] = terraformArguments[type as keyof typeof terraformArguments];
      const used = [...text.matchAll(/^ +(\w+) +(?:= |\{)/gm)].map(([, name = '']) => name);
      expect(used.length, id).toBeGreaterThan(1);
      expect(
        used.filter((name) => !known.includes(name)),
        id,
      ).toEqual([]);
    }
  });

  it('notes what has no argument', () => {
    const body = {
      cluster: { name: 'c', vpcId: 'v', instances: [], extended_properties: {} },
      email: 'a@b,c@d',
    };
    const { source, notes } = of('terraform', { operationId: 'CreateCluster', body });
    expect(notes).toEqual([{ reason: 'unknown-member', at: 'cluster.extended_properties' }]);
    expect(source).toContain('email  = ["a@b", "c@d"]');
  });
});
