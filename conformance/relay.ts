import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that went through, as the server answered it. */
export type Exchange = {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** The request's body; null when it was empty, or no JSON. */
  readonly sent: unknown;
  readonly status: number;
  readonly requestId: string;
  /** The answer's body; null when it was empty, or no JSON. */
  readonly answered: unknown;
};

/** A relay between an SDK and the server; see `startRelay`. */
export type Relay = {
  /** Where an SDK is pointed; no trailing slash. */
  readonly endpoint: string;
  /** Every X-Request-Id header the server has sent through this relay. */
  readonly requestIds: ReadonlySet<string>;
  /** In the order in which the answers came. */
  readonly exchanges: readonly Exchange[];
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
  const exchanges: Exchange[] = [];
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
        const status = reply.statusCode ?? 502;
        const answer: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => answer.push(chunk));
        // Written down before the client can go on: what it does next comes later in the list.
        reply.on('end', () => {
          exchanges.push({
            method: incoming.method ?? 'GET',
            target: path,
            sent: jsonOf(body),
            status,
            requestId: typeof requestId === 'string' ? requestId : '',
            answered: jsonOf(Buffer.concat(answer)),
          });
          outgoing.writeHead(status, reply.headers);
          outgoing.end(Buffer.concat(answer));
        });
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
    exchanges,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function jsonOf(body: Buffer): unknown {
  try {
    return body.length === 0 ? null : JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Replaces the first letter of the first text value of a JSON body: the same length, still JSON, other content. */
function changeOneByte(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/(:\s*")([a-y])/, (_, before: string, letter: string) => {
    return before + String.fromCharCode(letter.charCodeAt(0) + 1);
  });
  return Buffer.from(text, 'latin1');
}
