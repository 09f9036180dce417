// Messages of PostgreSQL's protocol, as a session writes and reads them when no rows are streamed.

/** A message to the server: its letter, its length and its body. */
export function frame(type: string, body: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(5 + body.length);
  buffer[0] = type.charCodeAt(0);
  buffer.writeUInt32BE(4 + body.length, 1);
  body.copy(buffer, 5);
  return buffer;
}

/** @throws RangeError for a text with NUL: the server would read what follows it as the next field. */
export function cstring(text: string): Buffer {
  if (text.includes('\0')) throw new RangeError('a statement holds NUL');
  return Buffer.from(`${text}\0`, 'utf8');
}

/** The body of Bind for the unnamed statement: parameters and results as text. */
export function bindBody(parameters: readonly (string | null)[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0, 0, 0, 0])];
  const count = Buffer.alloc(2);
  count.writeUInt16BE(parameters.length);
  parts.push(count);
  for (const parameter of parameters) {
    const size = Buffer.alloc(4);
    if (parameter === null) {
      size.writeInt32BE(-1);
      parts.push(size);
      continue;
    }
    const bytes = Buffer.from(parameter, 'utf8');
    size.writeInt32BE(bytes.length);
    parts.push(size, bytes);
  }
  parts.push(Buffer.from([0, 0]));
  return Buffer.concat(parts);
}

/** The values of a DataRow as the server prints them. */
export function readDataRow(body: Buffer): (string | null)[] {
  const count = body.readUInt16BE(0);
  const row: (string | null)[] = [];
  let at = 2;
  for (let i = 0; i < count; i++) {
    const size = body.readInt32BE(at);
    at += 4;
    if (size < 0) row.push(null);
    else {
      row.push(body.toString('utf8', at, at + size));
      at += size;
    }
  }
  return row;
}
