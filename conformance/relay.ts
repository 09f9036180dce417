import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A relay between an SDK and the server; see `startRelay`. */
export type Relay = {
  /** Where an SDK is pointed; no trailing slash. */
  readonly endpoint: string;
  /** Every X-Request-Id header the server has sent through this relay. */
  readonly requestIds: ReadonlySet<string>;
  stop(): Promise<void>;
};

/**
 * Starts a loopback relay that passes a request on as it came, Host header included, because clients sign it.
 * With `tampering` it changes one byte after the SDK has signed: in the body when there is one, else in the query.
 * So the changed request is still a well-formed one that would be served if nobody compared signatures.
 */
export async function startRelay(target: string, tampering: boolean): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const requestIds = new Set<string>();
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    let body: Buffer = Buffer.concat(chunks);
    let path = incoming.url ?? '/';
    if (tampering && body.length > 2) body = changeOneByte(body);
    else if (tampering) path += path.includes('?') ? '&limit=1' : '?limit=1';
    const passedOn = forward(
      {
        hostname,
        port,
        path,
        method: incoming.method ?? 'GET',
        headers: incoming.rawHeaders,
        setHost: false,
      },
      (reply) => {
        const requestId = reply.headers['x-request-id'];
        if (typeof requestId === 'string') requestIds.add(requestId);
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(outgoing);
      },
    );
    passedOn.on('error', (error) => {
      outgoing.writeHead(502, { 'Content-Type': 'text/plain' });
      outgoing.end(`the relay could not reach the server: ${error.message}`);
    });
    passedOn.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requestIds,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Replaces the first letter of the first text value of a JSON body: the same length, still JSON, other content. */
function changeOneByte(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/(:\s*")([a-y])/, (_, before: string, letter: string) => {
    return before + String.fromCharCode(letter.charCodeAt(0) + 1);
  });
  return Buffer.from(text, 'latin1');
}
