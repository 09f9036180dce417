import { readFileSync } from 'node:fs';
import type { RawRequest } from '../caller.ts';

/** One request as a real client signed it; see the file's `about`. */
export interface SigningVector {
  readonly id: string;
  readonly path_form: 'decoded' | 'legacy' | 'raw';
  readonly method: string;
  readonly raw_target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ak: string;
  readonly sk: string;
  readonly canonical_request: string;
  readonly authorization: string;
}

const file = new URL('./signing-vectors.json', import.meta.url);
export const signingVectors: readonly SigningVector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;

/** The request as the server would see it: header names in lower case, the Authorization header among them. */
export function vectorRequest(vector: SigningVector): RawRequest {
  const headers: Record<string, string> = { authorization: vector.authorization };
  for (const [name, value] of Object.entries(vector.headers)) headers[name.toLowerCase()] = value;
  return {
    method: vector.method,
    target: vector.raw_target,
    headers,
    body: Buffer.from(vector.body, 'utf8'),
  };
}
