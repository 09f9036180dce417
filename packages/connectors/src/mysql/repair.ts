import type {
  FetchedRow,
  KeyTexts,
  Repair,
  RepairCounts,
  RowRefusal,
} from '@sluice/core/connector/comparison';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Refusal, siftRows } from '../jdbc/sift-rows.ts';
import { type CatalogTable, targetColumn } from './catalog.ts';
import { refuseChange } from './changed-values.ts';
import { encoderFor } from './encode.ts';
import { isRowRefused, serverErrorNumber } from './errors.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';
import { readUniqueKeys } from './unique-keys.ts';

/** One statement takes about this much, in bytes. */
const STATEMENT_BYTES_TARGET = 256 * 1024;
/** The statement's header and the server's own slack, in bytes. */
const PACKET_RESERVE_BYTES = 64 * 1024;
/** Around rows that may be refused. */
const PART = 'sluice_part';

/** What a repair writes with. */
interface Writing {
  readonly session: Session;
  /** `database.table`, for people. */
  readonly target: string;
  readonly quotedTable: string;
  readonly columnNames: readonly string[];
  /** A row as its literals. */
  readonly literalsOf: (row: FetchedRow) => readonly string[];
  /** The condition for rows with these keys. */
  readonly pick: (keys: readonly KeyTexts[]) => string;
}

/**
 * Sets rows right in one transaction: over what has their key, without a touch of rows with other keys. By `ON DUPLICATE KEY
 * UPDATE` where the table has that key and no other; where it has more, one row after the other, for those words would change
 * whichever row clashes in any of them. Where the key is not the table's own, what has the key is deleted first. Rows that
 * the table does not take are found by taking the lot apart, and left out.
 * @param pick the condition for rows with these keys.
 */
export async function repairRows(
  session: Session,
  table: CatalogTable,
  repair: Repair,
  pick: (keys: readonly KeyTexts[]) => string,
): Promise<RepairCounts> {
  const { shape } = table;
  const { side, rows, removals, columnNames } = repair;
  const target = `${shape.schema}.${shape.table}`;
  const quotedTable = quoteTable(shape.schema, shape.table);
  const keyNames = side.key.map(({ name }) => name.toLowerCase());
  const isOwnKey =
    keyNames.length === shape.primaryKey.length &&
    shape.primaryKey.every((name) => keyNames.includes(name.toLowerCase()));
  const remove = async (keys: readonly KeyTexts[]) =>
    (await session.run(`DELETE FROM ${quotedTable} WHERE ${pick(keys)}`, 'write', target)).rowsMatched;
  const rowsRemoved = removals.length === 0 ? 0 : await remove(removals);
  const refusals: RowRefusal[] = [];
  if (rows.length > 0) {
    const writing = { session, target, quotedTable, columnNames, pick, literalsOf: literals(table, repair) };
    const isAlone = isOwnKey && (await readUniqueKeys(session, shape.schema, shape.table)).length === 1;
    const write = async (part: readonly FetchedRow[]): Promise<void> => {
      if (isOwnKey && !isAlone) {
        for (const row of part) await updateOrInsert(writing, row);
        return;
      }
      if (!isOwnKey) await remove(part.map(({ key }) => key));
      await insertRows(writing, part, isOwnKey);
    };
    await siftRows(
      rows.length,
      table.isTransactional ? rows.length : 1,
      (from, to) => attempt(writing, () => write(rows.slice(from, to))),
      (_, { code, facts }) => refusals.push({ code, facts }),
    );
  }
  await session.run('COMMIT', 'write', target);
  return {
    rowsWritten: rows.length - refusals.length,
    rowsRemoved,
    rowsRefused: refusals.length,
    refusal: refusals[0] ?? null,
  };
}

function literals(
  table: CatalogTable,
  { columnNames, sourceColumns }: Repair,
): (row: FetchedRow) => readonly string[] {
  const { columns } = table.shape;
  const encoders = columnNames.map((name, at) => {
    const source = sourceColumns[at];
    const found = columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
    if (source === undefined || found < 0)
      throw new SluiceError('Cdm.0931', {
        schema: columns.map((column) => column.name).join(', '),
        result: name,
      });
    return encoderFor(source.type, targetColumn(table, found));
  });
  return ({ values }) => encoders.map((encode, i) => encode(values[i] ?? null));
}

/** Takes back what was done for some rows when one of them is refused. */
async function attempt({ session, target }: Writing, work: () => Promise<void>): Promise<Refusal | null> {
  await session.run(`SAVEPOINT ${PART}`, 'write', target);
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    // A refusal without a number is our own: of an encoder, or of a value that was changed on its way in.
    const isOurs = error.code === 'Cdm.0234' && !error.retry && serverErrorNumber(error) === null;
    if (!isRowRefused(error) && !isOurs) throw error;
    await session.run(`ROLLBACK TO SAVEPOINT ${PART}`, 'write', target);
    return { error, row: null };
  }
}

async function insertRows(writing: Writing, rows: readonly FetchedRow[], isOwnKey: boolean): Promise<void> {
  const { session, quotedTable, columnNames, literalsOf } = writing;
  const names = columnNames.map(quoteName);
  const head = `INSERT INTO ${quotedTable} (${names.join(', ')}) VALUES `;
  const changes = names.map((name) => `${name} = VALUES(${name})`).join(', ');
  const tail = isOwnKey ? ` ON DUPLICATE KEY UPDATE ${changes}` : '';
  const texts = rows.map((row) => `(${literalsOf(row).join(',')})`);
  for (const part of statements(texts, session.packetBytesMax))
    await change(writing, `${head}${part.join(',')}${tail}`);
}

/** A row over the one that has its primary key. A clash in another key is a refusal: that row is somebody else's. */
async function updateOrInsert(writing: Writing, row: FetchedRow): Promise<void> {
  const { session, quotedTable, columnNames, literalsOf, pick } = writing;
  const values = literalsOf(row);
  const names = columnNames.map(quoteName);
  const changes = names.map((name, at) => `${name} = ${values[at]}`).join(', ');
  const [update] = statements(
    [`UPDATE ${quotedTable} SET ${changes} WHERE ${pick([row.key])}`],
    session.packetBytesMax,
  );
  if ((await change(writing, update?.[0] ?? '')) > 0) return;
  await change(writing, `INSERT INTO ${quotedTable} (${names.join(', ')}) VALUES (${values.join(',')})`);
}

/** @returns rows that the statement found. @throws Cdm.0234 when it changed a value on its way in. */
async function change({ session, target }: Writing, sql: string): Promise<number> {
  const { rowsMatched, warningCount } = await session.run(sql, 'write', target);
  if (warningCount > 0) {
    for (const [, code, message] of await session.rows('SHOW WARNINGS', 'write', target))
      refuseChange(Number(code), String(message));
  }
  return rowsMatched;
}

/** Rows by statements. @throws Cdm.0234 for a row that no packet takes. */
function statements(rows: readonly string[], packetBytesMax: number): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = Buffer.byteLength(row) + 1;
    if (size > packetBytesMax - PACKET_RESERVE_BYTES) {
      throw new SluiceError('Cdm.0234', {
        cause: `a row takes ${size} bytes, the server's max_allowed_packet is ${packetBytesMax}`,
      });
    }
    if (bytes + size > STATEMENT_BYTES_TARGET) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
    bytes += size;
  }
  return parts;
}
