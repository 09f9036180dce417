import type { OptionValues } from '@sluice/core/options/option';
import { expect, test } from 'vitest';
import type { JobType } from '../store/model.ts';
import { requireTypeOptions } from './batch-options.ts';

const schemas = { from: { 'fromJobConfig.schemaName': 'a' }, to: { 'toJobConfig.schemaName': 'b' } };

function codeOf(
  type: JobType,
  from: OptionValues,
  to: OptionValues,
  isOnePlace = false,
  driver: OptionValues = {},
): string {
  const link = (host: string) => ({ 'linkConfig.host': host, 'linkConfig.database': 'd' });
  try {
    requireTypeOptions(
      type,
      { link: link('one'), options: { ...schemas.from, ...from } },
      { link: link(isOnePlace ? 'one' : 'other'), options: { ...schemas.to, ...to } },
      driver,
    );
  } catch (error) {
    return (error as { code: string }).code;
  }
  return '';
}

test('an entire-database job names schemas, and neither tables one by one nor columns', () => {
  expect(codeOf('BATCH_JOB', {}, {})).toBe('');
  expect(codeOf('BATCH_JOB', { 'fromJobConfig.tableList': 'x&y', 'fromJobConfig.tableName': ' ' }, {})).toBe(
    '',
  );
  expect(codeOf('BATCH_JOB', { 'fromJobConfig.schemaName': '' }, {})).toBe('Cdm.0913');
  expect(codeOf('BATCH_JOB', {}, { 'toJobConfig.schemaName': '' })).toBe('Cdm.0238');
  expect(codeOf('BATCH_JOB', { 'fromJobConfig.useSql': 'true' }, {})).toBe('Cdm.0014');
  for (const name of ['tableName', 'columnList']) {
    expect(codeOf('BATCH_JOB', { [`fromJobConfig.${name}`]: 'x' }, {})).toBe('Cdm.0014');
    expect(codeOf('BATCH_JOB', {}, { [`toJobConfig.${name}`]: 'x' })).toBe('Cdm.0014');
  }
});

test('a schema is not moved onto itself', () => {
  expect(codeOf('BATCH_JOB', {}, { 'toJobConfig.schemaName': 'a' })).toBe('');
  expect(codeOf('BATCH_JOB', {}, { 'toJobConfig.schemaName': 'a' }, true)).toBe('Cdm.0014');
  expect(codeOf('BATCH_JOB', {}, {}, true)).toBe('');
});

test('a job of one table has no list of tables', () => {
  expect(codeOf('NORMAL_JOB', { 'fromJobConfig.tableList': 'x' }, {})).toBe('Cdm.0014');
  expect(codeOf('NORMAL_JOB', { 'fromJobConfig.tableList': ' ' }, {})).toBe('');
  expect(codeOf('SCENARIO_JOB', { 'fromJobConfig.tableList': 'x' }, {})).toBe('');
});

test('an entire-database job neither converts nor adds fields', () => {
  const trans = { field: 'name', converter: 'TRIM' };
  const added = { 'fromJobConfig.sampleValueColumn': 'a:b' };
  expect(codeOf('BATCH_JOB', added, {})).toBe('Cdm.0014');
  expect(codeOf('NORMAL_JOB', added, {})).toBe('');
  for (const [list, code] of [
    [[trans], 'Cdm.0014'],
    [[], ''],
    ['', ''],
  ] as const) {
    expect(codeOf('BATCH_JOB', {}, {}, false, { 'transformConfig.trans': list as never })).toBe(code);
    expect(codeOf('NORMAL_JOB', {}, {}, false, { 'transformConfig.trans': list as never })).toBe('');
  }
});
