// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to macros and variables.
import type { Json } from '@sluice/core/data/json';
import type { OptionValues } from '@sluice/core/options/option';
import { describe, expect, test } from 'vitest';
import { refuseSecretPrograms, requireTransform, transformOf, withoutAdded } from './job-transform.ts';

const clock = { now: 1_508_115_600_000, zone: 'GMT+08:00' };

function jobOf(from: OptionValues, trans: Json = []) {
  return {
    type: 'NORMAL_JOB' as const,
    fromOptions: from,
    toOptions: {},
    driverOptions: { 'transformConfig.trans': trans },
  };
}

const columns = (list: string, added: string): OptionValues => ({
  'fromJobConfig.columnList': list,
  'fromJobConfig.sampleValueColumn': added,
});

describe('added fields', () => {
  test.each([
    ['id&src', 'src:erp', [{ name: 'src', value: 'erp' }]],
    [
      'id&at&src',
      'at:2017-10-16 09:00:00&src:erp',
      [
        { name: 'at', value: '2017-10-16 09:00:00' },
        { name: 'src', value: 'erp' },
      ],
    ],
    ['id&src', 'src:a & b&c', [{ name: 'src', value: 'a & b&c' }]],
    [
      'id&src&x',
      'src:#{row[0] > 1 && true ? "a&x:1" : "}"}&x:',
      [
        { name: 'src', value: '#{row[0] > 1 && true ? "a&x:1" : "}"}' },
        { name: 'x', value: '' },
      ],
    ],
    [
      '',
      'a:1&b:2',
      [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    ],
  ])('of columns %s: %s', (list, text, wanted) => {
    expect(transformOf(jobOf(columns(list, text)), clock)?.added).toEqual(wanted);
  });

  test.each([
    ['id&src', 'src:1&typo:2'],
    ['id&src', 'typo:1'],
    ['id&src', 'src:1&src:2'],
    ['id&src', 'src'],
    ['id&src', 'src:#{1'],
  ])('of columns %s, %s: refused', (list, text) => {
    expect(() => transformOf(jobOf(columns(list, text)), clock)).toThrow('Cdm.0011');
  });

  test('are not asked of the source', () => {
    const from = columns('id&src&name', 'src:erp');
    const transform = transformOf(jobOf(from), clock);
    expect(withoutAdded(from, transform)['fromJobConfig.columnList']).toBe('id&name');
  });
});

describe('converters', () => {
  test('of one field are in their order, whatever stands between', () => {
    const trans = [
      { field: 'name', converter: 'trim' },
      { field: 'id', converter: 'Remove Line-Break' },
      { field: 'NAME', converter: 'expression', expression: 'value' },
    ];
    expect(transformOf(jobOf({}, trans), clock)?.converters).toEqual([
      { field: 'name', steps: [{ kind: 'TRIM' }, { kind: 'EXPRESSION', expression: 'value' }] },
      { field: 'id', steps: [{ kind: 'REMOVE_LINE_BREAK' }] },
    ]);
  });

  test('nothing is nothing', () => {
    expect(transformOf(jobOf({}), clock)).toBeNull();
  });

  test.each([
    ['no object', ['TRIM'], 'object'],
    ['no field', [{ converter: 'TRIM' }], 'field'],
    ['unknown', [{ field: 'a', converter: 'UPPER' }], 'UPPER'],
    ['unknown member', [{ field: 'a', converter: 'TRIM', chars: 'x' }], 'chars'],
    ['two characters', [{ field: 'a', converter: 'ANONYMIZATION', replaceChar: '**' }], 'replaceChar'],
    ['no number', [{ field: 'a', converter: 'ANONYMIZATION', reserveStart: '-1' }], 'reserveStart'],
    ['nothing to search', [{ field: 'a', converter: 'REPLACE', search: '' }], 'search'],
    ['inherited member', [{ field: 'a', converter: 'constructor' }], 'constructor'],
  ])('%s: refused', (_, trans, named) => {
    expect(() => requireTransform(jobOf({}, trans as Json), clock)).toThrow(named);
    expect(() => requireTransform(jobOf({}, trans as Json), clock)).toThrow('Cdm.0011');
  });

  test.each([
    ['value +', 'is not expected'],
    ['StringUtils.nothing(value)', 'no function StringUtils.nothing'],
    ['StringUtils.trim()', '1 arguments'],
    ['Runtime.exec("x")', 'no name Runtime'],
    ['value.constructor("x")()', 'is not expected'],
    ["'open", 'not closed'],
  ])('the expression %s is refused when the job is saved', (expression, named) => {
    const trans = [{ field: 'a', converter: 'EXPRESSION', expression }];
    expect(() => requireTransform(jobOf({}, trans), clock)).toThrow(named);
  });

  test('a field that is not read is refused, one that may be is not', () => {
    const trans = [{ field: 'b', converter: 'TRIM' }];
    expect(() => requireTransform(jobOf(columns('a&c', ''), trans), clock)).toThrow('Cdm.0926');
    expect(() => requireTransform(jobOf(columns('a&b', 'b:1'), trans), clock)).toThrow('Cdm.0926');
    requireTransform(jobOf(columns('a&B', ''), trans), clock);
    requireTransform(jobOf({}, trans), clock);
  });

  test('are not for a statement', () => {
    const trans = [{ field: 'b', converter: 'TRIM' }];
    expect(() => requireTransform(jobOf({ 'fromJobConfig.useSql': 'true' }, trans), clock)).toThrow(
      'Cdm.0014',
    );
  });

  test('what refers to macros is looked at with them, what refers to variables when it runs', () => {
    const of = (expression: string) => jobOf({}, [{ field: 'a', converter: 'EXPRESSION', expression }]);
    requireTransform(of('DateUtils.format(${timestamp()},"yyyy")'), clock);
    requireTransform(of('${any} value'), clock);
    expect(() => requireTransform(of('${timestamp()} value'), clock)).toThrow('Cdm.0011');
    requireTransform(jobOf(columns('a', 'a:#{${timestamp()} + ${x}}')), clock);
  });
});

test('a secret does not get into a program', () => {
  const written = jobOf(columns('a', 'a:${key}'));
  const filled = jobOf(columns('a', 'a:hidden'));
  expect(() => refuseSecretPrograms(written, filled, ['hidden'])).toThrow('Cdm.0014');
  refuseSecretPrograms(written, jobOf(columns('a', 'a:open')), ['hidden']);
  refuseSecretPrograms(filled, filled, ['hidden']);
});
