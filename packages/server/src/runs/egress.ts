import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { HostAddress } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { otherFormsOf } from './address-forms.ts';

/** Which addresses links may name. Ranges are written `10.0.0.0/8` or `fd00::/8`. */
export interface EgressRules {
  /** Empty: every address that `deny` does not hold. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Link-local addresses: the metadata services of clouds live there, and hand out credentials; some live elsewhere. */
export const egressDenyDefault: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
];

/** This machine itself. */
const loopback = blockListOf(['127.0.0.0/8', '::1/128']);

/** @returns the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/**
 * The one place that decides whether a link may point at an address: asked when a link is saved, for an early answer, and by
 * every worker at the moment in which it connects, for a name may lead elsewhere by then.
 */
export class Egress {
  readonly #allow: BlockList | null;
  readonly #deny: BlockList;
  readonly #resolve: Resolve;

  /** @throws RangeError when a range is malformed. */
  constructor(rules: EgressRules, resolve: Resolve = resolveBySystem) {
    this.#allow = rules.allow.length === 0 ? null : blockListOf(rules.allow);
    this.#deny = blockListOf(rules.deny);
    this.#resolve = resolve;
  }

  /**
   * Checks every host that a link's options name.
   * A name that cannot be resolved passes: the test of the link itself finds that and says so better.
   * @throws Cdm.0941 naming the host whose address is not allowed.
   */
  async check(link: OptionValues): Promise<void> {
    for (const host of hostsOf(link)) this.#requireAllowed(host, await this.#addressesOf(host));
  }

  /**
   * The same for a file that an expression fetches. Files are not on this machine: what listens here for programs of its own
   * takes whoever connects for one of them. Who keeps some here says so with an allowed range of its own.
   * @throws as `resolve`.
   */
  async resolveForFile(host: string): Promise<readonly HostAddress[]> {
    const found = await this.resolve(host);
    const refused = found.find(({ address }) => this.#allow === null && isOneOf(loopback, address));
    if (refused !== undefined) throw notAllowed(host, refused.address);
    return found;
  }

  /**
   * The addresses of a host as they are now. Whoever connects to one of them, and looks nothing up again, connects to
   * what was checked.
   * @throws Cdm.0941 when one of them is not allowed; what the resolver throws.
   */
  async resolve(host: string): Promise<readonly HostAddress[]> {
    const addresses = isIP(host) === 0 ? await this.#resolve(host) : [host];
    this.#requireAllowed(host, addresses);
    return addresses.map((address) => ({ address, family: isIP(address) }));
  }

  #requireAllowed(host: string, addresses: readonly string[]): void {
    const refused = addresses.find((address) => !this.#isAllowed(address));
    if (refused !== undefined) throw notAllowed(host, refused);
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    try {
      return await this.#resolve(host);
    } catch {
      return []; // Unknown today: the connection test reports it.
    }
  }

  #isAllowed(address: string): boolean {
    if (isOneOf(this.#deny, address)) return false;
    return this.#allow === null || contains(this.#allow, address);
  }
}

/** Whether a range holds the address, or where a connection to it may end. */
function isOneOf(ranges: BlockList, address: string): boolean {
  return [address, ...otherFormsOf(address)].some((each) => contains(ranges, each));
}

/** IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are matched against IPv4 ranges by BlockList itself. */
function contains(ranges: BlockList, address: string): boolean {
  return ranges.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function notAllowed(host: string, address: string): SluiceError {
  const cause = address === host ? host : `${host} = ${address}`;
  return new SluiceError('Cdm.0941', { cause: `${cause}: not allowed by the egress rules of this server` });
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const version = isIP(address);
    const width = version === 6 ? 128 : 32;
    const prefix = bits === undefined ? width : Number(bits);
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > width) {
      throw new RangeError(`not an address range: ${range}`);
    }
    list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Options that hold addresses, over all connectors: one host, `host:port`, a URI, or several of them joined by `,`, `;` or `|`. */
const hostOptions: ReadonlySet<string> = new Set([
  'linkConfig.host',
  'linkConfig.server',
  'linkConfig.serverList',
  'linkConfig.serverlist',
  'linkConfig.brokerList',
  'linkConfig.zookeeperQuorum',
  'linkConfig.uri',
  'linkConfig.hiveMsUris',
  'linkConfig.hiveJdbcUrl',
  'linkConfig.endpoint',
  'linkConfig.ossEndpoint',
  'linkConfig.dataSourceList',
]);

/** @returns the hosts that a link names, without ports, schemes and brackets. */
export function hostsOf(link: OptionValues): readonly string[] {
  const hosts = new Set<string>();
  for (const [name, value] of Object.entries(link)) {
    if (!hostOptions.has(name) || typeof value !== 'string') continue;
    for (const part of value.split(/[,;|\s]+/)) {
      const host = hostOf(part);
      if (host !== '') hosts.add(host);
    }
  }
  return [...hosts];
}

function hostOf(part: string): string {
  const bare = part
    .replace(/^jdbc:/i, '')
    .replace(/^[a-z0-9+.-]+:\/\//i, '')
    .replace(/^[^/@]*@/, '');
  const authority = bare.split(/[/?#]/, 1)[0] ?? '';
  const bracketed = /^\[([^\]]+)\]/.exec(authority);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  if (isIP(authority) === 6) return authority;
  return authority.split(':', 1)[0] ?? '';
}
