import { errorBody, identityErrorBody } from '@sluice/contract/error-body';
import type { Language } from '@sluice/core/data/text';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { LinkCheckFailure } from '../jobs/link-service.ts';
import { Gone } from '../store/store.ts';
import { storeFailureOf } from '../store/store-failure.ts';

/** An answer that tells of an error. */
export interface ErrorReply {
  readonly status: number;
  readonly body: object;
  /** Nobody foresaw it: the log must have the original. */
  readonly isUnexpected: boolean;
}

/** An error that knows its own body: those of identity calls, which Keystone clients parse. */
export interface BodiedError extends Error {
  readonly status: number;
  toBody(): object;
}

/** What stands for an internal failure; the cause is in the log under the request's id. */
const internal = new SluiceError('Cdm.0036', {}, { status: 500 });

/**
 * Puts whatever was thrown into an answer. Identity paths outside `/v1.1` get the form that Keystone clients parse,
 * but for refused signatures, which look the same everywhere. Internals never leave: an unexpected error has one text.
 */
export function errorReply(
  thrown: unknown,
  language: Language,
  requestId: string,
  isIdentityPath: boolean,
): ErrorReply {
  if (isBodiedError(thrown)) {
    return { status: thrown.status, body: thrown.toBody(), isUnexpected: false };
  }
  if (thrown instanceof LinkCheckFailure) return linkCheckReply(thrown, language, requestId);

  const known = knownError(thrown);
  const rendered = renderError(known ?? storeError(thrown) ?? internal, language);
  const body =
    isIdentityPath && !rendered.code.startsWith('APIGW.03')
      ? identityErrorBody(rendered.status, rendered.message)
      : errorBody(rendered, requestId);
  return { status: rendered.status, body, isUnexpected: known === null };
}

/**
 * A link that failed its test: HTTP 500, the finding under the section it concerns, and the same text in the seven
 * members, because half of the clients read the one and half the other.
 */
function linkCheckReply(failure: LinkCheckFailure, language: Language, requestId: string): ErrorReply {
  const rendered = renderError(failure.finding, language);
  return {
    status: 500,
    body: {
      ...errorBody(rendered, requestId),
      'validation-result': [{ linkConfig: [{ message: rendered.message, status: 'ERROR' }] }],
    },
    isUnexpected: false,
  };
}

function knownError(thrown: unknown): SluiceError | null {
  if (thrown instanceof SluiceError) return thrown;
  // The cluster went away between two steps of the call.
  if (thrown instanceof Gone) return new SluiceError('Cdm.0001', {}, { status: 404, cause: thrown });
  return null;
}

/** Our own store does not answer, or takes nothing more: no fault of the request, and worth a line in the log. */
function storeError(thrown: unknown): SluiceError | null {
  const failure = storeFailureOf(thrown);
  if (failure === null) return null;
  return failure === 'full' ? new SluiceError('Cdm.0017', {}, { status: 500 }) : new SluiceError('Cdm.0307');
}

function isBodiedError(thrown: unknown): thrown is BodiedError {
  return (
    thrown instanceof Error &&
    'status' in thrown &&
    typeof thrown.status === 'number' &&
    'toBody' in thrown &&
    typeof thrown.toBody === 'function'
  );
}
