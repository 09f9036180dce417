import { complaintOf, fitsSchema } from '@sluice/contract/schema-complaint';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Call } from './call.ts';

/** Longest part of a member's name that an error repeats. */
const memberCharsMax = 200;

/**
 * The body of a call of our own API, held against the schema of its operation. No body counts as an empty object.
 * @throws Cdm.0014 (400) naming the first member that does not fit.
 */
export function checkedBody<Schema extends Parameters<typeof complaintOf>[0]>(call: Call, schema: Schema) {
  const body = call.json() ?? {};
  if (fitsSchema(schema, body)) return body;
  const { member, message } = complaintOf(schema, body);
  throw new SluiceError(
    'Cdm.0014',
    {
      name: member === '' ? 'body' : member.slice(0, memberCharsMax),
      ...explained({ en: `It ${message}.`, zh: `与 API 说明不符（${message}）。` }),
    },
    { status: 400 },
  );
}
