/**
 * The neutral type model: what a column holds, said without any database's words.
 * A connector maps its own types to these and back in tables of its own (`types.ts`); nobody else knows native types.
 */
export type NeutralType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly unsigned: boolean }
  /** `precision` and `scale` null: unbounded. */
  | { readonly kind: 'decimal'; readonly precision: number | null; readonly scale: number | null }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  /** `length` in characters, null: unbounded. `fixed`: blank padded. */
  | { readonly kind: 'text'; readonly length: number | null; readonly fixed: boolean }
  /** `length` in bytes, null: unbounded. */
  | { readonly kind: 'binary'; readonly length: number | null }
  | { readonly kind: 'date' }
  /** `fraction`: digits after the second. */
  | { readonly kind: 'time'; readonly fraction: number; readonly zoned: boolean }
  | { readonly kind: 'timestamp'; readonly fraction: number; readonly zoned: boolean }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'json' }
  /** A bit string of `length` bits. */
  | { readonly kind: 'bits'; readonly length: number | null }
  /** Anything else; it travels as its text form. */
  | { readonly kind: 'other' };

/** One column of a table as its database describes it. */
export interface Column {
  readonly name: string;
  /** The type in the database's own words, with its modifiers, fit for its DDL: `character varying(20)`. */
  readonly native: string;
  readonly type: NeutralType;
  readonly isNullable: boolean;
  /** The database fills it by itself and refuses a value from outside (generated columns). */
  readonly isGenerated: boolean;
  /** What its table says of it, for people; absent: nothing. A created table gets it too. */
  readonly comment?: string;
}

/** One table as its database describes it. */
export interface TableShape {
  readonly schema: string;
  readonly table: string;
  /** In the table's own order. */
  readonly columns: readonly Column[];
  /** Column names of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
  /** From the database's statistics; null when it has none. Never exact. */
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
}
