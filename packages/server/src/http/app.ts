import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Compatibility } from '@sluice/contract/compat/compat-views';
import { buildCompatibility } from '@sluice/contract/compat/compatibility';
import { errorBody } from '@sluice/contract/error-body';
import { buildOpenApi, buildOwnOpenApi } from '@sluice/contract/openapi';
import type { OperationId } from '@sluice/contract/operation';
import { operations } from '@sluice/contract/operations';
import { type OwnOperationId, ownOperations } from '@sluice/contract/own-operations';
import type { Language } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isReadable } from '../clusters/cluster-states.ts';
import type { RawRequest } from '../identity/caller.ts';
import { driverGroups } from '../jobs/driver-options.ts';
import type { HttpMeter, OperationMeter } from '../telemetry/http-meter.ts';
import type { AppDeps } from './app-deps.ts';
import type { Call } from './call.ts';
import { errorReply } from './error-reply.ts';
import { addExplorerRoutes } from './explorer-routes.ts';
import { baseUrl } from './iam/base-url.ts';
import { languageOf } from './language.ts';
import { addMetricsRoute } from './metrics-route.ts';
import { QuickStatus } from './quick-status.ts';
import { RateLimiter, TooManyCalls } from './rate-limiter.ts';
import { joinedHeaders } from './raw-headers.ts';
import { BodyRoom, NoRoom, readBody, targetBytesMax } from './request-body.ts';
import { newRequestId } from './request-id.ts';
import { routedTarget, splitTarget } from './request-target.ts';
import { accountHandlers } from './routes/account-handlers.ts';
import { auditHandlers } from './routes/audit-handlers.ts';
import { batchHandlers } from './routes/batch-handlers.ts';
import { catalogueHandlers } from './routes/catalogue-handlers.ts';
import { clusterHandlers } from './routes/cluster-handlers.ts';
import { groupHandlers } from './routes/group-handlers.ts';
import { jobHandlers } from './routes/job-handlers.ts';
import { linkHandlers } from './routes/link-handlers.ts';
import { linkToolHandlers } from './routes/link-tool-handlers.ts';
import { addOperationRoutes, type Handlers, servedOperations } from './routes/operation-routes.ts';
import { planHandlers } from './routes/plan-handlers.ts';
import { rejectHandlers } from './routes/reject-handlers.ts';
import { runHandlers } from './routes/run-handlers.ts';
import { sampleHandlers } from './routes/sample-handlers.ts';
import { transferHandlers } from './routes/transfer-handlers.ts';
import { variableHandlers } from './routes/variable-handlers.ts';
import { verificationHandlers } from './routes/verification-handlers.ts';
import { watermarkHandlers } from './routes/watermark-handlers.ts';
import { confinedDeps, confinedTo } from './user-isolation.ts';
import { targetHasZeroCharacter } from './zero-character.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes as they came, for every method. */
    rawBody: Buffer;
    /** The request exactly as it came: signatures are made over this. */
    rawCall: RawRequest;
  }
}

/** Header block of a request, in bytes: one target of the longest length and room for tokens. */
const headerBytesMax = 96 * 1024;
/** A request must have arrived whole within this time. */
const requestTimeoutMs = 120_000;

