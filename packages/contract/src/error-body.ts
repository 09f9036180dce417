import type { CdmError } from './errors.ts';

/** What a body needs of an error that has been put into words. */
export interface RenderedText {
  readonly code: string;
  readonly message: string;
}

/**
 * The error body of `/v1.1/**`, authentication failures included: seven texts, none empty. It goes out with
 * `Content-Type: application/json` and the same id in `X-Request-Id`, because clients read the id from there only.
 */
export function errorBody(rendered: RenderedText, requestId: string): CdmError {
  const { code, message } = rendered;
  if (code === '' || message === '' || requestId === '') {
    throw new TypeError('an error body has no empty member');
  }
  return {
    error_code: code,
    error_msg: message,
    errCode: code,
    externalMessage: message,
    code,
    message,
    request_id: requestId,
  };
}

/** The error body of the identity calls (`/v3`), which Keystone clients parse: the code is the HTTP status, a number. */
export interface IdentityErrorBody {
  readonly error: { readonly code: number; readonly message: string; readonly title: string };
}

/** Reason phrases of the statuses that identity calls answer. */
const titles: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'Request Entity Too Large'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
]);

/** @param status HTTP status from 400 on. */
export function identityErrorBody(status: number, message: string): IdentityErrorBody {
  const title = titles.get(status) ?? (status < 500 ? 'Bad Request' : 'Internal Server Error');
  return { error: { code: status, message, title } };
}
