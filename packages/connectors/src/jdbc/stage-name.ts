/** The end of every staging table's name, as the service names them. */
export const STAGE_TABLE_SUFFIX = '_cdm_stage';

/**
 * The staging table of a run: `orders_0123456789ab_cdm_stage`. The destination's part is cut where the whole would be longer
 * than a name may be; the run's key keeps it apart from all others.
 * @param sizeMax longest name, in the unit of `sizeOf`: bytes or characters.
 */
export function stageTableName(
  table: string,
  runKey: string,
  sizeMax: number,
  sizeOf: (text: string) => number,
): string {
  const end = `_${runKey}${STAGE_TABLE_SUFFIX}`;
  let begin = '';
  for (const character of table) {
    if (sizeOf(begin + character + end) > sizeMax) break;
    begin += character;
  }
  return begin + end;
}

/** Name of the column that numbers rows as they come; longer by underscores while one of the table's has it. */
export function arrivalColumnName(columnNames: readonly string[]): string {
  const taken = new Set(columnNames.map((name) => name.toLowerCase()));
  let name = '_sluice_arrival';
  while (taken.has(name)) name += '_';
  return name;
}

/** Whether a table has the name of a staging table, which is none of its schema's own. */
export function isStageName(table: string): boolean {
  return /_[0-9a-f]{12}_cdm_stage$/.test(table);
}
