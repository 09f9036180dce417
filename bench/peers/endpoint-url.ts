import type { Endpoint } from '../stage.ts';

/** `scheme://user:password@host:port/database`; the passwords of a benchmark need no escapes. */
export function urlOf(endpoint: Endpoint, scheme: string, suffix = ''): string {
  const { user, password, host, port, database } = endpoint;
  return `${scheme}://${user}:${password}@${host}:${port}/${database}${suffix}`;
}
