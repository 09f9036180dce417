/**
 * The canonical request: the text that client and server must build alike. Runs in a browser.
 *
 *   METHOD \n URI \n QUERY \n header:value \n … \n \n SIGNEDHEADERS \n PAYLOADHASH
 *
 * All text here is "binary": one character per byte, as Node delivers header values. Raw UTF-8 bytes and their
 * percent-encoded form therefore meet in the same encoding. (In a request target Node's own parser refuses such bytes.)
 */

/** How clients turn the path on the wire into the canonical URI; see `canonicalUri`. */
export type PathForm = 'decoded' | 'legacy' | 'raw';

/** In the order in which they are tried. */
export const everyPathForm: readonly PathForm[] = ['decoded', 'legacy', 'raw'];

const byteCount = 256;
const unreserved = /[A-Za-z0-9\-_.~]/;
/** What an old URL parser escapes by itself, before the client encodes the result once more. */
const escapedTwice = ' \r\n\t"\'<>`{}|\\^';

const escapes: readonly string[] = Array.from(
  { length: byteCount },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

function encodingTable(keep: RegExp, twice: string): readonly string[] {
  return escapes.map((percent, byte) => {
    const char = String.fromCharCode(byte);
    if (twice.includes(char)) return `%25${percent.slice(1)}`;
    return keep.test(char) ? char : percent;
  });
}

const strictTable = encodingTable(unreserved, '');
const pathTable = encodingTable(/[A-Za-z0-9\-_.~/]/, '');
const legacyPathTable = encodingTable(/[A-Za-z0-9\-_.~/]/, escapedTwice);

function encode(binary: string, table: readonly string[]): string {
  let out = '';
  for (let i = 0; i < binary.length; i += 1) out += table[binary.charCodeAt(i)] ?? '';
  return out;
}

/** Malformed escapes (`50%`) stay as they are. */
function percentDecode(binary: string): string {
  if (!binary.includes('%')) return binary;
  return binary.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Text as bytes, one per character. Text that came from Node's parser is so already; anything wider is UTF-8 encoded. */
export function toBinary(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) > 0xff) {
      let binary = '';
      for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
      return binary;
    }
  }
  return text;
}

/** @param target the request target as on the wire; of an absolute one, as proxies send it, the origin is left out. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/** Whether a path reads the same in every form, as that of nearly every request does. */
export function isPlainPath(path: string): boolean {
  return /^[\w\-.~/]*$/.test(path);
}

/**
 * - `decoded`: decode, encode each segment. All clients, for ordinary names.
 * - `legacy`: as `decoded`, but blanks, quotes, brackets and their like come out escaped twice. Node, for names that hold one.
 * - `raw`: encode what stands on the wire without decoding. Java and Node, for names that hold `%41` and the like.
 *
 * A slash ends the result, added where missing. An encoded slash becomes a plain one here; routing must keep it apart.
 */
export function canonicalUri(path: string, form: PathForm): string {
  const binary = toBinary(path);
  const uri =
    form === 'raw'
      ? encode(binary, pathTable)
      : encode(percentDecode(binary), form === 'legacy' ? legacyPathTable : pathTable);
  return uri.endsWith('/') ? uri : `${uri}/`;
}

/**
 * The canonical query. Clients agree on the encoding and on sorting by name, then value, but not on whether they sort
 * before or after encoding. Where that makes a difference both results are returned; the pairs are the same, so accepting
 * either gives nothing away.
 */
export function canonicalQueries(query: string): readonly [string, ...string[]] {
  const pairs = toBinary(query)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = decodeQueryPart(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decodeQueryPart(pair.slice(equals + 1));
      return {
        name,
        value,
        encodedName: encode(name, strictTable),
        encodedValue: encode(value, strictTable),
      };
    });
  const join = (sorted: typeof pairs) => sorted.map((p) => `${p.encodedName}=${p.encodedValue}`).join('&');
  const byEncoded = join(
    pairs.toSorted(
      (a, b) => compare(a.encodedName, b.encodedName) || compare(a.encodedValue, b.encodedValue),
    ),
  );
  const byBytes = join(pairs.toSorted((a, b) => compare(a.name, b.name) || compare(a.value, b.value)));
  return byEncoded === byBytes ? [byEncoded] : [byEncoded, byBytes];
}

/** In a query a plus sign is a blank; in a path it is a plus sign. */
function decodeQueryPart(part: string): string {
  return percentDecode(part.replaceAll('+', ' '));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * One line per name in the order of the list. A header that is listed and absent counts as empty: its signature then fits
 * only if the client signed an empty value, which some transports drop.
 */
export function canonicalHeaders(signedHeaders: string, headers: Readonly<Record<string, string>>): string {
  let block = '';
  for (const name of signedHeaders.split(';')) {
    const lower = name.toLowerCase();
    const value = Object.hasOwn(headers, lower) ? (headers[lower] ?? '') : '';
    block += `${lower}:${toBinary(value).trim()}\n`;
  }
  return block;
}
