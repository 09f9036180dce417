import { createHash, timingSafeEqual } from 'node:crypto';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Secret } from '../telemetry/secret.ts';

/** Who may read the metrics. `loopback`: programs on this machine that come without a proxy; `token`: whoever brings it. */
export type MetricsAccess = 'off' | 'loopback' | 'token';

export interface MetricsRouteDeps {
  readonly access: MetricsAccess;
  /** Needed for `token`; without it nobody is let in. */
  readonly token: Secret | null;
  /** The text that is served. */
  read(): Promise<string>;
}

/** Headers that proxies set: what comes with one of them comes from somewhere else, whatever the socket says. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Serves `/metrics` in the text form of Prometheus, version 0.0.4. */
export function addMetricsRoute(app: FastifyInstance, deps: MetricsRouteDeps): void {
  if (deps.access === 'off') return;
  app.get('/metrics', async (request, reply) => {
    requireReader(request, deps);
    const text = await deps.read();
    // Written past the serializer and the headers of JSON answers.
    reply.hijack();
    const bytes = Buffer.from(text, 'utf8');
    reply.raw
      .writeHead(200, {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
        'content-length': bytes.length,
        'x-request-id': request.id,
      })
      .end(bytes);
  });
}

/** @throws APIGW.0301 (401) without the token; APIGW.0302 (403) from another machine. */
function requireReader(request: FastifyRequest, { access, token }: MetricsRouteDeps): void {
  if (access === 'token') {
    const given = /^Bearer\s+(\S+)$/i.exec(request.rawCall.headers.authorization ?? '')?.[1] ?? '';
    if (token !== null && isSame(given, token.reveal())) return;
    throw new SluiceError('APIGW.0301', { cause: 'the metrics token is missing or wrong' });
  }
  const isNear = /^(?:::ffff:)?127\.|^::1$/.test(request.ip);
  if (isNear && !proxyHeaders.some((name) => name in request.headers)) return;
  throw new SluiceError(
    'APIGW.0306',
    explained({
      en: 'Metrics are read from the same machine, or with a token: see SLUICE_METRICS_ACCESS.',
      zh: '指标只能在本机读取或凭令牌读取：参见 SLUICE_METRICS_ACCESS。',
    }),
  );
}

/** In constant time, whatever the lengths. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
