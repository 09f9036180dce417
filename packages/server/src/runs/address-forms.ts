import { isIP } from 'node:net';

/** Prefixes of IPv6 addresses that carry an IPv4 address, in 16-bit groups, and the group in which that begins. */
const carriers: readonly (readonly [prefix: readonly number[], at: number])[] = [
  /** Compatible, ::a.b.c.d: no longer used, and still taken by some. */
  [[0, 0, 0, 0, 0, 0], 6],
  /** Translated, ::ffff:0:a.b.c.d (RFC 2765). */
  [[0, 0, 0, 0, 0xffff, 0], 6],
  /** NAT64, 64:ff9b::a.b.c.d (RFC 6052): a gateway connects to the IPv4 address. */
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  /** 6to4, 2002:ab:cd::/48 (RFC 3056): the same. */
  [[0x2002], 1],
];

/**
 * Other addresses that a connection to this one may reach: the IPv4 address within an IPv6 one, and this machine for the
 * unspecified address, which systems connect to themselves.
 */
export function otherFormsOf(address: string): readonly string[] {
  const version = isIP(address);
  if (version === 4) return address.startsWith('0.') ? ['127.0.0.1'] : [];
  if (version !== 6) return [];
  const groups = groupsOf(address);
  if (groups.every((group) => group === 0)) return ['::1', '127.0.0.1'];
  return carriers.flatMap(([prefix, at]) => {
    if (!prefix.every((group, i) => groups[i] === group)) return [];
    const [high = 0, low = 0] = groups.slice(at);
    const inner = [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
    return [inner, ...otherFormsOf(inner)];
  });
}

/** The eight groups of an IPv6 address, without its zone. */
function groupsOf(address: string): readonly number[] {
  const [bare = ''] = address.split('%');
  // The URL parser writes every form as hexadecimal groups, an IPv4 tail included.
  const written = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [head = '', tail] = written.split('::');
  const left = partsOf(head);
  const right = partsOf(tail ?? '');
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function partsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
