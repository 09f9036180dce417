import { type CredentialScope, findScheme, type SigningScheme } from './signing-scheme.ts';

/** What an Authorization header of a signing algorithm claims. Nothing of it is proved yet. */
export interface SignatureClaim {
  readonly scheme: SigningScheme;
  readonly ak: string;
  /** Set when the header says `Credential=AK/date/region/service…`; null with `Access=AK`. */
  readonly scope: CredentialScope | null;
  /** The list exactly as sent: it is part of what was signed. */
  readonly signedHeaders: string;
  readonly signature: string;
}

export type ParsedAuthorization =
  /** No header, or one of another kind (Bearer, Basic): the request is to be judged by its token. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unsupported'; readonly algorithm: string }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'claim'; readonly claim: SignatureClaim };

/** Names of signing algorithms, supported or not: such a header is never passed over in favour of a token. */
const algorithmName = /^(?:SDK|V11|AWS4)-[A-Z0-9-]+$/;

/** Does the request carry a signature (of whatever algorithm) rather than only a token? */
export function carriesSignature(headers: Readonly<Record<string, string>>): boolean {
  return algorithmName.test(firstWord(headers.authorization ?? ''));
}

/** Reads `<algorithm> Access=…|Credential=…, SignedHeaders=a;b, Signature=<hex>`. */
export function parseAuthorization(header: string | undefined): ParsedAuthorization {
  const text = (header ?? '').trim();
  const algorithm = firstWord(text);
  if (!algorithmName.test(algorithm)) return { kind: 'none' };

  const fields = new Map<string, string>();
  for (const part of text.slice(algorithm.length).split(',')) {
    const equals = part.indexOf('=');
    if (equals < 0) return { kind: 'malformed' };
    const name = part.slice(0, equals).trim();
    if (fields.has(name)) return { kind: 'malformed' };
    fields.set(name, part.slice(equals + 1).trim());
  }
  const access = fields.get('Access');
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');

  const scheme = findScheme(algorithm, credential === undefined ? 'Access' : 'Credential');
  if (scheme === null) return { kind: 'unsupported', algorithm };
  if (!signedHeaders || !signature) return { kind: 'malformed' };
  if (scheme.credential === 'Access') {
    if (!access) return { kind: 'malformed' };
    return { kind: 'claim', claim: { scheme, ak: access, scope: null, signedHeaders, signature } };
  }
  const [ak, ...scopeParts] = (credential ?? '').split('/');
  const scope = scheme.readScope(scopeParts);
  if (!ak || access !== undefined || scope === null) return { kind: 'malformed' };
  return { kind: 'claim', claim: { scheme, ak, scope, signedHeaders, signature } };
}

function firstWord(text: string): string {
  const trimmed = text.trimStart();
  const blank = trimmed.search(/\s/);
  return blank < 0 ? trimmed : trimmed.slice(0, blank);
}
