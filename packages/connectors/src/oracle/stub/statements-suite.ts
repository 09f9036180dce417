import { catalogRows } from './catalog-suite.ts';
import type { StubColumn, StubDatabase, StubSession, StubTable } from './database-suite.ts';
import {
  type Cell,
  type Condition,
  compareCells,
  type Expression,
  field,
  OraError,
  parseCondition,
  parseExpression,
  type ResultField,
  type Scope,
  TokenStream,
} from './sql-expressions-suite.ts';

/** What a statement gives. */
export interface Answer {
  readonly fields: readonly ResultField[] | null;
  readonly rows: readonly (readonly Cell[])[];
  readonly rowCount: number;
}

const emptyTable: StubTable = {
  owner: '',
  name: 'query',
  columns: [],
  primaryKey: [],
  versions: [],
  blocks: null,
  rowsPerBlock: 1,
  partitions: [],
  partitionOf: () => '',
};

const done = (rowCount = 0): Answer => ({ fields: null, rows: [], rowCount });

interface SelectItem {
  readonly expression: Expression;
  readonly text: string;
}

interface Select {
  readonly table: StubTable | null;
  readonly partition: string | null;
  readonly scn: number | null;
  readonly where: Condition | null;
  readonly items: readonly SelectItem[] | null;
  /** The query in the place of a table, whose result `table` has the shape of. */
  readonly derived?: Select;
}

/** Runs the statements that the connector sends, and no others: whoever writes a new one sees ORA-00900 here. */
export class StubStatements {
  readonly #database: StubDatabase;

  constructor(database: StubDatabase) {
    this.#database = database;
  }

  /** What a query would return; nothing is run. */
  describe(sql: string): readonly ResultField[] {
    const ready = catalogRows(this.#database, sql, []);
    if (ready !== null) return ready.fields;
    return this.#fields(this.#parseSelect(sql));
  }

  async run(session: StubSession, sql: string, binds: readonly Cell[]): Promise<Answer> {
    const database = this.#database;
    database.statements.push(sql);
    if (database.denied.some((form) => form.test(sql))) throw new OraError(1031, 'insufficient privileges');
    const word = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? '';
    switch (word) {
      case 'SELECT':
      case 'WITH':
        return this.#select(session, sql, binds);
      case 'INSERT':
        return await this.#insert(session, sql, binds);
      case 'UPDATE':
        return await this.#update(session, sql, binds);
      case 'DELETE':
        return this.#delete(session, sql, binds);
      case 'ALTER':
        return this.#alter(sql);
      case 'BEGIN': {
        const identifier = /SET_IDENTIFIER\('([^']*)'\)/.exec(sql)?.[1];
        if (identifier === undefined) throw new OraError(6550, 'a block that nobody knows here');
        session.identifier = identifier;
        return done();
      }
      case 'CREATE':
      case 'DROP':
      case 'TRUNCATE':
        // A definition ends the transaction, before and behind it.
        database.commit(session);
        this.#define(session, sql);
        database.commit(session);
        return done();
      default:
        throw new OraError(900, `invalid SQL statement: ${sql.slice(0, 60)}`);
    }
  }

  #alter(sql: string): Answer {
    const killed = /^ALTER SYSTEM KILL SESSION '(\d+),\d+' IMMEDIATE$/.exec(sql)?.[1];
    if (killed !== undefined) {
      for (const other of [...this.#database.sessions])
        if (other.id === Number(killed)) {
          this.#database.forget(other);
          other.end();
        }
    } else if (!/^ALTER SESSION SET \w+ = /.test(sql)) throw new OraError(2000, 'invalid ALTER');
    return done();
  }

  #define(session: StubSession, sql: string): void {
    const stream = new TokenStream(sql.replace(/\bPURGE$/, ''));
    const verb = stream.next().text;
    stream.expect('TABLE');
    const owner = stream.name();
    stream.expect('.');
    const name = stream.name();
    const { tables } = this.#database;
    const key = `${owner}.${name}`;
    if (verb === 'CREATE') {
      if (tables.has(key)) throw new OraError(955, 'name is already used by an existing object');
      if (stream.takes('AS')) this.#createAs(owner, name, sql.slice(sql.indexOf(' AS SELECT ') + 4));
      else this.#createCheckpoints(owner, name);
      return;
    }
    const table = this.#database.table(owner, name);
    if (verb === 'DROP') tables.delete(key);
    else this.#database.remove(session, this.#database.visible(table, session, null));
  }