/**
 * The HTTP application; it does not listen. What comes is taken as it is: nothing is coerced, removed or stripped,
 * content types are not looked at, and the raw bytes stay at hand for signatures. What leaves is always JSON with an
 * id of its own in `X-Request-Id`.
 */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = Fastify({
    logger: false,
    rewriteUrl: (raw) => routedTarget(raw.url ?? '/'),
    genReqId: newRequestId,
    requestIdHeader: false,
    bodyLimit: deps.config.bodyBytesMax,
    exposeHeadRoutes: false,
    requestTimeout: requestTimeoutMs,
    // Node would refuse a request without Host by an answer of its own, without a body.
    http: { maxHeaderSize: headerBytesMax, optimizeEmptyRequests: true, requireHostHeader: false },
    routerOptions: { maxParamLength: targetBytesMax },
    clientErrorHandler(error, socket) {
      refuseUnreadable(error, socket);
    },
  });
  app.removeAllContentTypeParsers();
  // The body was read before, byte for byte; parsers have nothing left to do.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  app.setReplySerializer((payload) => JSON.stringify(payload));
  app.decorateRequest('rawBody');
  app.decorateRequest('rawCall');

  const bodies = new BodyRoom();
  app.addHook('onRequest', async (request, reply) => {
    reply.header('content-type', 'application/json').header('x-request-id', request.id);
    const target = request.originalUrl;
    request.rawCall = rawCallOf(request, Buffer.alloc(0));
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) throw noHost();
    if (Buffer.byteLength(target) > targetBytesMax) throw targetTooLong();
    if (targetHasZeroCharacter(target)) throw zeroInTarget();
    const place = bodies.place();
    // However the request ends, and whoever ends it.
    reply.raw.once('close', () => place.leave());
    request.rawBody = await readBody(request.raw, deps.config.bodyBytesMax, place);
    request.rawCall = { ...request.rawCall, body: request.rawBody };
    // From here on nobody needs the type; an odd one would be refused with 415.
    delete request.headers['content-type'];
  });
  app.addHook('preParsing', async (request) => (request.method === 'GET' ? undefined : Readable.from([])));
  // Fastify appends a charset, which JSON does not have; the plain form is what every client was seen to take.
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-type', 'application/json');
  });

  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, deps));
  app.setNotFoundHandler((request, reply) => sendError(unknownPath(request), request, reply, deps));

  // Rate limits count every request, which is done where all of them pass.
  const quickStatus =
    deps.quickStatus === undefined || deps.config.rateLimits
      ? null
      : new QuickStatus({
          ...deps.quickStatus,
          runs: deps.runs,
          isReadable,
          meter: deps.httpMeter?.of('ShowJobStatus') ?? null,
        });
  quickStatus?.standBefore(app.server);
  app.addHook('preClose', async () => quickStatus?.close());

  const onStatusTold = (call: Call, jobId: number) => quickStatus?.admit(call, jobId);
  const everyones = handlersOf(deps, onStatusTold);
  const handlersFor = (call: Call) => {
    const owner = confinedTo(call, deps.config.userIsolation);
    return owner === null ? everyones : handlersOf(confinedDeps(deps, owner), onStatusTold);
  };
  if (deps.httpMeter !== undefined) countAnswers(app, deps.httpMeter);
  const limiter = deps.config.rateLimits ? new RateLimiter(deps.now ?? Date.now) : null;
  const { authenticator, trail } = deps;
  addOperationRoutes(app, { authenticator, trail, limiter }, operations, (call) => handlersFor(call).cdm);
  addOperationRoutes(
    app,
    { authenticator, trail, limiter: null },
    ownOperations,
    (call) => handlersFor(call).own,
  );
  const served = servedOperations(everyones.cdm);
  const { version, publicUrl } = deps.config;
  const isServed = (operationId: OperationId) => served.has(operationId);
  serveOnceMade(app, '/openapi.json', publicUrl, (serverUrl) =>
    buildOpenApi({ serverUrl, version, isServed }),
  );
  serveOnceMade(app, '/api/v1/openapi.json', publicUrl, (serverUrl) =>
    buildOwnOpenApi({ serverUrl, version }),
  );
  const reports = new Map<Language, Compatibility>();
  app.get('/api/v1/compat', async (request) => {
    const language = languageOf(request.headers['x-language']);
    const { connectors } = deps;
    const report =
      reports.get(language) ?? buildCompatibility({ version, isServed, connectors, driverGroups }, language);
    reports.set(language, report);
    return report;
  });
  addExplorerRoutes(app, deps.explorer ?? null);
  // Before the server waits for its connections: a stream would keep it waiting.
  app.addHook('preClose', async () => deps.feeds.close());
  if (deps.metrics !== undefined) addMetricsRoute(app, deps.metrics);
  app.get('/healthz', async () => ({ status: 'ok' }));
  deps.registerIdentity?.(app);
  return app;
}

/** A description of an API. Making one takes a while, and whoever asks has not said who he is: it is made once. */
function serveOnceMade(
  app: FastifyInstance,
  url: string,
  publicUrl: string | null,
  make: (serverUrl: string) => object,
): void {
  let made: object | null = null;
  app.get(url, async (request) => {
    const serverUrl = baseUrl(request, publicUrl);
    made ??= make(serverUrl);
    // All of it but where it was asked for.
    return { ...made, servers: [{ url: serverUrl }] };
  });
}

/** Counts every answer under the operation that its route says, the rest under one name: paths are chosen by callers. */
function countAnswers(app: FastifyInstance, meter: HttpMeter): void {
  const rest = meter.of('other');
  app.addHook('onRoute', (route) => {
    const { operation } = (route.config ?? {}) as { readonly operation?: string };
    if (operation !== undefined) route.config = { ...route.config, meter: meter.of(operation) };
  });
  app.addHook('onResponse', async (request, reply) => {
    const { meter: own } = request.routeOptions.config as { readonly meter?: OperationMeter };
    (own ?? rest).count(reply.statusCode, reply.elapsedTime);
  });
}

