import { type Cell, compareCells, OraError, type Scope, type StubType } from './sql-expressions-suite.ts';

/** A column as a test declares it. */
export interface StubColumn {
  readonly name: string;
  readonly type: StubType;
  /** Of texts and bytes. */
  readonly length?: number;
  readonly countsCharacters?: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly isNotNull?: boolean;
  readonly isVirtual?: boolean;
}

/** A row as it was from one commit to another. */
interface Version {
  readonly rowid: string;
  readonly cells: readonly Cell[];
  /** Who wrote it and has not committed; null: nobody. */
  bornBy: StubSession | null;
  bornAt: number;
  /** The same of who took it away. */
  goneBy: StubSession | null;
  goneAt: number;
}

export interface StubTable {
  readonly owner: string;
  readonly name: string;
  readonly columns: readonly StubColumn[];
  readonly primaryKey: readonly string[];
  readonly versions: Version[];
  /** Blocks by the statistics; null: none were made. */
  blocks: number | null;
  /** Rows of a block, for the addresses. */
  readonly rowsPerBlock: number;
  /** Names of partitions, and whose a row is; none: it has no partitions. */
  readonly partitions: readonly string[];
  partitionOf(cells: readonly Cell[]): string;
}

/** One session at the server. */
export interface StubSession {
  readonly id: number;
  identifier: string | null;
  isEnded: boolean;
  /** Ends the socket. */
  end(): void;
  /** What is undone when the transaction is rolled back, last first. */
  readonly undo: (() => void)[];
  readonly redo: ((scn: number) => void)[];
}

const addressDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** An address in Oracle's form: object, file, block, row. Later rows have greater ones. */
function addressOf(object: number, block: number, row: number): string {
  const digits = (value: number, count: number) => {
    let text = '';
    for (let left = value; text.length < count; left = Math.floor(left / 64))
      text = `${addressDigits[left % 64]}${text}`;
    return text;
  };
  return `${digits(object, 6)}${digits(1, 3)}${digits(block, 6)}${digits(row, 3)}`;
}

/** Tables, rows in versions, transactions and the locks of keys. A stand-in for tests. */
export class StubDatabase {
  readonly tables = new Map<string, StubTable>();
  readonly sessions = new Set<StubSession>();
  /** What sessions were told to run, in order. */
  readonly statements: string[] = [];
  /** Rights that the user has not: texts of statements that are answered with ORA-01031. */
  readonly denied: RegExp[] = [];
  scn = 1_000;
  #addresses = 0;

  makeTable(wish: {
    readonly owner?: string;
    readonly name: string;
    readonly columns: readonly StubColumn[];
    readonly primaryKey?: readonly string[];
    readonly blocks?: number | null;
    readonly partitions?: readonly string[];
    readonly partitionOf?: (cells: readonly Cell[]) => string;
  }): StubTable {
    const table: StubTable = {
      owner: wish.owner ?? 'SUITE',
      name: wish.name,
      columns: wish.columns,
      primaryKey: wish.primaryKey ?? [],
      versions: [],
      blocks: wish.blocks ?? null,
      rowsPerBlock: 50,
      partitions: wish.partitions ?? [],
      partitionOf: wish.partitionOf ?? (() => ''),
    };
    this.tables.set(`${table.owner}.${table.name}`, table);
    return table;
  }

  /** @throws OraError 942. */
  table(owner: string, name: string): StubTable {
    const found = this.tables.get(`${owner}.${name}`);
    if (found === undefined) throw new OraError(942, 'table or view does not exist');
    return found;
  }

  /** Rows as everybody sees them, or as one session does, or as they were. */
  visible(table: StubTable, session: StubSession | null, scn: number | null): readonly Version[] {
    return table.versions.filter((version) => {
      if (scn !== null)
        return (
          version.bornBy === null &&
          version.bornAt <= scn &&
          (version.goneAt > scn || version.goneBy !== null)
        );
      const isBorn = version.bornBy === null || version.bornBy === session;
      const isGone =
        version.goneAt !== Number.POSITIVE_INFINITY ||
        (version.goneBy !== null && version.goneBy === session);
      return isBorn && !isGone;
    });
  }

  scopeOf(table: StubTable, { cells, rowid }: Version, binds: readonly Cell[]): Scope {
    return {
      column: (name) => {
        const at = table.columns.findIndex((column) => column.name === name);
        const column = table.columns[at];
        if (column === undefined) throw new OraError(904, `"${name}": invalid identifier`);
        return { type: column.type, value: cells[at] ?? null };
      },
      bind: (name) => binds[Number(name) - 1] ?? null,
      rowid: () => rowid,
    };
  }

