import { auditEventsOf } from '@sluice/contract/audit-events';
import type { Operation, OperationId } from '@sluice/contract/operation';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseAuthorization } from '../../identity/authorization-header.ts';
import type { Authenticator, Caller } from '../../identity/caller.ts';
import type { Call, Handler } from '../call.ts';
import { Download } from '../download.ts';
import { EventStream } from '../event-stream.ts';
import { languageOf } from '../language.ts';
import { requirePermission, requireScope } from '../permission.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { parseJson } from '../request-body.ts';
import { splitTarget } from '../request-target.ts';
import type { RequestOrigin, Trail } from '../trail.ts';

/** Handlers of one API by operation. */
export type Handlers<Id extends string = OperationId> = Partial<Record<Id, Handler>>;

/** @returns the operations that this version serves. */
export function servedOperations(handlers: Handlers): ReadonlySet<OperationId> {
  return new Set(Object.keys(handlers) as OperationId[]);
}

/** What every route passes on its way to the work. */
export interface RouteTools {
  readonly authenticator: Authenticator;
  readonly trail: Trail;
  /** Counts the requests of a user; null: they are not limited. */
  readonly limiter: RateLimiter | null;
}

/**
 * Makes one route for each method and path of an API. Who calls is proved first, then whether they may, then the work is done
 * and written into the trail. Operations without a handler are routes too: their answer says that this version does not serve
 * them, and not that they do not exist.
 */
export function addOperationRoutes<Id extends string>(
  app: FastifyInstance,
  { authenticator, trail, limiter }: RouteTools,
  operations: readonly Operation<Id>[],
  handlersFor: (call: Call) => Handlers<Id>,
): void {
  const byRoute = new Map<string, Operation<Id>[]>();
  for (const operation of operations) {
    const key = `${operation.method} ${operation.path}`;
    byRoute.set(key, [...(byRoute.get(key) ?? []), operation]);
  }
  for (const sharing of byRoute.values()) {
    const [first] = sharing;
    if (first === undefined) continue;
    // Reads have no events, and what is read most must not pay for asking.
    const audited = new Set(sharing.filter((operation) => auditEventsOf(operation).length > 0));
    app.route({
      method: first.method,
      config: { operation: first.variant?.sharedId ?? first.operationId },
      url: first.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const origin = { source: request.ip, requestId: request.id };
        const call = callOf(request, reply, await prove(request, origin));
        const operation = await guarded(call, sharing, first, origin);
        const handler = handlersFor(call)[operation.operationId];
        if (handler === undefined) throw notServed(operation);
        limiter?.count(call.caller.userId, operation);
        const answer = audited.has(operation)
          ? await trail.follow(operation, call, origin, () => handler(call))
          : await handler(call);
        if (answer instanceof EventStream || answer instanceof Download) {
          reply.hijack();
          answer.open(reply.raw, request.id);
          return reply;
        }
        return reply.status(operation.successStatus).send(answer);
      },
    });
  }

  async function prove(request: FastifyRequest, origin: RequestOrigin): Promise<Caller> {
    try {
      return await authenticator.authenticate(request.rawCall);
    } catch (error) {
      const { headers } = request.rawCall;
      const parsed = parseAuthorization(headers.authorization);
      const ak = parsed.kind === 'claim' ? parsed.claim.ak : null;
      // Who brought nothing at all did not try to sign in.
      if (ak !== null || (headers['x-auth-token'] ?? '') !== '')
        await trail.signInFailed({ ak }, origin, error);
      throw error;
    }
  }

  /** The operation that is called, if the caller may call it. */
  async function guarded(
    call: Call,
    sharing: readonly Operation<Id>[],
    first: Operation<Id>,
    origin: RequestOrigin,
  ): Promise<Operation<Id>> {
    try {
      await requireScope(authenticator, call.caller, call.projectId, first);
      // What shares a route asks for the same.
      requirePermission(call.caller, call.projectId, first);
    } catch (error) {
      if (error instanceof SluiceError && isDenial(error)) await trail.denied(first, call, origin, error);
      throw error;
    }
    return chosen(sharing, first, call);
  }
}

/** The request of a proved caller, as operations see it. */
function callOf(request: FastifyRequest, reply: FastifyReply, caller: Caller): Call {
  const parameters = request.params as Readonly<Record<string, string>>;
  return {
    caller,
    projectId: parameters.project_id ?? '',
    language: languageOf(request.headers['x-language']),
    parameters,
    target: request.rawCall.target,
    query: new URLSearchParams(splitTarget(request.rawCall.target).query),
    header: (name) => request.rawCall.headers[name] ?? null,
    json: () => parseJson(request.rawBody),
    gone: () => goneSignal(reply),
  };
}

function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const end = () => {
    if (!raw.writableFinished)
      controller.abort(new SluiceError('Cdm.0941', { cause: 'the caller has gone' }));
  };
  // An answer that was sent closes too.
  if (raw.destroyed) end();
  else raw.once('close', end);
  return controller.signal;
}

/** Operations that share a route are told apart by a member of the body. */
function chosen<Id extends string>(
  sharing: readonly Operation<Id>[],
  first: Operation<Id>,
  call: { json(): unknown },
): Operation<Id> {
  if (sharing.length === 1) return first;
  const body = call.json();
  const members = body !== null && typeof body === 'object' ? Object.keys(body) : [];
  return sharing.find(({ variant }) => variant !== null && members.includes(variant.bodyMember)) ?? first;
}

/** The caller is known and may not, in one of the two ways to say so. */
function isDenial({ code }: SluiceError): boolean {
  return code === 'Cdm.0032' || code === 'APIGW.0310';
}

function notServed(operation: Operation<string>): SluiceError {
  return new SluiceError(
    'APIGW.0101',
    {
      ...explained({
        en: `This version of the server does not serve ${operation.operationId} yet.`,
        zh: `当前版本尚未提供 ${operation.operationId}。`,
      }),
    },
    { status: 404 },
  );
}
