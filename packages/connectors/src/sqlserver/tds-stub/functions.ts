import type { DatabaseSync } from 'node:sqlite';
import { typeFacts } from './table-definition.ts';
import { ServerError, type StubValue } from './tokens.ts';

/** What functions of a session need to know of it. */
export interface SessionFacts {
  readonly id: number;
  readonly database: string;
  transactionCount(): number;
  /** 1: can be committed; 0: there is none; -1: can only be rolled back. */
  transactionState(): number;
  locks(): readonly { readonly session: number; readonly name: string }[];
  /** Keeps an error of the server for who runs the statement: SQLite passes on the text only. */
  raise(error: ServerError): never;
}

const whole = new Set(['bit', 'tinyint', 'smallint', 'int', 'bigint']);
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  bit: [0n, 1n],
  tinyint: [0n, 255n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** The functions of T-SQL that the connector's statements use, under the names that the translation gives them. */
export function addFunctions(db: DatabaseSync, facts: SessionFacts): void {
  const add = (name: string, work: (...values: StubValue[]) => StubValue): void => {
    db.function(name, { varargs: true, useBigIntArguments: true }, (...values) => {
      try {
        return work(...(values as StubValue[]));
      } catch (error) {
        if (error instanceof ServerError) facts.raise(error);
        throw error;
      }
    });
  };
  add('tds_convert', (type, value, style) => convert(String(type), value ?? null, Number(style ?? 0)));
  add('tds_first', (value) => value ?? null);
  add('tds_left', (value, count) =>
    value === null || value === undefined ? null : [...String(value)].slice(0, Number(count)).join(''),
  );
  add('tds_charindex', (part, text) =>
    BigInt(String(text).toLowerCase().indexOf(String(part).toLowerCase()) + 1),
  );
  add('tds_db_id', () => 5n);
  add('tds_db_name', () => facts.database);
  add('tds_schema_id', (name) => (name === 'dbo' ? 1n : null));
  add('tds_has_perms', () => 1n);
  add('tds_xact_state', () => BigInt(facts.transactionState()));
  add('tds_now_ms', () => String(Date.now()));
  add('tds_locks', () => JSON.stringify(facts.locks()));
  add('tds_global', (name) => {
    if (name === '@@SPID') return BigInt(facts.id);
    if (name === '@@TRANCOUNT') return BigInt(facts.transactionCount());
    throw new ServerError(137, `Must declare the scalar variable "${name}".`);
  });
}

/** CAST and CONVERT: values are kept as the server prints them, so most of it is to look at them. */
function convert(type: string, value: StubValue, style: number): StubValue {
  if (value === null) return null;
  const { dataType, maxLength, scale } = typeFacts(type);
  if (whole.has(dataType)) return toWhole(dataType, value);
  switch (dataType) {
    case 'real':
    case 'float':
      return Number(value);
    case 'decimal':
    case 'numeric':
      return Number(value).toFixed(scale);
    case 'binary':
    case 'varbinary':
      if (value instanceof Uint8Array) return value;
      return style === 1 ? Buffer.from(String(value).replace(/^0x/, ''), 'hex') : Buffer.from(String(value));
    case 'date':
      return String(value).slice(0, 10);
    default: {
      if (value instanceof Uint8Array)
        return style === 1
          ? `0x${Buffer.from(value).toString('hex').toUpperCase()}`
          : Buffer.from(value).toString();
      const text = String(value);
      const room = maxLength < 0 ? text.length : /^n/.test(dataType) ? maxLength / 2 : maxLength;
      return /char$/.test(dataType) ? text.slice(0, room) : text;
    }
  }
}

function toWhole(dataType: string, value: StubValue): bigint {
  if (typeof value === 'string' && !/^\s*[+-]?\d+\s*$/.test(value))
    throw new ServerError(
      245,
      `Conversion failed when converting the nvarchar value '${value}' to data type ${dataType}.`,
    );
  const exact = BigInt(typeof value === 'number' ? Math.trunc(value) : String(value).trim());
  const [min, max] = ranges[dataType] as readonly [bigint, bigint];
  if (exact < min || exact > max)
    throw new ServerError(8115, `Arithmetic overflow error converting expression to data type ${dataType}.`);
  return exact;
}
