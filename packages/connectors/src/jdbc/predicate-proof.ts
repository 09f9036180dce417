import { SluiceError } from '@sluice/core/errors/sluice-error';

/**
 * A condition that a user wrote (`whereClause`) goes into statements of ours as text, for it is SQL. It is proved
 * first to be one self-contained expression, by the only judge whose opinion counts: the database's own parser.
 *
 * Two statements are shown to the parser, and both must parse, each as ONE statement:
 *
 *     A   … WHERE (        B   … {        B uses any other pair of brackets that the grammar has:
 *         <condition>          <condition>    PostgreSQL ARRAY[ … ], MySQL {x … }
 *         )                    }
 *
 * Why this is enough:
 * - Lexing. The condition starts behind a line end in the lexer's first state and only brackets of ours, never a quote,
 *   stand behind it. Had it an open quote, dollar quote or block comment, the statement would end inside of that and not
 *   parse; an open line comment ends at our line end. So its tokens are the same wherever it stands on lines of its own.
 * - Nesting. In every sentence of these grammars brackets nest. Suppose the condition closed a bracket that it did not
 *   open: the first such one would close ours, so it would have to be `)` for A and `]` or `}` for B; it is one character
 *   and cannot be both. So it closes only what it opened, and, as our own bracket still fits behind it, leaves none open.
 * - One statement. A `;` outside of brackets would make two statements of A, or leave our bracket without its partner.
 * Hence `(\n<condition>\n)` is one bracketed expression wherever an expression may stand: it cannot end the COPY ( … )
 * around it, cannot add a UNION, and an OR in it cannot reach the conditions that cut slices.
 */
export interface PredicateProof {
  /** Parses both statements and executes neither. */
  parse(sql: string): Promise<void>;
  /** Opening and closing text of A and B; nothing but brackets and constants may stand in the closing text. */
  readonly wrappers: readonly [Wrapper, Wrapper];
}

export interface Wrapper {
  readonly before: string;
  readonly after: string;
}

/** Longest condition that is taken, in characters. */
export const PREDICATE_CHARS_MAX = 100_000;

/** @throws whatever `parse` throws when the condition is not one expression; Cdm.0085 when it is too long. */
export async function provePredicate(predicate: string, proof: PredicateProof): Promise<void> {
  if (predicate.length > PREDICATE_CHARS_MAX)
    throw new SluiceError('Cdm.0085', { name: 'whereClause', max: PREDICATE_CHARS_MAX });
  if (predicate.includes('\0'))
    throw new SluiceError('Cdm.0902', { cause: 'the condition holds a NUL character' });
  for (const { before, after } of proof.wrappers) await proof.parse(`${before}\n${predicate}\n${after}`);
}

/** The condition as an expression for statements of ours. Call only after its proof. */
export function bracketed(predicate: string): string {
  return `(\n${predicate}\n)`;
}
