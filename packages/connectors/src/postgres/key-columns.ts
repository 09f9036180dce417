import type { KeyPart } from './cuts.ts';
import { quoteName } from './quote.ts';
import type { PgColumn, Relation } from './relation.ts';
import type { PgSession } from './session.ts';
import { partsOf } from './types.ts';

/** A column that ranges can be cut over. */
export interface KeyColumn extends KeyPart {
  /** The values that become bounds: the column, or the beginning of its values where they may be long. */
  readonly expression: string;
}

/** Longest bound, in characters or bytes: bounds are kept with the run and stand in statements. */
const BOUND_LENGTH_MAX = 255;

/**
 * The column as part of a key; null for a type without an order, without MIN and MAX (bit strings), or whose text is not
 * read back as the same value.
 */
export function keyColumnOf(column: PgColumn): KeyColumn | null {
  const { type, native, name } = column;
  const expression = quoteName(name);
  if (column.isEnum) return { name, castType: native, expression };
  const base = partsOf(native).base;
  switch (type.kind) {
    case 'boolean':
    case 'integer':
    case 'decimal':
    case 'float':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'uuid':
      return { name, castType: base, expression };
    case 'text':
      // As `character` a literal would be cut to one character.
      if (type.fixed) return { name, castType: 'bpchar', expression };
      return {
        name,
        castType: base,
        expression:
          type.length !== null && type.length <= BOUND_LENGTH_MAX
            ? expression
            : `left(${expression}, ${BOUND_LENGTH_MAX})`,
      };
    case 'binary':
      return { name, castType: base, expression: `substring(${expression} FROM 1 FOR ${BOUND_LENGTH_MAX})` };
    default:
      return null;
  }
}

/** The primary key as key columns; empty without one, or when one of its columns has no place in a key. */
export function primaryKeyColumns(relation: Relation): readonly KeyColumn[] {
  const key: KeyColumn[] = [];
  for (const name of relation.primaryKey) {
    const column = relation.columns.find((candidate) => candidate.name === name);
    const part = column === undefined ? null : keyColumnOf(column);
    if (part === null) return [];
    key.push(part);
  }
  return key;
}

/** Whether an index can serve ranges of this column: a whole one, in the column's own order, that begins with it. */
export async function isIndexed(session: PgSession, relation: Relation, column: string): Promise<boolean> {
  const { rows } = await session.execute(
    `SELECT 1
       FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_am am ON am.oid = c.relam
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = $1::oid AND a.attname = $2 AND am.amname = 'btree'
        AND i.indisvalid AND i.indpred IS NULL AND i.indcollation[0] = a.attcollation
      LIMIT 1`,
    [relation.oid, column],
  );
  return rows.length > 0;
}
