import type { Static, TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';

/** The first thing in a document that does not fit its schema. */
export interface SchemaComplaint {
  /** The member, `links.0.name`; empty: the document itself. */
  readonly member: string;
  /** English: `must be string`. */
  readonly message: string;
}

/** Whether a document fits a schema of the contract. */
export function fitsSchema<Schema extends TSchema>(
  schema: Schema,
  document: unknown,
): document is Static<Schema> {
  return Check(schema, document);
}

/** @param document one that does not fit. */
export function complaintOf(schema: TSchema, document: unknown): SchemaComplaint {
  const [first] = Errors(schema, document);
  return {
    member: (first?.instancePath ?? '').split('/').filter(Boolean).join('.'),
    message: first?.message ?? 'does not fit',
  };
}
