import type { NeutralType } from '../data/column.ts';
import { anyText, floatingNumber, truth, wholeNumber } from './function-entry.ts';
import { functionNamed } from './function-table.ts';
import type { Syntax } from './syntax.ts';

/** Types of what an expression can name. */
export interface NamedTypes {
  /** Of `value`; null: there is no field. */
  readonly value: NeutralType | null;
  readonly row: readonly NeutralType[];
}

const exact: NeutralType = { kind: 'decimal', precision: null, scale: null };

/**
 * The type that every result of an expression fits, as far as can be told before a row is read; null: it cannot be told.
 * `null` itself fits every type.
 */
export function resultType(syntax: Syntax, types: NamedTypes): NeutralType | null {
  const found = typeOf(syntax, types);
  return found === 'null' ? anyText : found;
}

type Found = NeutralType | 'null' | null;

function typeOf(syntax: Syntax, types: NamedTypes): Found {
  switch (syntax.kind) {
    case 'constant':
      return constantType(syntax.value);
    case 'value':
      return types.value;
    case 'row':
      return null;
    case 'index': {
      const [key, ...more] = syntax.keys;
      if (syntax.base.kind !== 'row') return anyText;
      if (more.length > 0 || key?.kind !== 'constant' || typeof key.value !== 'bigint') return null;
      return types.row[Number(key.value)] ?? null;
    }
    case 'call':
      return callType(syntax, types);
    case 'minus':
      return arithmeticType([syntax.operand], types, false);
    case 'not':
    case 'empty':
    case 'and':
    case 'or':
    case 'relation':
      return truth;
    case 'arithmetic': {
      const operands = [syntax.first, ...syntax.rest.map(({ operand }) => operand)];
      return arithmeticType(
        operands,
        types,
        syntax.rest.some(({ operator }) => operator === '/'),
      );
    }
    case 'choice':
      return common(typeOf(syntax.yes, types), typeOf(syntax.no, types));
  }
}

function constantType(value: unknown): Found {
  switch (typeof value) {
    case 'string':
      return anyText;
    case 'boolean':
      return truth;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? wholeNumber : exact;
    case 'number':
      return floatingNumber;
    default:
      return 'null';
  }
}

function callType(syntax: Syntax & { readonly kind: 'call' }, types: NamedTypes): Found {
  const entry = functionNamed(syntax.name);
  if (syntax.name === 'StringUtils.defaultIfEmpty') {
    const [value, otherwise] = syntax.args.map((arg) => typeOf(arg, types));
    return common(value ?? null, otherwise ?? null);
  }
  return entry?.result ?? null;
}

/** Texts may turn out to be any number, or none and be joined. */
function arithmeticType(operands: readonly Syntax[], types: NamedTypes, divides: boolean): Found {
  const found = operands.map((operand) => typeOf(operand, types));
  const kinds = new Set(found.map((type) => (type === null || type === 'null' ? 'unknown' : type.kind)));
  if (![...kinds].every((kind) => kind === 'integer' || kind === 'decimal' || kind === 'float')) return null;
  if (kinds.has('float')) return floatingNumber;
  if (divides) return kinds.has('decimal') ? exact : floatingNumber;
  return exact;
}

/** The type that holds values of both; null: none does but text. */
function common(one: Found, other: Found): Found {
  if (one === 'null') return other;
  if (other === 'null' || one === null || other === null) return other === 'null' ? one : null;
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  if (one.kind === 'text' && other.kind === 'text') return anyText;
  if (one.kind === 'integer' && other.kind === 'integer') return exact;
  return null;
}
