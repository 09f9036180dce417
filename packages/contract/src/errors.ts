import type { Static } from 'typebox';
import { answer, text } from './wire-types.ts';

/** Three codes that are equal, three messages that are equal, none of them empty: every client finds its own pair. */
export const CdmErrorMembers = {
  errCode: text(),
  externalMessage: text(),
  code: text(),
  message: text(),
  error_code: text(),
  error_msg: text(),
  request_id: text('Id of the request, as in the header X-Request-Id.'),
};

export const CdmError = answer('CdmError', CdmErrorMembers);
export type CdmError = Static<typeof CdmError>;
