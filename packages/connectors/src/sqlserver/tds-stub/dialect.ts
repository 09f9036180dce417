import { closing, isSign, isWord, lex, nameAt, type Piece, typeText } from './lexer.ts';
import { ServerError } from './tokens.ts';

/** A statement in the words of SQLite. */
export interface Translated {
  readonly sql: string;
  /** Parameters that it names, with their `@`. */
  readonly parameters: readonly string[];
  /** Tables that it names, as SQLite has them. */
  readonly tables: readonly string[];
  /** The shared lock of a table to the end of the transaction was asked for. */
  readonly holdsLock: boolean;
}

/** The name that a table has in SQLite: schema and name in one. */
export function tableKey(schema: string, name: string): string {
  return `${schema}.${name}`;
}

export function quoteKey(key: string): string {
  return `"${key.replaceAll('"', '""')}"`;
}

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Words behind which a table's name stands. */
const beforeTable = ['FROM', 'JOIN', 'INTO', 'UPDATE'];
const renamed: Readonly<Record<string, string>> = {
  COUNT_BIG: 'count',
  LEFT: 'tds_left',
  CHARINDEX: 'tds_charindex',
  SWITCHOFFSET: 'tds_first',
  DB_ID: 'tds_db_id',
  DB_NAME: 'tds_db_name',
  SCHEMA_ID: 'tds_schema_id',
  QUOTENAME: 'tds_first',
  HAS_PERMS_BY_NAME: 'tds_has_perms',
  XACT_STATE: 'tds_xact_state',
  SYSUTCDATETIME: 'tds_now',
  DATEDIFF_BIG: 'tds_ms_since',
};
const hints = ['TABLOCK', 'HOLDLOCK', 'NOLOCK', 'READPAST', 'TABLOCKX', 'UPDLOCK', 'ROWLOCK'];

/**
 * T-SQL that the connector and its tests send, put into SQLite's words token by token. What SQLite does not understand then is
 * a syntax error of the server.
 */
export function translate(sql: string): Translated {
  return new Translation(lex(sql)).run();
}

class Translation {
  readonly #pieces: readonly Piece[];
  readonly #out: string[] = [];
  readonly #parameters = new Set<string>();
  readonly #tables: string[] = [];
  /** For each open bracket, and the whole: how many rows its SELECT may give. */
  readonly #limits: (string | null)[] = [null];
  #holdsLock = false;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  run(): Translated {
    this.#range(0, this.#pieces.length);
    this.#closeLimit();
    return {
      sql: this.#out.join(' '),
      parameters: [...this.#parameters],
      tables: this.#tables,
      holdsLock: this.#holdsLock,
    };
  }

