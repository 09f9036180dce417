/** The systems between which values are moved. */
export type System = 'postgres' | 'mariadb' | 'mysql';

/** What a type holds, as far as comparing its values goes. */
export type Family =
  | 'integer'
  | 'decimal'
  | 'single'
  | 'double'
  | 'boolean'
  | 'text'
  | 'char'
  | 'bytes'
  | 'date'
  | 'timestamp'
  | 'time'
  | 'json'
  | 'bits'
  | 'uuid'
  | 'other';

/** A value under torture: a literal of its system's SQL. */
export type Literal = string;

/** A column of a source: its type, and the values that it is filled with. */
export interface TorturedColumn {
  readonly type: string;
  readonly family: Family;
  readonly values: readonly Literal[];
  /** Statements ahead of the table: a type of users. */
  readonly before?: readonly string[];
}

/** What a native type holds. @param type as in DDL or as the catalog prints it. */
export function familyOf(system: System, type: string): Family {
  const name = type.toLowerCase();
  return (
    (system === 'postgres' ? postgresFamilies : mysqlFamilies).find(([form]) => form.test(name))?.[1] ??
    'other'
  );
}

const postgresFamilies: readonly (readonly [RegExp, Family])[] = [
  [/^(?:smallint|integer|bigint)$/, 'integer'],
  [/^numeric(?:\([\d,-]+\))?$/, 'decimal'],
  [/^real$/, 'single'],
  [/^double precision$/, 'double'],
  [/^boolean$/, 'boolean'],
  [/^(?:text|(?:character varying|varchar)(?:\(\d+\))?)$/, 'text'],
  [/^(?:character|char)(?:\(\d+\))?$/, 'char'],
  [/^bytea$/, 'bytes'],
  [/^date$/, 'date'],
  [/^timestamp[^[]*$/, 'timestamp'],
  [/^time(?:tz)?(?:\(\d\))?(?: with(?:out)? time zone)?$/, 'time'],
  [/^jsonb?$/, 'json'],
  [/^bit(?: varying)?(?:\(\d+\))?$/, 'bits'],
  [/^uuid$/, 'uuid'],
];

const mysqlFamilies: readonly (readonly [RegExp, Family])[] = [
  [/^(?:tinyint\(1\)|bit\(1\))$/, 'boolean'],
  [/^(?:(?:tiny|small|medium|big)?int|year)/, 'integer'],
  [/^decimal/, 'decimal'],
  [/^float/, 'single'],
  [/^double/, 'double'],
  [/^char/, 'char'],
  [/^(?:varchar|(?:tiny|medium|long)?text|enum|set)/, 'text'],
  [/^(?:(?:var)?binary|(?:tiny|medium|long)?blob)/, 'bytes'],
  [/^date$/, 'date'],
  [/^(?:datetime|timestamp)/, 'timestamp'],
  [/^time/, 'time'],
  [/^json/, 'json'],
  [/^bit/, 'bits'],
  [/^uuid/, 'uuid'],
];
