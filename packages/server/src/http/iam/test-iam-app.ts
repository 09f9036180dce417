import { Readable } from 'node:stream';
import { errorBody } from '@sluice/contract/error-body';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { createAuthenticator } from '../../identity/authenticator.ts';
import type { RawRequest } from '../../identity/caller.ts';
import { ensureFirstAccount, type FirstAccount, type IdentityStore } from '../../identity/first-start.ts';
import { IdentityError } from '../../identity/identity-error.ts';
import {
  InMemoryIdentityRepository,
  inMemoryIdentityStore,
} from '../../identity/in-memory-identity-repository.ts';
import { testSecretBox as box } from '../../identity/test-secret-box.ts';
import { createTokenService } from '../../identity/token-service.ts';
import { registerIamRoutes } from './iam-routes.ts';

export interface TestApp {
  readonly app: FastifyInstance;
  readonly account: FirstAccount;
  readonly store: IdentityStore;
  readonly clock: { now: number };
}

/** A small app that keeps the promises which the identity routes expect of the real one. */
export async function createTestApp(
  options: {
    readonly publicUrl?: string;
    readonly region?: string;
    readonly startAt?: number;
    readonly store?: IdentityStore;
  } = {},
): Promise<TestApp> {
  const store = options.store ?? inMemoryIdentityStore(new InMemoryIdentityRepository());
  const clock = { now: options.startAt ?? Date.UTC(2026, 0, 2, 3, 4, 5) };
  const account = await ensureFirstAccount(store, box, undefined, () => clock.now);
  if (account === null) throw new Error('The store is not empty');

  const { identity } = store;
  const now = () => clock.now;
  const authenticator = createAuthenticator({ identity, box, now });
  const bodies = new WeakMap<FastifyRequest, Buffer>();
  const rawRequest = (request: FastifyRequest): RawRequest => ({
    method: request.method,
    target: request.originalUrl,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body: bodies.get(request) ?? Buffer.alloc(0),
  });

  const app = Fastify({
    rewriteUrl: (request) =>
      (request.url ?? '/').replace(/^[^?]*/, (path) => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request.raw) chunks.push(chunk);
    bodies.set(request, Buffer.concat(chunks));
  });
  app.addHook('preParsing', async (request) => Readable.from(bodies.get(request) ?? []));
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof IdentityError) return reply.code(error.status).send(error.toBody());
    if (!(error instanceof SluiceError)) throw error;
    const rendered = renderError(error, 'en');
    return reply.code(rendered.status).send(errorBody(rendered, request.id));
  });
  registerIamRoutes(app, {
    identity,
    box,
    authenticator,
    tokens: createTokenService({ identity, box, now }),
    rawRequest,
    publicUrl: options.publicUrl ?? null,
    region: options.region ?? 'cn-north-4',
    now,
  });
  // Stands for every CDM call: who calls, and may they use this project?
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE'],
    url: '/v1.1/:project/*',
    handler: async (request) => {
      const caller = await authenticator.authenticate(rawRequest(request));
      const { project } = request.params as { project: string };
      await authenticator.requireProject(caller, project);
      return { via: caller.via, project, body: bodies.get(request)?.toString('utf8') };
    },
  });
  return { app, account, store, clock };
}
