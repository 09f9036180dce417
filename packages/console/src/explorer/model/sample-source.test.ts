import { buildOpenApi, buildOwnOpenApi } from '@sluice/contract/openapi';
import { sampleLanguages } from '@sluice/contract/samples/languages';
import { expect, it } from 'vitest';
import { highlighted } from './highlight.ts';
import { maskedBody } from './masked-body.ts';
import { readDescription } from './operation-entry.ts';
import { languagesOf, shownSample } from './sample-source.ts';

const options = { serverUrl: 'http://h', version: '1', isServed: () => true };
const entries = [
  ...readDescription('cdm', buildOpenApi(options)).operations,
  ...readDescription('own', buildOwnOpenApi(options)).operations,
];
const input = {
  base: 'http://127.0.0.1:8080',
  values: { project_id: 'p', cluster_id: 'c', job_name: 'from a to b' },
  body: undefined,
  region: null,
  signOn: 'keys',
} as const;

it.each(entries.map((entry) => [entry.id, entry] as const))(
  '%s has a sample in each of its languages',
  (_id, entry) => {
    const languages = languagesOf(entry);
    expect(languages).toContain('curl');
    for (const language of languages) {
      const { source } = shownSample({ ...input, entry }, language, 'en');
      expect(source.length, language).toBeGreaterThan(40);
      // Colours take nothing away and add nothing.
      expect(
        highlighted(source, language)
          .map(({ text }) => text)
          .join(''),
      ).toBe(source);
    }
  },
);

it('has every language for the operations that the vendor knows', () => {
  const languages = new Set(entries.flatMap((entry) => languagesOf(entry)));
  expect([...languages].sort()).toEqual([...sampleLanguages].sort());
});

it('masks what is secret in a body, in both forms, and says so', () => {
  const body = {
    password: 'one',
    sk: 'two',
    links: [
      { name: 'n', value: 'kept' },
      { name: 'linkConfig.password', value: 'three' },
    ],
    token: '',
  };
  expect(maskedBody(body)).toEqual({
    isMasked: true,
    body: {
      password: '********',
      sk: '********',
      links: [
        { name: 'n', value: 'kept' },
        { name: 'linkConfig.password', value: '********' },
      ],
      token: '',
    },
  });
  expect(maskedBody({ name: 'n' })).toEqual({ isMasked: false, body: { name: 'n' } });
  const entry = entries.find(({ id }) => id === 'CreateLink');
  if (entry === undefined) throw new Error('no CreateLink');
  const typed = {
    links: [
      {
        name: 'n',
        'connector-name': 'generic-jdbc-connector',
        'link-config-values': {
          configs: [{ name: 'linkConfig', inputs: [{ name: 'linkConfig.password', value: 'hush-hush' }] }],
        },
      },
    ],
  };
  for (const language of languagesOf(entry)) {
    const sample = shownSample({ ...input, entry, body: typed }, language, 'zh');
    expect(sample.source).not.toContain('hush-hush');
    expect(sample.notes).toContain('请求体中的密码在此已屏蔽。');
  }
});
