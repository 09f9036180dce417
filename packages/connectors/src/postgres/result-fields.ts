/** One column of a result, as the server describes it before it runs the statement. */
export interface ResultField {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
}

/** What a statement takes and gives. `fields` null: it returns no rows. */
export interface StatementShape {
  readonly parameterCount: number;
  readonly fields: readonly ResultField[] | null;
}

/** RowDescription: after each name its table, its place there, its type, length, modifier and format. */
export function readFields(body: Buffer): readonly ResultField[] {
  const count = body.readUInt16BE(0);
  const fields: ResultField[] = [];
  let at = 2;
  for (let i = 0; i < count; i++) {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    fields.push({ name, typeOid: body.readUInt32BE(end + 7), typeModifier: body.readInt32BE(end + 13) });
    at = end + 19;
  }
  return fields;
}
