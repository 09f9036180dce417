import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { expect, test } from 'vitest';
import { readConfigValues, writeConfigValues } from './config-values.ts';
import { decodeExtended, encodeExtended } from './extended-fields.ts';

/** Published pairs: JSON with capital J and L exchanged in its base64. */
const vectors: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, 'e30='],
  [{ BatchJob: 'false' }, 'eyLCYXRjaEpvYiI6ImZhbHNlIn0='],
  [{ httpsAccess: 'true' }, 'eyLodHRwc0FjY2VzcyI6InRydWUifQ=='],
  [{ loaderConcurrency: '1' }, 'eyLsb2FkZXLDb25jdXLyZW5jeSI6IjEifQ=='],
  [{ importMode: 'UPSERT' }, 'eyLpbXBvcnRNb2RlIjoiVVBTRVLUIn0='],
  [
    { importMode: 'COPY', loaderConcurrency: '1' },
    'eyLpbXBvcnRNb2RlIjoiQ09QWSIsImxvYWRlckNvbmN1cnLlbmN5IjoiMSL9',
  ],
  [{ clearType: 'INSERT_OVERWRITE' }, 'eyLjbGVhclR5cGUiOiLLTlNFUlRfT1ZFUldSSVRFIn0='],
  [
    { useClusterConfig: 'false', clusterConfigPrincipal: 'zephyr' },
    'eyL1c2VDbHVzdGVyQ29uZmlnIjoiZmFsc2UiJCLjbHVzdGVyQ29uZmlnUHLpbmNpcGFsIjoiemVwaHlyIn0=',
  ],
];

test.each(vectors)('extended fields %j', (decoded, encoded) => {
  expect(encodeExtended(decoded)).toBe(encoded);
  expect(decodeExtended('x', encoded)).toEqual(decoded);
});

test('extended fields in plain base64 are read too, and nonsense is refused', () => {
  const plain = Buffer.from('{"BatchJob":"false"}').toString('base64');
  expect(decodeExtended('x', plain)).toEqual({ BatchJob: 'false' });
  expect(decodeExtended('x', '')).toEqual({});
  for (const nonsense of ['%%%', 'WzFd', Buffer.from('"text"').toString('base64')]) {
    expect(() => decodeExtended('fromJobConfig.extendedFields', nonsense)).toThrow('Cdm.0011');
  }
});

function read(...inputs: unknown[]): Readonly<Record<string, Json>> {
  return readConfigValues({ configs: [{ name: 'linkConfig', inputs }] }, 'link-config-values');
}

test('scalars become text, maps and lists stay, absent values are left out', () => {
  expect(
    read(
      { name: 'linkConfig.a', value: 'x' },
      { name: 'linkConfig.b', value: 3306 },
      { name: 'linkConfig.c', value: false },
      { name: 'linkConfig.d', value: { k: 'v' } },
      { name: 'linkConfig.e', value: [] },
      { name: 'linkConfig.f' },
      { name: 'linkConfig.g', value: null },
      { name: 'linkConfig.h', value: '' },
      { name: 'dialect.identifierEnclose', value: '`' },
    ),
  ).toEqual({
    'linkConfig.a': 'x',
    'linkConfig.b': '3306',
    'linkConfig.c': 'false',
    'linkConfig.d': { k: 'v' },
    'linkConfig.e': [],
    'linkConfig.h': '',
    'dialect.identifierEnclose': '`',
  });
});

test('the misspelt prefix of one reference page and a missing prefix are mended', () => {
  expect(read({ name: 'llinkConfig.host', value: 'h' }, { name: 'port', value: '1' })).toEqual({
    'linkConfig.host': 'h',
    'linkConfig.port': '1',
  });
});

test('`inputs: {}`, missing inputs and a missing block mean nothing', () => {
  expect(readConfigValues({ configs: [{ name: 'jarConfig', inputs: {} }] }, 'm')).toEqual({});
  expect(readConfigValues({ configs: [{ name: 'jarConfig' }] }, 'm')).toEqual({});
  expect(readConfigValues({ configs: [], 'extended-configs': {} }, 'm')).toEqual({});
  expect(readConfigValues({}, 'm')).toEqual({});
  expect(readConfigValues(null, 'm')).toEqual({});
  expect(readConfigValues(undefined, 'm')).toEqual({});
});

test('extended fields win over inputs of the same name', () => {
  const block = {
    configs: [{ name: 'fromJobConfig', inputs: [{ name: 'fromJobConfig.BatchJob', value: 'true' }] }],
    'extended-configs': { name: 'fromJobConfig.extendedFields', value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' },
  };
  expect(readConfigValues(block, 'from-config-values')).toEqual({ 'fromJobConfig.BatchJob': 'false' });
});

test('extended fields are found as a list, as an input, and without a name', () => {
  const value = 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=';
  const name = 'fromJobConfig.extendedFields';
  const wanted = { 'fromJobConfig.BatchJob': 'false' };
  const read = (block: unknown) => readConfigValues(block, 'from-config-values');
  expect(read({ configs: [], 'extended-configs': [{ name, value }] })).toEqual(wanted);
  expect(read({ configs: [{ name: 'fromJobConfig', inputs: [{ name, value }] }] })).toEqual(wanted);
  expect(read({ configs: [], 'extended-configs': { value } })).toEqual(wanted);
});

test.each([
  ['text'],
  [[]],
  [7],
  [{ configs: 'x' }],
  [{ configs: [null] }],
  [{ configs: [{ name: 'g', inputs: 'x' }] }],
  [{ configs: [{ name: 'g', inputs: [{ value: 'x' }] }] }],
  [{ configs: [{ name: 'g', inputs: [7] }] }],
  [{ configs: { a: 1 } }],
])('another shape is refused: %j', (block) => {
  expect(() => readConfigValues(block, 'from-config-values')).toThrow(SluiceError);
  expect(() => readConfigValues(block, 'from-config-values')).toThrow('Cdm.0018');
});

test('answers put each option where clients look for it', () => {
  const written = writeConfigValues(
    {
      'fromJobConfig.schemaName': 's',
      'fromJobConfig.BatchJob': 'false',
      'incrementalRead.lastValue': '7',
      'fromJobConfig.formats': { a: 'b' },
      'fromJobConfig.nothing': [],
    },
    ['fromJobConfig'],
    'generic-jdbc-connector',
  );
  expect(written).toEqual({
    configs: [
      {
        name: 'fromJobConfig',
        inputs: [
          { name: 'fromJobConfig.schemaName', value: 's' },
          { name: 'fromJobConfig.formats', value: { a: 'b' } },
        ],
      },
      { name: 'incrementalRead', inputs: [{ name: 'incrementalRead.lastValue', value: '7' }] },
    ],
    'extended-configs': { name: 'fromJobConfig.extendedFields', value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' },
  });
  expect(readConfigValues(written, 'from-config-values')).toEqual({
    'fromJobConfig.schemaName': 's',
    'fromJobConfig.formats': { a: 'b' },
    'incrementalRead.lastValue': '7',
    'fromJobConfig.BatchJob': 'false',
  });
});

test('a block without values still has its first group', () => {
  expect(writeConfigValues({}, ['throttlingConfig'], null)).toEqual({
    configs: [{ name: 'throttlingConfig', inputs: [] }],
  });
});
