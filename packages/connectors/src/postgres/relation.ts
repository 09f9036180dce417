import type { Column } from '@sluice/core/data/column';

/** A relation by name; names as the catalog spells them. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** One column with what only a PostgreSQL sink or source asks for. */
export interface PgColumn extends Column {
  readonly isEnum: boolean;
  readonly hasDefault: boolean;
}

/** A relation as the catalog describes it. */
export interface Relation {
  readonly oid: string;
  readonly name: TableName;
  /** r table, p partitioned table, v view, m materialized view, f foreign table. */
  readonly kind: string;
  /** Access method; ctid ranges mean blocks only for `heap`. */
  readonly accessMethod: string | null;
  readonly columns: readonly PgColumn[];
  readonly primaryKey: readonly string[];
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number | null;
}

export interface KeyColumn {
  readonly name: string;
  /** The operator that the key itself compares with, named with its schema: another one of that name may see fewer equals. */
  readonly equals: string;
  readonly isNullable: boolean;
}

/** A primary or unique key of plain columns. */
export interface UniqueKey {
  readonly columns: readonly KeyColumn[];
  /** Two nulls are one value; otherwise a row with a null clashes with none. */
  readonly nullsAreEqual: boolean;
}
