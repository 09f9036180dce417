import type { Operation, OperationId } from '@sluice/contract/operation';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator, Caller } from '../../identity/caller.ts';
import type { Call, Handler } from '../call.ts';
import { languageOf } from '../language.ts';
import { requirePermission, requireScope } from '../permission.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { parseJson } from '../request-body.ts';
import { splitTarget } from '../request-target.ts';

/** Handlers of one API by operation. */
export type Handlers<Id extends string = OperationId> = Partial<Record<Id, Handler>>;

/** @returns the operations that this version serves. */
export function servedOperations(handlers: Handlers): ReadonlySet<OperationId> {
  return new Set(Object.keys(handlers) as OperationId[]);
}

/**
 * Makes one route for each method and path of an API. Who calls is proved first, then whether they may, then the work is done. Operations without a handler are routes too: their answer
 * says that this version does not serve them, and not that they do not exist.
 * @param limiter counts the requests of a user; null: they are not limited.
 */
export function addOperationRoutes<Id extends string>(
  app: FastifyInstance,
  authenticator: Authenticator,
  operations: readonly Operation<Id>[],
  handlersFor: (call: Call) => Handlers<Id>,
  limiter: RateLimiter | null = null,
): void {
  const byRoute = new Map<string, Operation<Id>[]>();
  for (const operation of operations) {
    const key = `${operation.method} ${operation.path}`;
    byRoute.set(key, [...(byRoute.get(key) ?? []), operation]);
  }
  for (const sharing of byRoute.values()) {
    const [first] = sharing;
    if (first === undefined) continue;
    app.route({
      method: first.method,
      url: first.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const caller = await authenticator.authenticate(request.rawCall);
        const call = callOf(request, caller);
        await requireScope(authenticator, caller, call.projectId, first);
        const operation = chosen(sharing, first, call);
        requirePermission(caller, call.projectId, operation);
        const handler = handlersFor(call)[operation.operationId];
        if (handler === undefined) throw notServed(operation);
        limiter?.count(call.caller.userId, operation);
        return reply.status(operation.successStatus).send(await handler(call));
      },
    });
  }
}

/** The request of a proved caller, as operations see it. */
function callOf(request: FastifyRequest, caller: Caller): Call {
  const parameters = request.params as Readonly<Record<string, string>>;
  return {
    caller,
    projectId: parameters.project_id ?? '',
    language: languageOf(request.headers['x-language']),
    parameters,
    target: request.rawCall.target,
    query: new URLSearchParams(splitTarget(request.rawCall.target).query),
    json: () => parseJson(request.rawBody),
  };
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
