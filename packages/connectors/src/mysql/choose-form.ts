import type { SinkAgreement, SourceOffer } from '@sluice/core/connector/contract';
import type { SqlConflict } from '../jdbc/sql-options.ts';
import { agreeBulk } from './bulk/bulk-agreement.ts';
import { encoderInWords } from './bulk/open-encoder.ts';
import type { TargetColumn } from './encode.ts';
import type { Session } from './session.ts';

/** Why nothing goes to this server in bulk. */
export const noBulk =
  'the server takes no bulk commands, which MariaDB does since 10.2, and no LOAD DATA from here (local_infile is off)';

/** Why rows that may change others do not go in bulk to this server. */
export const noBulkUpdate =
  'LOAD DATA can replace a row that is there, but not update it, and the server takes no bulk commands';

/** Binary where everything can be, and says why otherwise. @param conflict what becomes of a row that clashes. */
export function chooseForm(
  session: Pick<Session, 'offersBulk' | 'takesLines'>,
  offer: SourceOffer,
  targets: readonly TargetColumn[],
  conflict: SqlConflict = 'refuse',
): Pick<SinkAgreement, 'projection' | 'reason' | 'convertsBytes'> {
  const bulk =
    session.offersBulk || (session.takesLines && conflict !== 'update')
      ? agreeBulk(offer, targets)
      : { columns: null, reason: session.takesLines ? noBulkUpdate : noBulk };
  if (bulk.columns !== null) {
    return {
      projection: { form: 'pgcopy-binary', columns: bulk.columns },
      reason: session.offersBulk
        ? `MariaDB takes all columns in binary form, as bulk commands; ${encoderInWords()}${printed(bulk.asText)}`
        : `all columns go as lines of LOAD DATA, which the server takes from here (local_infile is on)${printed(bulk.asText)}`,
      convertsBytes: true,
    };
  }
  return {
    projection: { form: 'rows', columns: offer.columns.map(({ name }) => ({ name, cast: null })) },
    reason: `rows as INSERT statements: ${bulk.reason}`,
  };
}

/** Names of columns in one reason at most. */
const NAMED_COLUMNS_MAX = 5;

function printed(columns: readonly string[]): string {
  if (columns.length === 0) return '';
  const more = columns.length - NAMED_COLUMNS_MAX;
  const named = columns.slice(0, NAMED_COLUMNS_MAX).join(', ');
  return `; as text, printed by the source: ${named}${more > 0 ? ` and ${more} more` : ''}`;
}
