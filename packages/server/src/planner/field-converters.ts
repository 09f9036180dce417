import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { FieldConverter } from '@sluice/core/field-converters/field-converter';

// The layout of an entry of `transformConfig.trans`. The service publishes none; this is ours:
//
//   {"field": "phone", "converter": "ANONYMIZATION", "reserveStart": 3, "reserveEnd": 4, "replaceChar": "*"}
//   {"field": "name", "converter": "TRIM"}
//   {"field": "name", "converter": "REVERSE"}
//   {"field": "note", "converter": "REPLACE", "search": "a", "replacement": "z"}
//   {"field": "note", "converter": "REMOVE_LINE_BREAK"}
//   {"field": "name", "converter": "EXPRESSION", "expression": "StringUtils.upperCase(value)"}

export const converterOption = 'transformConfig.trans';

export interface FieldConverterSetting {
  readonly field: string;
  readonly converter: FieldConverter;
}

/** Characters that anonymization keeps at one end at most. */
const reserveMax = 65_535;

const kinds: ReadonlyMap<string, FieldConverter['kind']> = new Map([
  ['ANONYMIZATION', 'ANONYMIZATION'],
  ['TRIM', 'TRIM'],
  ['REVERSE', 'REVERSE'],
  ['REVERSESTRING', 'REVERSE'],
  ['REPLACE', 'REPLACE'],
  ['REPLACESTRING', 'REPLACE'],
  ['REMOVELINEBREAK', 'REMOVE_LINE_BREAK'],
  ['EXPRESSION', 'EXPRESSION'],
  ['EXPRESSIONCONVERSION', 'EXPRESSION'],
]);

const kindNames: readonly FieldConverter['kind'][] = [...new Set(kinds.values())];

/** Members of an entry beside `field` and `converter`. */
const members: Readonly<Record<FieldConverter['kind'], readonly string[]>> = {
  ANONYMIZATION: ['reserveStart', 'reserveEnd', 'replaceChar'],
  TRIM: [],
  REVERSE: [],
  REPLACE: ['search', 'replacement'],
  REMOVE_LINE_BREAK: [],
  EXPRESSION: ['expression'],
};

/**
 * Reads one entry. Names of converters count loosely, as those of options do; numbers may be text.
 * @param at its place, from 0, for errors.
 * @throws Cdm.0011
 */
export function converterOf(entry: Json, at: number): FieldConverterSetting {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) {
    throw malformed(at, 'it must be an object', '必须是对象');
  }
  const given = entry as Readonly<Record<string, Json>>;
  const field = textOf(given, 'field', at);
  if (field === '') throw malformed(at, 'it names no field', '缺少 field');
  const name = textOf(given, 'converter', at);
  const kind = kinds.get(name.toUpperCase().replace(/[-_. ]/g, ''));
  if (kind === undefined) {
    throw malformed(
      at,
      `converter is ${JSON.stringify(name)}; it must be one of ${kindNames.join(', ')}`,
      `converter 为 ${JSON.stringify(name)}，只能是 ${kindNames.join('、')} 之一`,
    );
  }
  const allowed = ['field', 'converter', ...members[kind]];
  const unknown = Object.keys(given).filter((member) => !allowed.includes(member));
  if (unknown.length > 0) {
    const list = unknown.join(', ');
    throw malformed(at, `${kind} has no member ${list}`, `${kind} 没有成员 ${list}`);
  }
  return { field, converter: read(kind, given, at) };
}

function read(
  kind: FieldConverter['kind'],
  given: Readonly<Record<string, Json>>,
  at: number,
): FieldConverter {
  switch (kind) {
    case 'ANONYMIZATION': {
      const replaceChar = textOf(given, 'replaceChar', at, '*');
      if ([...replaceChar].length !== 1) {
        throw malformed(at, 'replaceChar must be one character', 'replaceChar 必须是一个字符');
      }
      return {
        kind,
        reserveStart: wholeOf(given, 'reserveStart', at),
        reserveEnd: wholeOf(given, 'reserveEnd', at),
        replaceChar,
      };
    }
    case 'REPLACE': {
      const search = textOf(given, 'search', at);
      if (search === '') throw malformed(at, 'search must not be empty', 'search 不能为空');
      return { kind, search, replacement: textOf(given, 'replacement', at) };
    }
    case 'EXPRESSION': {
      const expression = textOf(given, 'expression', at);
      if (expression.trim() === '')
        throw malformed(at, 'expression must not be empty', 'expression 不能为空');
      return { kind, expression };
    }
    default:
      return { kind };
  }
}

function textOf(given: Readonly<Record<string, Json>>, name: string, at: number, otherwise = ''): string {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw malformed(at, `${name} must be text`, `${name} 必须是文本`);
}

function wholeOf(given: Readonly<Record<string, Json>>, name: string, at: number): number {
  const text = textOf(given, name, at, '0').trim();
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= reserveMax) return number;
  throw malformed(
    at,
    `${name} must be a whole number from 0 to ${reserveMax}`,
    `${name} 必须是 0～${reserveMax} 的整数`,
  );
}

function malformed(at: number, en: string, zh: string): SluiceError {
  return new SluiceError('Cdm.0011', {
    name: converterOption,
    ...explained({
      en: `${converterOption}, entry ${at + 1}: ${en}.`,
      zh: `${converterOption} 第 ${at + 1} 项：${zh}。`,
    }),
  });
}
