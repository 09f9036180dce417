import type { KeyTexts, Repair, RepairCounts } from '@sluice/core/connector/comparison';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type CatalogTable, targetColumn } from './catalog.ts';
import { refuseChange } from './changed-values.ts';
import { encoderFor } from './encode.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Session } from './session.ts';

/** One statement takes about this much, in bytes. */
const STATEMENT_BYTES_TARGET = 256 * 1024;
/** The statement's header and the server's own slack, in bytes. */
const PACKET_RESERVE_BYTES = 64 * 1024;

/**
 * Sets rows right in one transaction: over what has their key by `ON DUPLICATE KEY UPDATE` where the key is the table's own, so
 * that rows which refer to them stay; else what has the key is deleted first.
 * @param pick the condition for rows with these keys.
 */
export async function repairRows(
  session: Session,
  table: CatalogTable,
  { side, sourceColumns, columnNames, rows, removals }: Repair,
  pick: (keys: readonly KeyTexts[]) => string,
): Promise<RepairCounts> {
  const { shape } = table;
  const target = `${shape.schema}.${shape.table}`;
  const quoted = quoteTable(shape.schema, shape.table);
  const remove = async (keys: readonly KeyTexts[]) =>
    (await session.run(`DELETE FROM ${quoted} WHERE ${pick(keys)}`, 'write', target)).rowsMatched;
  const keyNames = side.key.map(({ name }) => name.toLowerCase());
  const isOwnKey =
    keyNames.length === shape.primaryKey.length &&
    shape.primaryKey.every((name) => keyNames.includes(name.toLowerCase()));
  const rowsRemoved = removals.length === 0 ? 0 : await remove(removals);
  if (rows.length > 0) {
    if (!isOwnKey) await remove(rows.map(({ key }) => key));
    const encoders = columnNames.map((name, at) => {
      const source = sourceColumns[at];
      const found = shape.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
      if (source === undefined || found < 0)
        throw new SluiceError('Cdm.0931', {
          schema: shape.columns.map((column) => column.name).join(', '),
          result: name,
        });
      return encoderFor(source.type, targetColumn(table, found));
    });
    const names = columnNames.map(quoteName);
    const head = `INSERT INTO ${quoted} (${names.join(', ')}) VALUES `;
    const changes = names.map((name) => `${name} = VALUES(${name})`).join(', ');
    const tail = isOwnKey ? ` ON DUPLICATE KEY UPDATE ${changes}` : '';
    const literals = rows.map(
      ({ values }) => `(${encoders.map((encode, i) => encode(values[i] ?? null)).join(',')})`,
    );
    for (const part of statements(literals, session.packetBytesMax)) {
      const { warningCount } = await session.run(`${head}${part.join(',')}${tail}`, 'write', target);
      if (warningCount === 0) continue;
      for (const [, code, message] of await session.rows('SHOW WARNINGS', 'write', target))
        refuseChange(Number(code), String(message));
    }
  }
  await session.run('COMMIT', 'write', target);
  return { rowsWritten: rows.length, rowsRemoved };
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
