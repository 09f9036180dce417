/**
 * Routing happens on a target of our own making, so that every spelling of one path meets the same route:
 * doubled and trailing slashes are dropped, each segment is decoded leniently and encoded again, and a link's or job's
 * name takes everything up to the known suffix, because some clients leave slashes in names bare.
 * The target as it came stays beside it: signatures are made over that.
 */
export function routedTarget(target: string): string {
  const { path, query } = splitTarget(target);
  const segments = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeLeniently);
  const encoded = withWholeNames(segments).map(encodeURIComponent);
  return `/${encoded.join('/')}${query === '' ? '' : `?${query}`}`;
}

/** Path and query of a request target, as they came; of an absolute target too, which proxies send. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const origin = /^https?:\/\/[^/?#]*/i.exec(target);
  const local = origin === null ? target : target.slice(origin[0].length);
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/** What may stand behind a job's name. */
const jobSuffixes: ReadonlySet<string> = new Set(['start', 'stop', 'status']);

/** `v1.1 / project / clusters / cluster / cdm / link or job / name …`: the name is one segment again. */
function withWholeNames(segments: readonly string[]): readonly string[] {
  const kind = segments[5];
  if (segments[0] !== 'v1.1' || segments[2] !== 'clusters' || segments[4] !== 'cdm') return segments;
  if ((kind !== 'link' && kind !== 'job') || segments.length <= 7) return segments;
  const last = segments.at(-1) ?? '';
  const hasSuffix = kind === 'job' && jobSuffixes.has(last);
  const name = segments.slice(6, hasSuffix ? -1 : undefined).join('/');
  return [...segments.slice(0, 6), name, ...(hasSuffix ? [last] : [])];
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** ASCII without an escape: what nearly every segment is. */
const plain = /^[\w.~-]*$/;

/**
 * Decodes `%41`; what is no escape stays as it is, and so does the whole segment when the bytes are no UTF-8.
 * Characters above 0x7F are bytes that the client did not escape.
 */
export function decodeLeniently(segment: string): string {
  if (plain.test(segment)) return segment;
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at++) {
    const digits = segment[at] === '%' ? segment.slice(at + 1, at + 3) : '';
    if (/^[0-9a-f]{2}$/i.test(digits)) {
      bytes.push(Number.parseInt(digits, 16));
      at += 2;
    } else {
      bytes.push(segment.charCodeAt(at) & 0xff);
    }
  }
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return segment;
  }
}
