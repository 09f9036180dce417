/** What Node's TLS calls a certificate that it does not take (`X509_V_ERR_…` of OpenSSL). */
const certificateCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
]);

/** The drivers' own: mysql2 puts the first in the place of TLS's code. */
const driverCodes: ReadonlySet<string> = new Set(['HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT']);
const driverTexts: ReadonlySet<string> = new Set([
  'The server does not support SSL connections',
  'There was an error establishing an SSL connection',
]);

/**
 * What is wrong with TLS, in a sentence for the user.
 * @returns null for an error that is not about TLS.
 */
export function tlsComplaint(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isOfTls =
    /^ERR_(?:TLS|SSL|OSSL)_/.test(code) ||
    certificateCodes.has(code) ||
    driverCodes.has(code) ||
    driverTexts.has(error.message);
  return isOfTls ? `TLS: ${error.message}` : null;
}