  /** Adds rows of a test's own, committed. */
  fill(table: StubTable, rows: readonly (readonly Cell[])[]): void {
    this.scn += 1;
    for (const cells of rows) table.versions.push(this.#version(table, cells, null));
  }

  #version(table: StubTable, cells: readonly Cell[], bornBy: StubSession | null): Version {
    const at = this.#addresses++;
    const rowid = addressOf(70_000, Math.floor(at / table.rowsPerBlock), at % table.rowsPerBlock);
    const bornAt = bornBy === null ? this.scn : Number.POSITIVE_INFINITY;
    return { rowid, cells, bornBy, bornAt, goneBy: null, goneAt: Number.POSITIVE_INFINITY };
  }

  /** Writes a row into the session's transaction; waits for another's that has the same key under way. */
  async insert(session: StubSession, table: StubTable, given: readonly Cell[]): Promise<void> {
    const cells = table.columns.map((column, at) => fitted(table, column, given[at] ?? null));
    for (;;) {
      const rival = this.#rivalOf(session, table, cells);
      if (rival === null) break;
      if (rival === 'taken')
        throw new OraError(1, `unique constraint (${table.owner}.${table.name}_PK) violated`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (session.isEnded) throw new OraError(28, 'your session has been killed');
    }
    const version = this.#version(table, cells, session);
    table.versions.push(version);
    session.undo.push(() => table.versions.splice(table.versions.indexOf(version), 1));
    session.redo.push((scn) => {
      version.bornBy = null;
      version.bornAt = scn;
    });
  }

  #rivalOf(session: StubSession, table: StubTable, cells: readonly Cell[]): 'taken' | 'under way' | null {
    if (table.primaryKey.length === 0) return null;
    const places = table.primaryKey.map((name) => table.columns.findIndex((column) => column.name === name));
    const isSame = (other: readonly Cell[]) =>
      places.every((at) => {
        const [a, b] = [cells[at] ?? null, other[at] ?? null];
        return a !== null && b !== null && compareCells(a, b, table.columns[at]?.type ?? 'VARCHAR2') === 0;
      });
    for (const version of table.versions) {
      if (version.goneAt !== Number.POSITIVE_INFINITY || version.goneBy === session || !isSame(version.cells))
        continue;
      if (version.bornBy === null || version.bornBy === session)
        return version.goneBy === null ? 'taken' : 'under way';
      return 'under way';
    }
    return null;
  }

  remove(session: StubSession, rows: readonly Version[]): void {
    for (const version of rows) {
      version.goneBy = session;
      session.undo.push(() => {
        version.goneBy = null;
      });
      session.redo.push((scn) => {
        version.goneBy = null;
        version.goneAt = scn;
      });
    }
  }

  commit(session: StubSession): void {
    this.scn += 1;
    for (const step of session.redo.splice(0)) step(this.scn);
    session.undo.length = 0;
  }

  rollback(session: StubSession): void {
    for (const step of session.undo.splice(0).reverse()) step();
    session.redo.length = 0;
  }

  /** A session is gone, with its transaction. */
  forget(session: StubSession): void {
    session.isEnded = true;
    this.rollback(session);
    this.sessions.delete(session);
  }
}

const isText = (type: StubType) => ['VARCHAR2', 'CHAR', 'NVARCHAR2', 'NCHAR'].includes(type);

/** A value as the column keeps it. @throws OraError what the server says of one that it does not take. */
function fitted(table: StubTable, column: StubColumn, cell: Cell): Cell {
  const name = `"${table.owner}"."${table.name}"."${column.name}"`;
  if (cell === null || cell === '') {
    if (column.isNotNull === true) throw new OraError(1400, `cannot insert NULL into (${name})`);
    return null;
  }
  const { type, length = 4000 } = column;
  if (isText(type)) {
    const text = String(cell);
    const isByCharacter = column.countsCharacters === true || type === 'NVARCHAR2' || type === 'NCHAR';
    const actual = isByCharacter ? [...text].length : Buffer.byteLength(text);
    if (actual > length)
      throw new OraError(
        12_899,
        `value too large for column ${name} (actual: ${actual}, maximum: ${length})`,
      );
    return type === 'CHAR' || type === 'NCHAR' ? text.padEnd(length) : text;
  }
  if (type === 'NUMBER') return fittedNumber(column, String(cell));
  if (type === 'DATE') return `${String(cell).split('.')[0]}.000000000`;
  return cell;
}

function fittedNumber({ precision, scale = 0 }: StubColumn, text: string): Cell {
  const number = Number(text);
  if (Number.isNaN(number)) throw new OraError(1722, 'invalid number');
  if (precision === undefined) return text;
  if (Math.abs(number) >= 10 ** (precision - scale))
    throw new OraError(1438, 'value larger than specified precision allowed for this column');
  const places = /\.(\d*)/.exec(text)?.[1]?.length ?? 0;
  // Rounded without a word, as the server does: a test sees it.
  return places > scale ? number.toFixed(Math.max(0, scale)) : text;
}
