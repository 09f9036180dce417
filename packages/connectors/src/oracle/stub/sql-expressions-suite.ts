// Expressions of Oracle's SQL as far as the connector writes them, and conditions as its users do: parsed and worked out over rows in
// memory. A stand-in for tests: it knows what it needs, and refuses all else.

/** An error of the server. */
export class OraError extends Error {
  readonly number: number;

  constructor(number: number, text: string) {
    super(`ORA-${String(number).padStart(5, '0')}: ${text}`);
    this.number = number;
  }
}

/** NUMBER and moments as texts of one form each, the others as they are. */
export type Cell = null | string | number | Buffer;

export type StubType =
  | 'NUMBER'
  | 'VARCHAR2'
  | 'CHAR'
  | 'NVARCHAR2'
  | 'NCHAR'
  | 'CLOB'
  | 'NCLOB'
  | 'BLOB'
  | 'RAW'
  | 'BINARY_FLOAT'
  | 'BINARY_DOUBLE'
  | 'DATE'
  | 'TIMESTAMP'
  | 'TIMESTAMP_TZ'
  | 'INTERVAL'
  | 'ROWID'
  | 'BOOLEAN';

export interface Typed {
  readonly type: StubType;
  readonly value: Cell;
}

export interface Token {
  readonly kind: 'name' | 'quoted' | 'text' | 'number' | 'bind' | 'mark';
  readonly text: string;
}

/** @throws OraError 1756 open quote, 911 a character that has no place. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let rest = sql;
  const rules: readonly (readonly [Token['kind'] | null, RegExp])[] = [
    [null, /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)/],
    ['text', /^[nN]?'((?:[^']|'')*)'/],
    ['quoted', /^"([^"]*)"/],
    ['number', /^((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/],
    ['bind', /^:\s*(\w+)/],
    ['name', /^([A-Za-z][\w$#]*)/],
    ['mark', /^(<=|>=|<>|!=|\|\||[=<>(),.*+\-/])/],
  ];
  while (rest !== '') {
    const found = rules
      .map(([kind, form]) => [kind, form.exec(rest)] as const)
      .find(([, match]) => match !== null);
    if (found?.[1] == null) {
      if (/^['"]/.test(rest)) throw new OraError(1756, 'quoted string not properly terminated');
      if (rest.startsWith('/*')) throw new OraError(1742, 'comment not terminated properly');
      throw new OraError(911, `${rest[0]}: invalid character`);
    }
    const [kind, match] = found;
    rest = rest.slice(match[0].length);
    if (kind === null) continue;
    const text = match[1] ?? match[0];
    tokens.push({
      kind,
      text: kind === 'text' ? text.replaceAll("''", "'") : kind === 'name' ? text.toUpperCase() : text,
    });
  }
  return tokens;
}

/** Where an expression gets its values from. */
export interface Scope {
  column(name: string): Typed;
  bind(name: string): Cell;
  rowid(): string;
}

/** Worked out for each row; `type` is known without one. */
export interface Expression {
  readonly type: (scope: Pick<Scope, 'column'>) => StubType;
  readonly value: (scope: Scope) => Cell;
  /** Of COUNT and MIN: over all rows of a group. */
  readonly aggregate?: (rows: readonly Scope[]) => Cell;
}

export type Condition = (scope: Scope) => boolean | null;

const syntax = () => new OraError(936, 'missing expression');

/** A text that is read token by token. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(sql: string) {
    this.#tokens = tokensOf(sql);
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw syntax();
    this.#at += 1;
    return token;
  }

  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token !== undefined && token.text === text && (token.kind === 'name' || token.kind === 'mark');
  }

  /** Takes these words if they are next, all of them. */
  takes(...words: readonly string[]): boolean {
    if (!words.every((word, ahead) => this.is(word, ahead))) return false;
    this.#at += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    if (!this.takes(...words))
      throw new OraError(905, `missing keyword ${words.join(' ')} at ${this.peek()?.text ?? 'the end'}`);
  }

  /** A name of a table or column. */
  name(): string {
    const token = this.next();
    if (token.kind !== 'name' && token.kind !== 'quoted')
      throw new OraError(903, `invalid name ${token.text}`);
    return token.text;
  }

  end(): void {
    if (this.peek() !== undefined) throw new OraError(933, 'SQL command not properly ended');
  }
}

export function parseCondition(stream: TokenStream): Condition {
  const terms = [parseAnd(stream)];
  while (stream.takes('OR')) terms.push(parseAnd(stream));
  if (terms.length === 1) return terms[0] as Condition;
  return (scope) => {
    const found = terms.map((term) => term(scope));
    return found.includes(true) ? true : found.includes(null) ? null : false;
  };
}

