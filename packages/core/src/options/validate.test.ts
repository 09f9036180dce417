import { expect, test } from 'vitest';
import type { Json } from '../data/json.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Option, OptionGroup } from './option.ts';
import { validateOptions } from './validate.ts';

const title = { en: 'Title', zh: '标题' };

function groupOf(...options: Partial<Option>[]): OptionGroup {
  return {
    name: 'g',
    options: options.map((option, at) => ({
      name: `g.o${at}`,
      type: 'string',
      title,
      help: title,
      support: 'honoured',
      ...option,
    })),
  };
}

function refusal(group: OptionGroup, given: Record<string, Json>): SluiceError {
  try {
    validateOptions([group], given);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('unknown names are refused all at once', () => {
  const error = refusal(groupOf({}), { 'g.o0': 'x', 'g.nope': '1', 'other.name': '2' });
  expect(error.code).toBe('Cdm.0089');
  expect(error.facts.names).toBe('g.nope, other.name');
});

test('names of the object prototype are unknown names too', () => {
  expect(refusal(groupOf({}), JSON.parse('{"__proto__": "x"}')).code).toBe('Cdm.0089');
  expect(refusal(groupOf({}), { constructor: 'x' }).code).toBe('Cdm.0089');
});

test.each([undefined, null, '', '  '])('a mandatory value %j is missing', (value) => {
  const given = value === undefined ? {} : { 'g.o0': value };
  const error = refusal(groupOf({ required: true }), given);
  expect([error.code, error.facts.name]).toEqual(['Cdm.0238', 'g.o0']);
});

test('a mandatory option with a default may be left out, and nothing is added', () => {
  expect(validateOptions([groupOf({ required: true, default: '1' })], {}).values).toEqual({});
});

test('blank values are kept as they were sent', () => {
  const group = groupOf({}, { type: 'integer' }, { type: 'map' }, { type: 'list' });
  const { values } = validateOptions([group], { 'g.o0': '', 'g.o1': ' ', 'g.o2': '', 'g.o3': '' });
  expect(values).toEqual({ 'g.o0': '', 'g.o1': '', 'g.o2': {}, 'g.o3': [] });
});

test.each([
  ['7', '7'],
  [7, '7'],
  [' 42 ', '42'],
  ['+3', '3'],
  ['007', '7'],
  ['2147483647', '2147483647'],
])('whole number %j', (given, stored) => {
  expect(validateOptions([groupOf({ type: 'integer' })], { 'g.o0': given }).values).toEqual({
    'g.o0': stored,
  });
});

test.each([
  ['1.5', 'Cdm.0009'],
  ['1e3', 'Cdm.0009'],
  ['-1', 'Cdm.0009'],
  ['2147483648', 'Cdm.0009'],
  ['0x10', 'Cdm.0009'],
  [true, 'Cdm.0009'],
  [['1'], 'Cdm.0004'],
])('%j is no whole number', (given, code) => {
  expect(refusal(groupOf({ type: 'integer' }), { 'g.o0': given as Json }).code).toBe(code);
});

test('a whole number outside its range names the range', () => {
  const group = groupOf({ type: 'integer', min: 1, max: 65_535 });
  const error = refusal(group, { 'g.o0': '0' });
  expect([error.code, error.facts.name, error.facts.range]).toEqual(['Cdm.0024', 'g.o0', '1, 65535']);
  expect(refusal(group, { 'g.o0': '65536' }).code).toBe('Cdm.0024');
  expect(refusal(group, { 'g.o0': 'x' }).code).toBe('Cdm.0010');
  expect(validateOptions([group], { 'g.o0': '1' }).values).toEqual({ 'g.o0': '1' });
  expect(validateOptions([groupOf({ type: 'integer', min: -5 })], { 'g.o0': '-5' }).values).toEqual({
    'g.o0': '-5',
  });
});

test.each([
  ['TRUE', 'true'],
  [true, 'true'],
  [' False ', 'false'],
])('boolean %j', (given, stored) => {
  expect(validateOptions([groupOf({ type: 'boolean' })], { 'g.o0': given }).values).toEqual({
    'g.o0': stored,
  });
});

test.each(['yes', '1', 1, {}])('%j is no boolean', (given) => {
  expect(refusal(groupOf({ type: 'boolean' }), { 'g.o0': given }).code).toBe('Cdm.0004');
});

test.each([
  ['kerberos', 'KERBEROS'],
  ['TARGZ', 'TAR.GZ'],
  ['utf_8', 'UTF-8'],
])('enum %j is stored in its declared spelling', (given, stored) => {
  const group = groupOf({ type: 'enum', values: ['KERBEROS', 'TAR.GZ', 'UTF-8'] });
  expect(validateOptions([group], { 'g.o0': given }).values).toEqual({ 'g.o0': stored });
});

test('a value outside the enum is refused with the list', () => {
  const error = refusal(groupOf({ type: 'enum', values: ['A', 'B'] }), { 'g.o0': 'C' });
  expect(error.code).toBe('Cdm.0011');
  expect(error.facts.explanationEn).toContain('A, B');
});

test.each([
  [
    { a: 1, b: true, c: null },
    { a: '1', b: 'true', c: '' },
  ],
  ['{"a":"x"}', { a: 'x' }],
  [[{ name: 'a', value: 'x' }, { name: 'b' }], { a: 'x', b: '' }],
])('map %j', (given, stored) => {
  expect(validateOptions([groupOf({ type: 'map' })], { 'g.o0': given as Json }).values).toEqual({
    'g.o0': stored,
  });
});

test('a map keeps a member called __proto__ as a member', () => {
  const given = JSON.parse('{"g.o0": {"__proto__": "x"}}') as Record<string, Json>;
  const { values } = validateOptions([groupOf({ type: 'map' })], given);
  expect(JSON.stringify(values)).toBe('{"g.o0":{"__proto__":"x"}}');
});

test.each(['x', '3', [1], { a: {} }, '["a"]'])('%j is no map', (given) => {
  expect(refusal(groupOf({ type: 'map' }), { 'g.o0': given as Json }).code).toBe('Cdm.0004');
});

test('lists: arrays, their JSON text, and the empty object of old files', () => {
  const group = groupOf({ type: 'list' });
  expect(validateOptions([group], { 'g.o0': ['a'] }).values).toEqual({ 'g.o0': ['a'] });
  expect(validateOptions([group], { 'g.o0': '["a"]' }).values).toEqual({ 'g.o0': ['a'] });
  expect(validateOptions([group], { 'g.o0': {} }).values).toEqual({ 'g.o0': [] });
  expect(refusal(group, { 'g.o0': { a: 1 } }).code).toBe('Cdm.0004');
});

test('a refused option is refused when it asks for something, and only then', () => {
  const group = groupOf(
    { type: 'boolean', default: 'false', support: 'refused' },
    { type: 'list', support: 'refused' },
    { type: 'enum', values: ['NONE', 'ALL'], support: 'refused' },
    { support: 'refused' },
  );
  const quiet = { 'g.o0': 'false', 'g.o1': [], 'g.o2': 'none', 'g.o3': '' };
  expect(validateOptions([group], quiet).warnings).toEqual([]);
  for (const loud of [{ 'g.o0': true }, { 'g.o1': ['x'] }, { 'g.o2': 'ALL' }, { 'g.o3': 'x' }]) {
    const error = refusal(group, loud);
    expect(error.code).toBe('Cdm.0014');
    expect(error.facts.explanationEn).toContain(Object.keys(loud)[0]);
    expect(error.facts.explanationEn).toContain('this version does not act on');
  }
});

test('an ignored option is kept, with a warning when it asks for something', () => {
  const group = groupOf({ type: 'integer', default: '1', support: 'ignored' });
  expect(validateOptions([group], { 'g.o0': '1' }).warnings).toEqual([]);
  const { values, warnings } = validateOptions([group], { 'g.o0': '4' });
  expect(values).toEqual({ 'g.o0': '4' });
  expect(warnings.map(({ en }) => en)).toEqual(['g.o0 is kept but has no effect here.']);
});

test("the group's own check sees normalised values, after the rows", () => {
  const seen: unknown[] = [];
  const group: OptionGroup = { ...groupOf({ type: 'boolean' }), check: (values) => void seen.push(values) };
  validateOptions([group], { 'g.o0': true });
  expect(seen).toEqual([{ 'g.o0': 'true' }]);
});

test('a partial check asks for nothing, but still knows names and types', () => {
  const group: OptionGroup = {
    ...groupOf({ required: true }, { type: 'boolean' }),
    check: () => {
      throw new Error('not to be called');
    },
  };
  expect(validateOptions([group], {}, { isPartial: true }).values).toEqual({});
  expect(() => validateOptions([group], { 'g.o1': 'maybe' }, { isPartial: true })).toThrow('Cdm.0004');
});
