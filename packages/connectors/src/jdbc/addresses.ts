import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { Host, HostAddress } from '@sluice/core/connector/contract';

/** What opening a session may be given beside the link. */
export interface Way {
  /** See `Host.resolve`; absent: the system's resolver, without rules. */
  readonly resolve?: Host['resolve'];
  /** Hears what is reached on the way to the sign-in; `tls` only where the link is encrypted. */
  readonly passed?: (stage: 'name' | 'tcp' | 'tls') => void;
}

/**
 * Where a link's server is, at this moment. Waits no longer than for a connection: the resolver itself cannot be stopped.
 * @throws ETIMEDOUT; the signal's reason; what `Host.resolve` throws, or the resolver.
 */
export async function addressesOf(
  host: string,
  timeoutMs: number,
  signal: AbortSignal,
  way: Way,
): Promise<readonly HostAddress[]> {
  signal.throwIfAborted();
  const resolve = way.resolve ?? bySystem;
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(signal.reason);
  const timer = setTimeout(() => {
    ended.reject(Object.assign(new Error('the name was not resolved in time'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  const resolving = resolve(host);
  // After the time is over nobody waits for it any more.
  resolving.catch(() => undefined);
  try {
    return await Promise.race([resolving, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A look-up for `net.connect` that knows its answer: it connects to these addresses and no others, in its own way. */
export function lookupOf(addresses: readonly HostAddress[]): LookupFunction {
  return (_host, options, answer) => {
    process.nextTick(() => {
      const [first] = addresses;
      if (options.all === true) answer(null, [...addresses]);
      else answer(null, first?.address ?? '', first?.family);
    });
  };
}

function bySystem(host: string): Promise<readonly HostAddress[]> {
  return lookup(host, { all: true });
}
