/**
 * Why a sign-in was refused, in the words that gateways of this kind have published: people search for them, so they
 * stay English and letter for letter. Each is the `cause` of APIGW.0301.
 */
export const refusedSignIn = {
  /** The signature differs. What was signed may follow: see `withCanonicalRequest`. */
  signatureMismatch: 'verify aksk signature fail',
  /** Too many failures in a row: the key is blocked for a while. */
  keyBlocked: 'AK access failed to reach the limit,forbidden',
  /** The date of the request is too far from the server's clock. */
  signatureExpired: 'calc ak sk signature fail:signature expired',
  /** The key is unknown or deleted, or temporary and without its security token. */
  keyUnknown: 'Get secretKey failed',
  /** The token cannot be read, is unknown or has expired. */
  tokenUnreadable: 'decrypt token fail',
} as const;

/** What stands before each of them in the published message. */
export const refusedSignInPrefix = 'Incorrect IAM authentication information: ';

/**
 * The cause of a mismatch with the canonical request as this side built it, so that the difference can be found.
 * @param canonicalRequest lines joined by line feeds, the value of X-Security-Token already masked.
 */
export function withCanonicalRequest(canonicalRequest: string): string {
  return `${refusedSignIn.signatureMismatch}, canonicalRequest:${canonicalRequest.replaceAll('\n', '|')}`;
}
