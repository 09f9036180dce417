import type { FastifyReply } from 'fastify';

/**
 * Sends JSON with the bare content type: Terraform's pager reads a list only when the header equals `application/json`, and
 * Fastify appends a charset to text and objects, but not to bytes.
 */
export function sendJson(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body), 'utf8'));
}
