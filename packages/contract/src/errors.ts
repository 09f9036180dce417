import type { Static } from 'typebox';
import { answer, text } from './wire-types.ts';

/** Three codes that are equal, three messages that are equal, none of them empty: every client finds its own pair. */
export const CdmErrorMembers = {
  errCode: text('Code of the error, read by Terraform and by scripts.'),
  externalMessage: text('One sentence on what is wrong.'),
  code: text('Equal to errCode.'),
  message: text('Equal to externalMessage.'),
  error_code: text('Equal to errCode; the spelling that most client libraries look for first.'),
  error_msg: text('Equal to externalMessage.'),
  request_id: text('Id of the request, as in the header X-Request-Id.'),
};

export const CdmError = answer('CdmError', CdmErrorMembers, 'What every answer from status 400 on holds.');
export type CdmError = Static<typeof CdmError>;
