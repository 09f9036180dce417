import { quoteText } from './names.ts';
import type { Session } from './session.ts';

/** Strongest first. PAD SPACE collations take `a` and `a ` for one key, which other systems keep apart. */
const keyCollations = ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin', 'utf8mb4_bin'];

/** The collation for text in keys of a created table: the strongest that the server knows. */
export async function keyCollation(session: Session): Promise<string> {
  const rows = await session.rows(
    `SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN (${keyCollations.map(quoteText).join(', ')})`,
    'metadata',
    'information_schema.COLLATIONS',
  );
  const known = new Set(rows.map((row) => String(row[0])));
  return keyCollations.find((name) => known.has(name)) ?? 'utf8mb4_bin';
}