  #createAs(owner: string, name: string, query: string): void {
    const { table, items } = this.#parseSelect(query);
    if (table === null || items === null) throw new OraError(900, 'a copy of no table');
    const names = items.map(({ text }) => text.replaceAll('"', ''));
    const columns = names.flatMap((each) => table.columns.filter((column) => column.name === each));
    this.#database.makeTable({ owner, name, columns });
  }

  #createCheckpoints(owner: string, name: string): void {
    const number = (each: string): StubColumn => ({
      name: each,
      type: 'NUMBER',
      precision: 10,
      isNotNull: true,
    });
    this.#database.makeTable({
      owner,
      name,
      columns: [
        number('SLICE_NO'),
        number('SEQ_NO'),
        { name: 'POSITION_TEXT', type: 'CLOB' },
        { name: 'COUNTS_TEXT', type: 'VARCHAR2', length: 4000, isNotNull: true },
        number('IS_COMPLETE'),
      ],
      primaryKey: ['SLICE_NO'],
    });
  }

  #select(session: StubSession, sql: string, binds: readonly Cell[]): Answer {
    const ready = catalogRows(this.#database, sql, binds);
    if (ready !== null) return { ...ready, rowCount: ready.rows.length };
    const bounds = this.#bounds(session, sql);
    if (bounds !== null) return bounds;
    const select = this.#parseSelect(sql);
    const { table, items } = select;
    if (table === null || items === null)
      throw new OraError(900, `a query that nobody knows here: ${sql.slice(0, 80)}`);
    const scopes = this.#chosen(session, select, binds);
    const fields = this.#fields(select);
    const isGrouped = items.some(({ expression }) => expression.aggregate !== undefined);
    const rows = isGrouped
      ? [items.map(({ expression }) => expression.aggregate?.(scopes) ?? null)]
      : scopes.map((scope) => items.map(({ expression }) => expression.value(scope)));
    return { fields, rows, rowCount: rows.length };
  }

  #fields({ table, items }: Select): readonly ResultField[] {
    const none = {
      column: (name: string): never => {
        throw new OraError(904, `"${name}": invalid identifier`);
      },
    };
    const typed = table === null ? none : this.#database.scopeOf(table, { cells: [] } as never, []);
    return (items ?? []).map(({ expression, text }) => {
      const type = expression.type(typed);
      const column = table?.columns.find(({ name }) => `"${name}"` === text || name === text);
      return {
        name: column?.name ?? text,
        type,
        length: column?.length ?? 4000,
        precision: column?.precision ?? 0,
        scale: type === 'NUMBER' ? (column?.scale ?? (column?.precision === undefined ? -127 : 0)) : 0,
      };
    });
  }

  #chosen(
    session: StubSession,
    { table, scn, partition, where, derived }: Select,
    binds: readonly Cell[],
  ): readonly Scope[] {
    if (table === null) return [];
    if (derived !== undefined) {
      const results = this.#chosen(session, derived, binds).map((scope) =>
        (derived.items ?? []).map(({ expression }) => expression.value(scope)),
      );
      return results
        .map((cells) => this.#database.scopeOf(table, { cells, rowid: '' } as never, binds))
        .filter((scope) => where === null || where(scope) === true);
    }
    if (partition !== null && !table.partitions.includes(partition))
      throw new OraError(2149, 'Specified partition does not exist');
    return this.#database
      .visible(table, session, scn)
      .filter(({ cells }) => partition === null || table.partitionOf(cells) === partition)
      .map((version) => this.#database.scopeOf(table, version, binds))
      .filter((scope) => where === null || where(scope) === true);
  }

  #parseSelect(sql: string): Select {
    const nested = /^SELECT ([^(]+|[^(]*TO_CHAR[^\n]+) FROM \(\n([\s\S]*)\n\) "query"([\s\S]*)$/.exec(sql);
    if (nested !== null) {
      const [, list = '', query = '', rest = ''] = nested;
      const derived = this.#parseSelect(query);
      const columns = this.#fields(derived).map(({ name, type, length }) => ({ name, type, length }));
      if (new Set(columns.map(({ name }) => name)).size < columns.length)
        throw new OraError(918, 'column ambiguously defined');
      const table = { ...emptyTable, columns };
      return { ...this.#parseOver(`SELECT ${list} FROM DUAL${rest}`, table), derived };
    }
    return this.#parseOver(sql, null);
  }

  /** @param shape of a result that stands for the table; null: the table itself. */
  #parseOver(sql: string, shape: StubTable | null): Select {
    const stream = new TokenStream(sql);
    stream.expect('SELECT');
    const items: SelectItem[] = [];
    let isAll = false;
    do {
      if (stream.takes('*')) {
        isAll = true;
        continue;
      }
      const first = stream.peek();
      const expression = parseExpression(stream);
      items.push({ expression, text: first?.kind === 'quoted' ? `"${first.text}"` : (first?.text ?? '') });
    } while (stream.takes(','));
    stream.expect('FROM');
    const found = this.#parseFrom(stream);
    const source = shape === null ? found : { ...found, table: shape };
    const where = stream.takes('WHERE') ? parseCondition(stream) : null;
    stream.end();
    const all = source.table?.columns.map(({ name }) => {
      const quoted = new TokenStream(`"${name}"`);
      return { expression: parseExpression(quoted), text: `"${name}"` };
    });
    const given = isAll ? (all ?? []) : items;
    // Names are looked up when a statement is parsed.
    if (source.table !== null && where !== null) {
      const table = source.table;
      const empty = { rowid: 'A', cells: table.columns.map(() => null) } as never;
      where(this.#database.scopeOf(table, empty, []));
    }
    return { ...source, where, items: given };
  }

  #parseFrom(stream: TokenStream): Omit<Select, 'where' | 'items'> {
    if (stream.takes('(')) throw new OraError(900, 'a query within a query');
    const owner = stream.name();
    const isQualified = stream.takes('.');
    const name = isQualified ? stream.name() : owner;
    const table =
      isQualified || name !== 'DUAL' ? this.#database.table(isQualified ? owner : 'SUITE', name) : null;
    let partition: string | null = null;
    if (stream.takes('PARTITION', '(') || stream.takes('SUBPARTITION', '(')) {
      partition = stream.name();
      stream.expect(')');
    }
    const scn = stream.takes('AS', 'OF', 'SCN') ? Number(stream.next().text) : null;
    return { table, partition, scn };
  }

  /** The one query within a query that the connector writes: values between which lie equal shares of the rows. */
  #bounds(session: StubSession, sql: string): Answer | null {
    const match =
      /^SELECT (.+) FROM \(SELECT K, NTILE\((\d+)\) OVER \(ORDER BY K\) G FROM \(SELECT (.+?) K FROM (.+?)( SAMPLE BLOCK \([\d.]+\))?( WHERE [\s\S]*)?\)\) GROUP BY G ORDER BY G$/.exec(
        sql,
      );
    if (match === null) return null;
    const [, shown = '', tiles = '', key = '', from = '', , where = ''] = match;
    const select = this.#parseSelect(`SELECT ${key} FROM ${from}${where}`);
    const [item] = select.items ?? [];
    if (item === undefined) throw new OraError(936, 'missing expression');
    const scopes = this.#chosen(session, select, []);
    const type =
      select.table === null
        ? 'VARCHAR2'
        : item.expression.type(this.#database.scopeOf(select.table, { cells: [] } as never, []));
    const values = scopes
      .map((scope) => item.expression.value(scope))
      .filter((value) => value !== null)
      .sort((a, b) => compareCells(a, b, type));
    const count = Math.min(Number(tiles), values.length);
    const firsts = Array.from({ length: count }, (_, tile) => {
      // As NTILE shares: the first groups have one more.
      const [share, more] = [Math.floor(values.length / count), values.length % count];
      return values[tile * share + Math.min(tile, more)] ?? null;
    });
    const printed = parseExpression(new TokenStream(shown.replace('MIN(K)', 'K')));
    const rows = firsts.map((value) => [
      printed.value({ column: () => ({ type, value }), bind: () => null, rowid: () => '' }),
    ]);
    const printedType = printed.type({ column: () => ({ type, value: null }) });
    return { fields: [field('K', printedType)], rows, rowCount: rows.length };
  }

  async #insert(session: StubSession, sql: string, binds: readonly Cell[]): Promise<Answer> {
    const stream = new TokenStream(sql);
    stream.expect('INSERT', 'INTO');
    const owner = stream.name();
    stream.expect('.');
    const table = this.#database.table(owner, stream.name());
    stream.expect('(');
    const names = [stream.name()];
    while (stream.takes(',')) names.push(stream.name());
    stream.expect(')');
    const rows: Cell[][] = [];
    const none = {
      column: (name: string): never => {
        throw new OraError(984, `column not allowed here: ${name}`);
      },
      rowid: () => '',
    };
    if (stream.takes('VALUES', '(')) {
      const values = [parseExpression(stream)];
      while (stream.takes(',')) values.push(parseExpression(stream));
      stream.expect(')');
      stream.end();
      const scope = { ...none, bind: (name: string) => binds[Number(name) - 1] ?? null };
      rows.push(values.map((value) => value.value(scope)));
    } else {
      const query = this.#parseSelect(sql.slice(sql.indexOf(' SELECT ') + 1));
      for (const scope of this.#chosen(session, query, binds))
        rows.push((query.items ?? []).map(({ expression }) => expression.value(scope)));
    }
    const places = table.columns.map(({ name }) => names.indexOf(name));
    if (names.some((name) => !table.columns.some((column) => column.name === name)))
      throw new OraError(904, `invalid identifier among ${names.join(', ')}`);
    const before = session.undo.length;
    try {
      for (const row of rows)
        await this.#database.insert(
          session,
          table,
          places.map((at) => (at < 0 ? null : (row[at] ?? null))),
        );
    } catch (error) {
      // A statement that fails leaves nothing of itself.
      for (const step of session.undo.splice(before).reverse()) step();
      session.redo.length = before;
      throw error;
    }
    return done(rows.length);
  }

  async #update(session: StubSession, sql: string, binds: readonly Cell[]): Promise<Answer> {
    const stream = new TokenStream(sql.replace('SEQ_NO = SEQ_NO + 1', 'SEQ_NO = SEQ_NO'));
    stream.expect('UPDATE');
    const owner = stream.name();
    stream.expect('.');
    const table = this.#database.table(owner, stream.name());
    stream.expect('SET');
    const settings: { readonly at: number; readonly to: Expression }[] = [];
    do {
      const name = stream.name();
      stream.expect('=');
      settings.push({
        at: table.columns.findIndex((column) => column.name === name),
        to: parseExpression(stream),
      });
    } while (stream.takes(','));
    const where = stream.takes('WHERE') ? parseCondition(stream) : () => true;
    stream.end();
    const found = this.#database
      .visible(table, session, null)
      .filter((version) => where(this.#database.scopeOf(table, version, binds)) === true);
    this.#database.remove(session, found);
    for (const version of found) {
      const scope = this.#database.scopeOf(table, version, binds);
      const cells = [...version.cells];
      for (const { at, to } of settings) cells[at] = to.value(scope);
      const sequence = table.columns.findIndex(({ name }) => name === 'SEQ_NO');
      if (sql.includes('SEQ_NO + 1')) cells[sequence] = String(Number(version.cells[sequence]) + 1);
      await this.#database.insert(session, table, cells);
    }
    return done(found.length);
  }

  #delete(session: StubSession, sql: string, binds: readonly Cell[]): Answer {
    const select = this.#parseSelect(sql.replace(/^DELETE FROM/, 'SELECT * FROM'));
    if (select.table === null) throw new OraError(900, 'a DELETE of no table');
    const { table, where } = select;
    const found = this.#database
      .visible(table, session, null)
      .filter((version) => where === null || where(this.#database.scopeOf(table, version, binds)) === true);
    this.#database.remove(session, found);
    return done(found.length);
  }
}
