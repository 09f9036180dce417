import type { Static } from 'typebox';
import { answer, int32, listOf, oneOfTexts, part, text, textOrNull } from '../wire-types.ts';

/** What becomes here of something that the reference names. */
export const treatments = ['honoured', 'ignored', 'refused'] as const;
export type Treatment = (typeof treatments)[number];

const treatment = () => oneOfTexts(treatments, 'What becomes of it here.');
const why = () => textOrNull('Why it is not honoured; null where the table itself says it.');

export const CompatTotals = answer(
  'CompatTotals',
  {
    honoured: int32('Acted on; of answers: given.'),
    ignored: int32('Accepted, kept where it is a setting, and without effect.'),
    refused: int32('Not there: a request for it is refused, an answer never has it, a code is never raised.'),
    total: int32('All of them.'),
  },
  'How many of one kind there are.',
);
export type CompatTotals = Static<typeof CompatTotals>;

export const Compatibility = answer(
  'Compatibility',
  {
    reference: text('What this server is compared with.'),
    version: text('Version of this server.'),
    totals: part({
      operations: CompatTotals,
      request_members: CompatTotals,
      answer_members: CompatTotals,
      parameters: CompatTotals,
      options: CompatTotals,
      errors: CompatTotals,
      all: CompatTotals,
    }),
    operations: listOf(part({ operation_id: text(), request: text(), treatment: treatment(), why: why() })),
    request_members: listOf(part({ name: text(), treatment: treatment(), why: why() })),
    answer_members: listOf(part({ name: text(), treatment: treatment(), why: why() })),
    parameters: listOf(
      part({
        operation_id: text(),
        name: text(),
        in: oneOfTexts(['path', 'query', 'header']),
        treatment: treatment(),
        why: why(),
      }),
    ),
    options: listOf(
      part({
        connector: textOrNull('null: of every job, whatever its connectors.'),
        end: oneOfTexts(['link', 'from', 'to', 'driver']),
        name: text(),
        treatment: treatment(),
        why: why(),
      }),
    ),
    errors: listOf(part({ code: text(), treatment: treatment(), why: why() })),
  },
  'Every operation, member, parameter, setting and error code of the reference, and what becomes of it here.',
);
export type Compatibility = Static<typeof Compatibility>;