function parseAnd(stream: TokenStream): Condition {
  const terms = [parseNot(stream)];
  while (stream.takes('AND')) terms.push(parseNot(stream));
  if (terms.length === 1) return terms[0] as Condition;
  return (scope) => {
    const found = terms.map((term) => term(scope));
    return found.includes(false) ? false : found.includes(null) ? null : true;
  };
}

function parseNot(stream: TokenStream): Condition {
  if (!stream.takes('NOT')) return parseComparison(stream);
  const term = parseNot(stream);
  return (scope) => {
    const found = term(scope);
    return found === null ? null : !found;
  };
}

function parseComparison(stream: TokenStream): Condition {
  // No expression of ours begins with a bracket but a condition does.
  if (stream.takes('(')) {
    const inner = parseCondition(stream);
    if (!stream.takes(')')) throw new OraError(907, 'missing right parenthesis');
    return inner;
  }
  const left = parseExpression(stream);
  if (stream.takes('IS')) {
    const isNot = stream.takes('NOT');
    stream.expect('NULL');
    return (scope) => (left.value(scope) === null) !== isNot;
  }
  if (stream.takes('IN', '(')) {
    const list = [parseExpression(stream)];
    while (stream.takes(',')) list.push(parseExpression(stream));
    if (!stream.takes(')')) throw new OraError(907, 'missing right parenthesis');
    return (scope) => list.some((each) => comparison(left, each, scope) === 0);
  }
  const { text, kind } = stream.next();
  if (kind !== 'mark' || !/^(?:[=<>]|<=|>=|<>|!=)$/.test(text))
    throw new OraError(920, 'invalid relational operator');
  const right = parseExpression(stream);
  return (scope) => {
    const order = comparison(left, right, scope);
    if (order === null) return null;
    switch (text) {
      case '=':
        return order === 0;
      case '<':
        return order < 0;
      case '>':
        return order > 0;
      case '<=':
        return order <= 0;
      case '>=':
        return order >= 0;
      default:
        return order !== 0;
    }
  };
}

function comparison(left: Expression, right: Expression, scope: Scope): number | null {
  const [a, b] = [left.value(scope), right.value(scope)];
  if (a === null || b === null) return null;
  return compareCells(a, b, left.type(scope));
}

