import { refusedSignIn, withCanonicalRequest } from '@sluice/core/errors/gateway-texts';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Every refusal is an APIGW.0301 whose `cause` has the published words where there are some: people search for them. */
function refused(cause: string): SluiceError {
  return new SluiceError('APIGW.0301', { cause });
}

/** No Authorization of a known algorithm and no X-Auth-Token. Published, too. */
export const noCredentials = (): SluiceError => refused('x-auth-token not found');
/** The token is unknown, revoked, or its user is gone. */
export const unreadableToken = (): SluiceError => refused(refusedSignIn.tokenUnreadable);
/** Published, too. @param expiresAt Unix milliseconds. */
export const expiredToken = (expiresAt: number): SluiceError =>
  refused(`token expires, expires_at: ${new Date(expiresAt).toISOString()}`);
/** The AK is unknown, deleted or disabled, or temporary without its security token. */
export const unknownAccessKey = (): SluiceError => refused(refusedSignIn.keyUnknown);
export const expiredSignature = (): SluiceError => refused(refusedSignIn.signatureExpired);
/** @param hint what can be said without a look at the canonical request. */
export const brokenSignature = (hint: string): SluiceError =>
  refused(`${refusedSignIn.signatureMismatch}, ${hint}`);

/** Headers that a client may have signed and that nobody must read in an answer or a log. */
const secretHeader = /^(x-security-token|x-auth-token|x-subject-token|cookie):.*$/gm;

/** The signature differs: shows the canonical request as the server built it, so that the difference can be found. */
export function differentSignature(canonicalRequest: string): SluiceError {
  return refused(withCanonicalRequest(canonicalRequest.replace(secretHeader, '$1:******')));
}