  #range(from: number, to: number): void {
    let at = from;
    while (at < to) at = this.#piece(at);
  }

  #closeLimit(): void {
    const limit = this.#limits.pop();
    if (limit !== null && limit !== undefined) this.#out.push(`LIMIT ${limit}`);
  }

  /** @returns where the next piece begins. */
  #piece(at: number): number {
    const piece = this.#pieces[at] as Piece;
    switch (piece.kind) {
      case 'text':
        this.#out.push(quoteText(piece.value));
        return at + 1;
      case 'name':
        this.#out.push(quoteKey(piece.value));
        return at + 1;
      case 'number':
        this.#out.push(piece.value);
        return at + 1;
      case 'sign':
        return this.#sign(piece.value, at);
      case 'word':
        return this.#word(piece.value, at);
    }
  }

  #sign(sign: string, at: number): number {
    // The value's methods of geometry are the text that it is.
    if (sign === '.' && isWord(this.#pieces[at + 1], 'ASTEXTZM')) return at + 4;
    if (sign === '(') this.#limits.push(null);
    if (sign === ')') this.#closeLimit();
    this.#out.push(sign);
    return at + 1;
  }

  #word(word: string, at: number): number {
    const upper = word.toUpperCase();
    const behind = this.#pieces[at + 1];
    if (word.startsWith('@@')) {
      this.#out.push(`tds_global(${quoteText(upper)})`);
      return at + 1;
    }
    if (word.startsWith('@')) {
      this.#parameters.add(word);
      this.#out.push(word);
      return at + 1;
    }
    if (beforeTable.includes(upper)) {
      this.#out.push(word);
      return this.#table(at + 1);
    }
    if (isSign(behind, '(')) {
      if (upper === 'CAST') return this.#cast(at + 1);
      if (upper === 'CONVERT') return this.#convert(at + 1);
      if (upper === 'TOP') return this.#top(at + 1);
      if (upper === 'WITH') return this.#hint(at);
      if (upper === 'DATEDIFF_BIG') {
        this.#out.push('tds_now_ms ( )');
        return closing(this.#pieces, at + 1) + 1;
      }
      this.#out.push(renamed[upper] ?? word);
      return at + 1;
    }
    if (upper === 'COLLATE') return at + 2;
    if (upper === 'TABLESAMPLE') return closing(this.#pieces, at + 2) + 1;
    if (upper === 'OFFSET') return this.#page(at);
    if (upper === 'LIMIT' || upper === 'PRAGMA')
      throw new ServerError(102, `Incorrect syntax near '${word}'.`);
    this.#out.push(word);
    return at + 1;
  }

  #table(at: number): number {
    const name = nameAt(this.#pieces, at);
    if (name === null) return at;
    const key = tableKey(name.schema, name.name);
    this.#tables.push(key);
    this.#out.push(key === 'sys.dm_tran_locks' ? lockRows : quoteKey(key));
    return name.end;
  }

  #cast(open: number): number {
    const close = closing(this.#pieces, open);
    let as = close - 1;
    for (let depth = 0; as > open; as--) {
      if (isSign(this.#pieces[as], ')')) depth += 1;
      if (isSign(this.#pieces[as], '(')) depth -= 1;
      if (depth === 0 && isWord(this.#pieces[as], 'AS')) break;
    }
    this.#out.push('tds_convert', '(', quoteText(typeText(this.#pieces.slice(as + 1, close))), ',');
    this.#range(open + 1, as);
    this.#out.push(',', 'NULL', ')');
    return close + 1;
  }

  #convert(open: number): number {
    const close = closing(this.#pieces, open);
    let comma = open + 1;
    for (let depth = 0; comma < close; comma++) {
      if (isSign(this.#pieces[comma], '(')) depth += 1;
      if (isSign(this.#pieces[comma], ')')) depth -= 1;
      if (depth === 0 && isSign(this.#pieces[comma], ',')) break;
    }
    const last = this.#pieces[close - 1];
    const hasStyle = last?.kind === 'number' && isSign(this.#pieces[close - 2], ',');
    this.#out.push('tds_convert', '(', quoteText(typeText(this.#pieces.slice(open + 1, comma))), ',');
    this.#range(comma + 1, hasStyle ? close - 2 : close);
    this.#out.push(',', hasStyle ? last.value : 'NULL', ')');
    return close + 1;
  }

  #top(open: number): number {
    const close = closing(this.#pieces, open);
    this.#limits[this.#limits.length - 1] = this.#pieces[open + 1]?.value ?? null;
    return close + 1;
  }

  #hint(at: number): number {
    const close = closing(this.#pieces, at + 1);
    const words = this.#pieces.slice(at + 2, close).filter(({ kind }) => kind === 'word');
    if (!words.every((word) => isWord(word, ...hints)))
      throw new ServerError(102, "Incorrect syntax near 'WITH'.");
    if (words.some((word) => isWord(word, 'HOLDLOCK'))) this.#holdsLock = true;
    return close + 1;
  }

  /** `OFFSET n ROWS FETCH NEXT m ROWS ONLY` */
  #page(at: number): number {
    const rows = this.#pieces.findIndex((piece, i) => i > at && isWord(piece, 'ROWS'));
    const end = this.#pieces.findIndex((piece, i) => i > rows && isWord(piece, 'ROWS'));
    if (rows < 0 || end < 0) throw new ServerError(102, "Incorrect syntax near 'OFFSET'.");
    this.#out.push('LIMIT');
    this.#range(rows + 3, end);
    this.#out.push('OFFSET');
    this.#range(at + 1, rows);
    return end + 2;
  }
}

const lockRows = `(SELECT json_extract(value, '$.session') AS request_session_id, json_extract(value, '$.name') AS resource_description,
 'APPLICATION' AS resource_type, 'GRANT' AS request_status, tds_db_id() AS resource_database_id FROM json_each(tds_locks()))`;