/** Every handler, over these services. */
function handlersOf(
  deps: AppDeps,
  onStatusTold: (call: Call, jobId: number) => void,
): {
  readonly cdm: Handlers;
  readonly own: Handlers<OwnOperationId>;
} {
  return {
    cdm: {
      ...clusterHandlers({
        clusters: deps.clusters,
        surroundings: deps.config,
        jobIdForm: deps.config.jobIdForm,
      }),
      ...catalogueHandlers(deps.config),
      ...linkHandlers({ clusters: deps.clusters, links: deps.links, linkRules: deps.config }),
      ...jobHandlers({
        clusters: deps.clusters,
        jobs: deps.jobs,
        runs: deps.runs,
        random: Math.random,
        onStatusTold,
      }),
    },
    own: {
      ...runHandlers(deps),
      ...batchHandlers(deps),
      ...planHandlers(deps),
      ...sampleHandlers,
      ...accountHandlers(deps.accounts),
      ...linkToolHandlers(deps),
      ...transferHandlers(deps),
      ...groupHandlers(deps),
      ...variableHandlers(deps),
      ...rejectHandlers(deps),
      ...watermarkHandlers(deps),
      ...verificationHandlers(deps),
      ...auditHandlers(deps.audit),
    },
  };
}

function rawCallOf({ raw, originalUrl }: FastifyRequest, body: Uint8Array): RawRequest {
  return {
    method: raw.method ?? 'GET',
    target: originalUrl,
    // A request that was made up, in tests, has no raw ones.
    headers: joinedHeaders(raw.rawHeaders.length > 0 ? raw.rawHeaders : pairsOf(raw.headers)),
    body,
  };
}

function pairsOf(headers: Readonly<Record<string, string | string[] | undefined>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((one) => [name, one]),
  );
}

function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AppDeps,
): FastifyReply {
  const { path } = splitTarget(request.url);
  const isIdentityPath = /^\/v(3|3\.0|5)(\/|$)/.test(path);
  const answer = errorReply(error, languageOf(request.headers['x-language']), request.id, isIdentityPath);
  if (answer.isUnexpected) {
    deps.log('http.failed', {
      request: request.id,
      method: request.method,
      path,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
  if (answer.status === 429 && !reply.hasHeader('retry-after'))
    reply.header('retry-after', retryAfterOf(error));
  if (answer.status === 413 || answer.status === 414 || error instanceof NoRoom) {
    // The rest of the request is not worth reading.
    reply.header('connection', 'close');
    request.raw.resume();
  }
  if (error instanceof TooManyCalls) reply.header('retry-after', String(error.retryAfterSeconds));
  return reply
    .status(answer.status)
    .header('content-type', 'application/json')
    .header('x-request-id', request.id)
    .send(answer.body);
}

/** Seconds after which a call that was one too many may be made again. */
function retryAfterOf(error: unknown): number {
  const seconds = error instanceof SluiceError ? Number(error.facts.seconds) : Number.NaN;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 1;
}

function unknownPath(request: FastifyRequest): SluiceError {
  const { path } = splitTarget(request.originalUrl);
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new SluiceError(
    'APIGW.0101',
    explained({
      en: `There is no ${request.method} ${shown} here.`,
      zh: `此处没有 ${request.method} ${shown}。`,
    }),
    { status: 404 },
  );
}

function noHost(): SluiceError {
  return new SluiceError(
    'APIGW.0201',
    explained({ en: 'The request has no Host header.', zh: '请求缺少 Host 头。' }),
  );
}

function targetTooLong(): SluiceError {
  return new SluiceError(
    'APIGW.0201',
    explained({
      en: `The request target is longer than ${targetBytesMax / 1024} KB.`,
      zh: `请求 URI 超过 ${targetBytesMax / 1024} KB。`,
    }),
    { status: 414 },
  );
}

function zeroInTarget(): SluiceError {
  return new SluiceError(
    'APIGW.0201',
    explained({ en: 'The request target has the character U+0000.', zh: '请求 URI 中含有字符 U+0000。' }),
  );
}

/** Bytes that are no HTTP request never become a request, so the answer is written by hand. */
function refuseUnreadable(
  error: Error & { code?: string; rawPacket?: unknown },
  socket: NodeJS.WritableStream & Partial<ServerResponse['socket']>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const isHeaderOverflow = error.code === 'HPE_HEADER_OVERFLOW';
  const requestId = randomBytes(16).toString('hex');
  const status = isHeaderOverflow ? 431 : 400;
  // The head was not parsed; what there is of it tells the language.
  const head = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : '';
  const wish = /^x-language:(.*)$/im.exec(head)?.[1];
  const rendered = renderError(new SluiceError('APIGW.0201', {}, { status }), languageOf(wish));
  const body = JSON.stringify(errorBody(rendered, requestId));
  socket.end(
    `HTTP/1.1 ${status} ${isHeaderOverflow ? 'Request Header Fields Too Large' : 'Bad Request'}\r\n` +
      `content-type: application/json\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
