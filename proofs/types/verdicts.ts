import type { Loss } from '@sluice/core/data/loss';
import { familyOf, type System } from './columns.ts';
import type { End } from './ends.ts';
import { isIdentical } from './judge.ts';
import { type Printed, printQuery, textOf, typeQuery } from './printing.ts';
import type { Outcome } from './torture.ts';

/** What became of one value on one way. */
export interface Verdict {
  readonly from: System;
  readonly to: System;
  readonly sourceType: string;
  /** Type of the destination's column as its catalog says; null: the plan refused the pair, and there is none. */
  readonly targetType: string | null;
  /** The column was created by the job. */
  readonly isCreated: boolean;
  readonly form: string | null;
  /** The literal that the source was filled with. */
  readonly literal: string;
  readonly kind: 'identical' | 'refused' | 'CHANGED' | 'MISSING';
  /** Why it was refused, or what it became. */
  readonly reason: string;
  readonly losses: readonly Loss[];
}

/** Columns `v` as the database itself prints them: by table, then by row. */
export type PrintedTables = ReadonlyMap<string, ReadonlyMap<number, Printed>>;

/** Has a database print the column `v` of all its tables that begin with a prefix. */
export async function printTables(end: End, prefix: string): Promise<PrintedTables> {
  const types = new Map<string, string>();
  for (const [table = '', type = ''] of await end.client.run([typeQuery(end.system, end.schema, prefix)]))
    types.set(table, type);
  const printed = new Map<string, Map<number, Printed>>();
  for (const table of types.keys()) printed.set(table, new Map());
  const queries = [...types].map(([table, type]) => printQuery(end.system, table, type));
  for (const [table = '', id = '', text = ''] of await end.client.run(queries)) {
    const type = types.get(table) ?? '';
    printed.get(table)?.set(Number(id), { family: familyOf(end.system, type), type, text: textOf(text) });
  }
  return printed;
}

/**
 * Judges every value of an outcome.
 * @param types types of the destination's columns by table, for tables that hold no row.
 */
export function judge(
  outcome: Outcome,
  ends: { readonly from: System; readonly to: System },
  sources: PrintedTables,
  targets: PrintedTables,
): readonly Verdict[] {
  const { pairing, form, planRefusal, refusals, losses } = outcome;
  const { column, into } = pairing;
  const source = sources.get(pairing.from);
  const target = targets.get(pairing.to);
  return column.values.map((literal, at): Verdict => {
    const id = at + 1;
    const before = source?.get(id);
    const after = target?.get(id);
    const common = {
      ...ends,
      sourceType: column.type,
      targetType: after?.type ?? into,
      isCreated: into === null,
      form,
      literal,
      losses,
    };
    const refusal = planRefusal ?? refusals.get(id);
    if (before === undefined) throw new Error(`the source has no ${literal} as ${column.type}`);
    if (refusal !== undefined) {
      // A row that was refused must not be there all the same.
      if (after !== undefined)
        return { ...common, kind: 'CHANGED', reason: `refused, and there: ${after.text}` };
      return { ...common, kind: 'refused', reason: refusal };
    }
    if (after === undefined) return { ...common, kind: 'MISSING', reason: 'the job succeeded without it' };
    const declared = declaredFamily(before, column.family);
    const wanted = into !== null && /^json/i.test(into) ? { ...after, family: 'json' as const } : after;
    if (isIdentical(declared, wanted)) return { ...common, kind: 'identical', reason: '' };
    return { ...common, kind: 'CHANGED', reason: `${before.text} became ${after.text}` };
  });
}

/** MariaDB's catalog calls JSON a LONGTEXT; what was declared is what is meant. */
function declaredFamily(printed: Printed, family: Printed['family']): Printed {
  return family === 'json' ? { ...printed, family } : printed;
}
