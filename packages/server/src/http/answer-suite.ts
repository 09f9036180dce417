import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import type { FastifyInstance } from 'fastify';
import { Check, Errors } from 'typebox/value';

const errorMembers = [
  'error_code',
  'error_msg',
  'errCode',
  'externalMessage',
  'code',
  'message',
  'request_id',
];

/**
 * Holds every answer of an application against the contract: the body's schema, the seven members of an error, the headers.
 * @param violations gets a line for each that does not fit; a test that ends with any has failed.
 */
export function watchAnswers(app: FastifyInstance, violations: string[]): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const where = `${request.method} ${request.url} ${reply.statusCode}`;
    if (reply.getHeader('content-type') !== 'application/json') violations.push(`${where}: content type`);
    if (reply.getHeader('x-request-id') !== request.id) violations.push(`${where}: request id`);
    if (!/^[/](v1[.]1|api[/]v1)[/]/.test(request.url) || /[/](openapi[.]json|compat)$/.test(request.url))
      return;
    const body = JSON.parse(String(payload)) as Record<string, unknown>;
    if (reply.statusCode >= 400) {
      for (const member of errorMembers) {
        if (typeof body[member] !== 'string' || body[member] === '') violations.push(`${where}: ${member}`);
      }
      if (JSON.stringify(body).match(/[{]\w+[}]|undefined/)) violations.push(`${where}: unfilled text`);
      return;
    }
    const route = request.routeOptions.url?.replace(/:(\w+)/g, '{$1}');
    const sharing = [...operations, ...ownOperations].filter(
      ({ method, path }) => method === request.method && path === route,
    );
    const sent = sharing.length > 1 ? Object.keys(JSON.parse(request.rawBody.toString())) : [];
    const operation = sharing.find(({ variant }) => variant === null || sent.includes(variant.bodyMember));
    if (operation === undefined) return void violations.push(`${where}: no such operation`);
    if (reply.statusCode !== operation.successStatus) violations.push(`${where}: status`);
    if (!Check(operation.response, body)) {
      const [first] = Errors(operation.response, body);
      violations.push(`${where}: ${JSON.stringify(first)}`);
    }
  });
}
