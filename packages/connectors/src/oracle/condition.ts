import { SluiceError } from '@sluice/core/errors/sluice-error';
import { bracketed, PREDICATE_CHARS_MAX } from '../jdbc/predicate-proof.ts';
import { quoteTable } from './names.ts';
import type { Session } from './session.ts';

/**
 * Proves that a user's condition is one expression over a table or result, and brackets it. Oracle's own parser is shown two
 * queries and runs neither:
 *
 *     A   SELECT 1 FROM t WHERE (        B   SELECT 1 FROM t WHERE
 *         <condition>                        <condition>
 *         )
 *
 * Oracle has no second pair of brackets for expressions, so B has none at all; that is as good. B ends with the condition: an
 * open quote or comment would not parse there, so its tokens are the same in both, and wherever it stands on lines of its
 * own. In every sentence of the grammar brackets nest, and B has none before the condition: it closes only what it opened. So in A
 * our brackets are partners, and what stands between them is what may stand in A and in B alike: a condition. What B
 * alone would take (GROUP BY, UNION, FOR UPDATE behind it), A does not; what A alone would take (a list, a query in
 * brackets), B does not. There are no two statements in one text in Oracle. Places for values are refused: they would be
 * filled with ours.
 * @throws Cdm.0902 with the server's words when it is none; Cdm.0085 when it is too long.
 */
export async function provenCondition(
  session: Session,
  from: string,
  target: string,
  where: string,
): Promise<string> {
  if (where.length > PREDICATE_CHARS_MAX)
    throw new SluiceError('Cdm.0085', { name: 'whereClause', max: PREDICATE_CHARS_MAX });
  for (const condition of [bracketed(where), `\n${where}\n`]) {
    const { bindNames } = await session.describe(`SELECT 1 FROM ${from} WHERE ${condition}`, 'read', target);
    if (bindNames.length > 0)
      throw new SluiceError('Cdm.0902', { cause: `the condition has a place for a value, :${bindNames[0]}` });
  }
  return bracketed(where);
}

/** The same over a table. */
export function provenTableCondition(
  session: Session,
  schema: string,
  table: string,
  where: string,
): Promise<string> {
  return provenCondition(session, quoteTable(schema, table), `${schema}.${table}`, where);
}
