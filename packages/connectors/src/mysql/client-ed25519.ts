import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';

/** What the server sends to be signed. */
const NONCE_BYTES = 32;
const HALF_BYTES = 32;

const { Point } = ed25519;

function sha512(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Bytes as a number, the lowest first. */
function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/**
 * Answers MariaDB's log-in method `client_ed25519`: the nonce, signed by Ed25519 with a key made of the password. The
 * password stands in the place of the 32 bytes that a private key has elsewhere, and is of any length: so no finished
 * signing function takes it, and its steps (RFC 8032, 5.1.6) are made here of the curve's own.
 */
export function ed25519Answer(password: string, nonce: Uint8Array): Buffer {
  const message = nonce.subarray(0, NONCE_BYTES);
  const expanded = sha512(Buffer.from(password, 'utf8'));
  const scalarBytes = Buffer.from(expanded.subarray(0, HALF_BYTES));
  scalarBytes[0] = (scalarBytes[0] as number) & 0b1111_1000;
  scalarBytes[31] = ((scalarBytes[31] as number) & 0b0111_1111) | 0b0100_0000;
  const order = Point.Fn.ORDER;
  const scalar = numberOf(scalarBytes) % order;
  const publicKey = Point.BASE.multiply(scalar).toBytes();
  const secret = numberOf(sha512(expanded.subarray(HALF_BYTES), message)) % order;
  const commitment = Point.BASE.multiply(secret).toBytes();
  const challenge = numberOf(sha512(commitment, publicKey, message)) % order;
  const proof = (secret + challenge * scalar) % order;
  const proofBytes = Buffer.from(proof.toString(16).padStart(2 * HALF_BYTES, '0'), 'hex').reverse();
  return Buffer.concat([commitment, proofBytes]);
}
