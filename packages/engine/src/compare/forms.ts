import type { CanonicalForm, ComparedTable } from '@sluice/core/connector/comparison';
import type { Column, NeutralType } from '@sluice/core/data/column';
import type { Text } from '@sluice/core/data/text';
import { compareLimits } from '../limits.ts';

/** How a pair of columns is printed, or why it cannot be compared. */
export type FormAnswer = { readonly form: CanonicalForm } | { readonly reason: Text };

/** One column at its end. */
interface End {
  readonly column: Column;
  readonly table: ComparedTable;
}

const numbers = new Set<NeutralType['kind']>(['boolean', 'integer', 'decimal']);
/** Kinds whose text is the same at every end, whatever prints it. */
const plainTexts = new Set<NeutralType['kind']>(['text', 'other', 'integer', 'date', 'uuid', 'bits']);

/** Chooses the canonical form of a pair of columns. Pure. */
export function formOf(source: End, destination: End): FormAnswer {
  const [from, to] = [source.column.type, destination.column.type];
  if (numbers.has(from.kind) && numbers.has(to.kind)) return { form: { kind: 'number' } };
  if (from.kind === 'float' && to.kind === 'float') {
    // 32 bits go into 64 by their shortest text: 0.1 stays 0.1 and is another number then, but the same in 32 bits.
    return { form: { kind: 'float', bits: from.bits } };
  }
  if (from.kind === 'binary' && to.kind === 'binary') return { form: { kind: 'binary', isDigest: true } };
  if (from.kind === 'json' || to.kind === 'json') return jsonForm(source, destination);
  if (from.kind === 'date' && to.kind === 'date') return { form: { kind: 'date' } };
  if (isMoment(from) && isMoment(to)) return { form: { kind: 'timestamp' } };
  if (from.kind === 'time' && to.kind === 'time' && from.zoned === to.zoned)
    return { form: { kind: 'time' } };
  if (from.kind === 'bits' && to.kind === 'bits') return { form: { kind: 'bits' } };
  const kinds = [from.kind, to.kind];
  if (kinds.includes('uuid') && kinds.every((kind) => kind === 'uuid' || kind === 'text'))
    return { form: { kind: 'uuid' } };
  const isTextual = (type: NeutralType) => type.kind === 'text' || type.kind === 'other';
  const travels = plainTexts.has(from.kind) || (from.kind === 'time' && from.zoned);
  if (isTextual(to) && travels) return { form: textForm(from, to) };
  return notAlike(source, destination);
}

function isMoment({ kind }: NeutralType): boolean {
  return kind === 'date' || kind === 'timestamp';
}

function textForm(from: NeutralType, to: NeutralType): CanonicalForm {
  const isPadded = [from, to].some((type) => type.kind === 'text' && type.fixed);
  const isShort = (type: NeutralType) =>
    type.kind !== 'other' &&
    (type.kind !== 'text' || (type.length !== null && type.length <= compareLimits.plainTextCharsMax));
  return { kind: 'text', isPadded, isDigest: !(isShort(from) && isShort(to)) };
}

/** JSON has as many spellings as systems: it is compared where both keep one, or where the destination keeps what it gets. */
function jsonForm(source: End, destination: End): FormAnswer {
  const keepsText = (end: End) => end.column.type.kind === 'text' || jsonOf(end) === 'text';
  if (keepsText(destination)) {
    const isText = destination.column.type.kind === 'text' || source.column.type.kind === 'text';
    // Both of PostgreSQL, one of them parsed: as such both can be printed.
    if (!isText && jsonOf(source) === 'jsonb' && destination.table.system === source.table.system)
      return { form: { kind: 'json', as: 'jsonb' } };
    return { form: { kind: 'json', as: 'text' } };
  }
  const isOneSystem = source.table.system === destination.table.system;
  if (isOneSystem && source.column.type.kind === 'json')
    return { form: { kind: 'json', as: jsonOf(destination) === 'jsonb' ? 'jsonb' : 'text' } };
  const systems = `${source.table.system}, ${destination.table.system}`;
  return {
    reason: {
      en: `JSON is spelled differently by its two systems (${systems}).`,
      zh: `两端系统（${systems}）的 JSON 文本写法不同。`,
    },
  };
}

function jsonOf({ column, table }: End): 'jsonb' | 'parsed' | 'text' {
  return table.jsonOf(column);
}

function notAlike(source: End, destination: End): FormAnswer {
  const types = `${source.column.native}, ${destination.column.native}`;
  return {
    reason: {
      en: `Values of these two types are not printed alike: ${types}.`,
      zh: `这两种类型的值无法以相同形式输出：${types}。`,
    },
  };
}

/** The form in which a column tells rows apart; null: it cannot. */
export function keyFormOf(form: CanonicalForm): CanonicalForm | null {
  switch (form.kind) {
    case 'text':
    case 'binary':
      return { ...form, isDigest: false };
    case 'float':
    case 'json':
      return null;
    default:
      return form;
  }
}
