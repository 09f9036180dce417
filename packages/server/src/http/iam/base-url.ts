import type { FastifyRequest } from 'fastify';

/** Host names, IPv4, bracketed IPv6, each with an optional port: what may be put into a URL that is sent back. */
const hostForm = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Where the caller reaches this server, without a slash at the end.
 * @param publicUrl the configured address, or null: then the one that the client used, since it reached us by it.
 */
export function baseUrl(request: FastifyRequest, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl.replace(/\/+$/, '');
  const host = request.host ?? '';
  return `${request.protocol}://${hostForm.test(host) ? host : 'localhost'}`;
}
