// The least that Node's own HTTP server does for the same answer: it looks at nothing that was asked. On its input, a line of
// JSON, it is told the answer; on its output it says where it listens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { BareAnswer } from './bare-answer.ts';

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const { headers, body, keepAliveMs }: BareAnswer = JSON.parse(line);
  const server = createServer((_request, response) => {
    response.writeHead(200, [...headers]);
    response.end(body);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
});
input.once('close', () => process.exit(0));
