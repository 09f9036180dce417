import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { PollerConnection } from './poller-connection.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers each question with these pieces, one after the other; null: it hangs up. */
async function open(pieces: readonly (string | null)[]) {
  const answer = async (socket: Socket) => {
    for (const piece of pieces) {
      if (piece === null) return void socket.destroy();
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  const server = createServer((socket) => {
    socket.on('data', () => void answer(socket));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const heard: boolean[] = [];
  let onHeard: () => void = () => undefined;
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = await PollerConnection.open(url, (isOk) => {
    heard.push(isOk);
    onHeard();
  });
  closers.push(
    () => connection.close(),
    () => server.close(),
  );
  const ask = async () => {
    const next = new Promise<void>((resolve) => {
      onHeard = resolve;
    });
    connection.ask(Buffer.from('question'));
    await next;
    return heard.at(-1);
  };
  return { connection, ask, heard };
}

it.each([
  ['whole', ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello']],
  ['with its body later', ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'he', 'llo']],
  ['with its head in pieces', ['HTTP/1.', '1 200 OK\r\ncontent-len', 'gth: 5\r\n\r', '\nhel', 'lo']],
])('hears one answer that comes %s, and asks again', async (_, pieces) => {
  const { ask, heard } = await open(pieces);
  for (let time = 1; time <= 3; time += 1) {
    expect(await ask()).toBe(true);
    expect(heard).toHaveLength(time);
  }
});

it.each([
  ['another status', ['HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n']],
  ['an end in between', ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe', null]],
  ['no length', ['HTTP/1.1 200 OK\r\n\r\nhello']],
  ['nothing', [null]],
])('%s is no answer', async (_, pieces) => {
  const { ask } = await open(pieces);
  expect(await ask()).toBe(false);
});

it('says at once that a connection that was closed brings no answer', async () => {
  const { connection, ask } = await open([null]);
  await ask();
  expect(connection.isOpen).toBe(false);
  expect(await ask()).toBe(false);
});