/** Numbers by value, bytes and texts by their bytes; blanks at the end of a CHAR count beside a VARCHAR2. */
export function compareCells(a: Exclude<Cell, null>, b: Exclude<Cell, null>, type: StubType): number {
  if (type === 'NUMBER' || type === 'BINARY_FLOAT' || type === 'BINARY_DOUBLE') {
    const isWhole = /^-?\d+$/.test(String(a)) && /^-?\d+$/.test(String(b));
    if (isWhole)
      return (
        Number(BigInt(String(a)) - BigInt(String(b)) > 0n) - Number(BigInt(String(a)) < BigInt(String(b)))
      );
    const [x, y] = [Number(a), Number(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x - y;
  }
  return Buffer.compare(bytesOf(a), bytesOf(b));
}

function bytesOf(cell: Exclude<Cell, null>): Buffer {
  return Buffer.isBuffer(cell) ? cell : Buffer.from(String(cell));
}

const constant = (type: StubType, value: Cell): Expression => ({ type: () => type, value: () => value });

export function parseExpression(stream: TokenStream): Expression {
  const expression = parseOperand(stream);
  // A moment at UTC is as it is kept.
  if (stream.takes('AT', 'TIME', 'ZONE')) stream.next();
  return expression;
}

function parseOperand(stream: TokenStream): Expression {
  const token = stream.next();
  switch (token.kind) {
    case 'text':
      return constant('VARCHAR2', token.text === '' ? null : token.text);
    case 'number':
      return constant('NUMBER', token.text);
    case 'bind':
      return { type: () => 'VARCHAR2', value: (scope) => scope.bind(token.text) };
    case 'mark':
      if (token.text === '-') return constant('NUMBER', `-${stream.next().text}`);
      throw syntax();
    case 'quoted':
      return columnNamed(token.text);
    case 'name':
      if (stream.is('(')) return parseCall(token.text, stream);
      if (token.text === 'ROWID') return { type: () => 'ROWID', value: (scope) => scope.rowid() };
      // Of the first row: enough for whoever asks for one, or for none.
      if (token.text === 'ROWNUM') return constant('NUMBER', '1');
      if (token.text === 'NULL') return constant('VARCHAR2', null);
      if (token.text === 'USER') return constant('VARCHAR2', 'SUITE');
      if (stream.takes('.')) return columnNamed(stream.name());
      return columnNamed(token.text);
  }
}

function columnNamed(name: string): Expression {
  return { type: (scope) => scope.column(name).type, value: (scope) => scope.column(name).value };
}

function parseCall(name: string, stream: TokenStream): Expression {
  stream.expect('(');
  if (name === 'COUNT') {
    stream.expect('*');
    stream.expect(')');
    return { type: () => 'NUMBER', value: () => null, aggregate: (rows) => String(rows.length) };
  }
  const given: Expression[] = [];
  if (!stream.is(')')) {
    given.push(parseExpression(stream));
    while (stream.takes(',')) given.push(parseExpression(stream));
  }
  stream.expect(')');
  return callOf(name, given);
}

function callOf(name: string, given: readonly Expression[]): Expression {
  const [first = constant('VARCHAR2', null), second = constant('VARCHAR2', null), third] = given;
  const over = (type: StubType, make: (value: Exclude<Cell, null>, scope: Scope) => Cell): Expression => {
    const apply = (value: Cell, scope: Scope) => (value === null ? null : make(value, scope));
    const { aggregate } = first;
    const made: Expression = { type: () => type, value: (scope) => apply(first.value(scope), scope) };
    const none = {
      column: () => ({ type, value: null }),
      bind: () => null,
      rowid: () => '',
    } as unknown as Scope;
    return aggregate === undefined
      ? made
      : { ...made, aggregate: (rows) => apply(aggregate(rows), rows[0] ?? none) };
  };
  switch (name) {
    case 'MIN':
    case 'MAX':
      return {
        type: first.type,
        value: () => null,
        aggregate: (rows) => extreme(first, rows, name === 'MIN' ? 1 : -1),
      };
    case 'TO_CHAR':
      return over('VARCHAR2', (value, scope) => printed(value, second.value(scope)));
    case 'ROWIDTOCHAR':
    case 'TO_NCHAR':
    case 'CAST':
      return over(name === 'TO_NCHAR' ? 'NVARCHAR2' : 'VARCHAR2', (value) => value);
    case 'CHARTOROWID':
      return over('ROWID', (value) => value);
    case 'RAWTOHEX':
      return over('VARCHAR2', (value) => bytesOf(value).toString('hex').toUpperCase());
    case 'HEXTORAW':
      return over('RAW', (value) => Buffer.from(String(value), 'hex'));
    case 'SUBSTR':
      return {
        ...over('VARCHAR2', (value, scope) =>
          String(value).substr(Number(second.value(scope)) - 1, Number(third?.value(scope))),
        ),
        type: first.type,
      };
    case 'TO_NUMBER':
      return over('NUMBER', numberOf);
    case 'TO_BINARY_DOUBLE':
      return over('BINARY_DOUBLE', (value) => Number(String(value).replace('INF', 'Infinity')));
    case 'TO_DATE':
      return over('DATE', momentOf);
    case 'TO_TIMESTAMP':
      return over('TIMESTAMP', momentOf);
    case 'FROM_TZ':
      return over('TIMESTAMP_TZ', (value) => value);
    case 'TO_YMINTERVAL':
    case 'TO_DSINTERVAL':
      return over('INTERVAL', (value) => String(value));
    case 'INSTR':
      return {
        type: () => 'NUMBER',
        value: (scope) => String(String(first.value(scope)).indexOf(String(second.value(scope))) + 1),
      };
    default:
      throw new OraError(904, `"${name}": invalid identifier`);
  }
}

function extreme(of: Expression, rows: readonly Scope[], sign: 1 | -1): Cell {
  let best: Cell = null;
  for (const scope of rows) {
    const value = of.value(scope);
    if (value === null) continue;
    if (best === null || compareCells(value, best, of.type(scope)) * sign < 0) best = value;
  }
  return best;
}

function numberOf(value: Exclude<Cell, null>): Cell {
  const text = String(value).trim();
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new OraError(1722, 'invalid number');
  return text;
}

const writtenMoment = /^(-?\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** A moment in its kept form, with nine digits of a second. */
export function momentOf(value: Exclude<Cell, null>): Cell {
  const text = String(value).trim();
  const match = writtenMoment.exec(text);
  if (match === null)
    throw new OraError(1858, 'a non-numeric character was found where a numeric was expected');
  const [, year = '', month = '', day = ''] = match;
  const isThere =
    Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31 && Number(year) !== 0;
  if (!isThere) throw new OraError(1841, '(full) year must be between -4713 and +9999, and not be 0');
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(9, '0')}`;
}

/** By a format of ours, or as it is. */
function printed(value: Exclude<Cell, null>, format: Cell): Cell {
  if (format === null) return String(value);
  const digits = Number(/\.FF(\d)/.exec(String(format))?.[1] ?? 0);
  const [whole = '', fraction = ''] = String(value).split('.');
  const signed = whole.startsWith('-') ? whole : ` ${whole}`;
  return digits === 0 ? signed : `${signed}.${fraction.slice(0, digits)}`;
}

/** A column of a result. */
export interface ResultField {
  readonly name: string;
  readonly type: StubType;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
}

/** A field of a type that has no modifiers. */
export function field(name: string, type: StubType, length = 4000): ResultField {
  return { name, type, length, precision: 0, scale: type === 'NUMBER' ? -127 : 0 };
}
