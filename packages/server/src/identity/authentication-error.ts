import { SluiceError } from '@sluice/core/errors/sluice-error';

/**
 * The texts of APIGW.0301 that are published, since people search for them. They travel as the fact `detail`, which stands
 * for the whole message.
 */
const prefix = 'Incorrect IAM authentication information: ';

function refused(detail: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'APIGW.0301',
    { detail: `${prefix}${detail}` },
    cause === undefined ? {} : { cause },
  );
}

/** No Authorization of a known algorithm and no X-Auth-Token. */
export const noCredentials = (): SluiceError => refused('x-auth-token not found');
/** The token is unknown, revoked, or its user is gone. */
export const unreadableToken = (): SluiceError => refused('decrypt token fail');
/** @param expiresAt Unix milliseconds. */
export const expiredToken = (expiresAt: number): SluiceError =>
  refused(`token expires, expires_at: ${new Date(expiresAt).toISOString()}`);
/** The AK is unknown, deleted or disabled, or temporary without its security token. */
export const unknownAccessKey = (): SluiceError => refused('Get secretKey failed');
export const expiredSignature = (): SluiceError => refused('calc ak sk signature fail:signature expired');
/** @param hint what can be said without a look at the canonical request. */
export const brokenSignature = (hint: string): SluiceError => refused(`verify aksk signature fail, ${hint}`);

/** Longest canonical request that an answer repeats, in characters; the rest is left out. */
const shownLengthMax = 4096;
const secretHeader = /^(x-security-token|x-auth-token|x-subject-token|cookie):.*$/gm;

/** The signature differs: shows the canonical request as the server built it, so that the difference can be found. */
export function differentSignature(canonicalRequest: string): SluiceError {
  const lines = canonicalRequest.replace(secretHeader, '$1:******').split('\n').join('|');
  const shown = lines.length > shownLengthMax ? `${lines.slice(0, shownLengthMax)}…` : lines;
  return refused(`verify aksk signature fail, canonicalRequest:${shown}`);
}
