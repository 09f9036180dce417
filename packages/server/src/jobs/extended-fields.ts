import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/**
 * `extended-configs` carries options as compact JSON (text to text, without the group's prefix) in base64
 * in which every capital J and every capital L have changed places.
 */
export function encodeExtended(fields: Readonly<Record<string, string>>): string {
  return swapped(Buffer.from(JSON.stringify(fields), 'utf8').toString('base64'));
}

/**
 * Reads what `encodeExtended` wrote, and plain base64 too, which some writers send.
 * @param name the member's own name, for the error.
 * @throws Cdm.0011 when it is neither.
 */
export function decodeExtended(name: string, text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  const found = fieldsOf(swapped(text)) ?? fieldsOf(text);
  if (found !== null) return found;
  throw new SluiceError('Cdm.0011', {
    name,
    ...explained({
      en: `${name} is not an encoded JSON object.`,
      zh: `${name} 不是经过编码的 JSON 对象。`,
    }),
  });
}

/** Strict, because text that was not swapped often decodes to JSON whose only fault is a broken character. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function fieldsOf(base64: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(base64, 'base64')));
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function swapped(text: string): string {
  return text.replace(/[JL]/g, (letter) => (letter === 'J' ? 'L' : 'J'));
}

/**
 * The options that travel in `extended-configs`, by connector. They are taken as ordinary inputs as well;
 * answers put them where the published clients look for them.
 */
const extendedNames: Readonly<Record<string, readonly string[]>> = {
  'generic-jdbc-connector': [
    'fromJobConfig.BatchJob',
    'fromJobConfig.batchField',
    'fromJobConfig.batchMinValue',
    'fromJobConfig.batchMaxValue',
    'fromJobConfig.batchNum',
    'toJobConfig.importMode',
    'toJobConfig.loaderConcurrency',
    'toJobConfig.preSql',
    'toJobConfig.postSql',
  ],
};

/** @returns whether this option of this connector is answered inside `extended-configs`. */
export function isExtended(connector: string, name: string): boolean {
  return extendedNames[connector]?.includes(name) ?? false;
}
