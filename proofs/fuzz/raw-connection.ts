import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** From the last byte sent to the last byte received. */
  readonly ms: number;
}

export interface Exchange {
  readonly bytes: Buffer;
  /** Answers to HEAD announce a body and have none. */
  readonly isHead: boolean;
  /** Nothing more is sent behind the bytes: the request may be incomplete. */
  readonly endsBehind: boolean;
}

/** Longer than any answer may take: then there is none. */
const answerMs = 15_000;

/**
 * HTTP/1.1 over one kept socket, one request at a time, of any bytes: client libraries refuse to send most of what a
 * server may be sent.
 */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** @returns null when the server closed the connection without an answer. @throws when there is none in time. */
  async exchange({ bytes, isHead, endsBehind }: Exchange): Promise<Answer | null> {
    // A kept connection may be closed by the server in the same moment: the second one is new.
    const wasKept = this.#socket !== null;
    const answer = await this.#once(bytes, isHead, endsBehind);
    return answer === null && wasKept ? await this.#once(bytes, isHead, endsBehind) : answer;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  async #once(bytes: Buffer, isHead: boolean, endsBehind: boolean): Promise<Answer | null> {
    this.#socket ??= await opened(this.#port);
    const socket = this.#socket;
    return await new Promise<Answer | null>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const start = performance.now();
      const done = (settle: () => void, isKept: boolean): void => {
        clearTimeout(timer);
        socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
        socket.on('error', () => undefined);
        if (!isKept) this.close();
        settle();
      };
      const timer = setTimeout(
        () => done(() => reject(new Error(`no answer within ${answerMs / 1_000} s`)), false),
        answerMs,
      );
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        const whole = parsed(chunks.length === 1 ? chunk : Buffer.concat(chunks), isHead);
        if (whole === null) return;
        const isClosing = whole.headers.get('connection')?.toLowerCase() === 'close';
        const isKept = !isClosing && !endsBehind && !isStream(whole);
        done(() => resolve({ ...whole, ms: performance.now() - start }), isKept);
      });
      socket.on('error', () => done(() => resolve(null), false));
      socket.on('close', () => done(() => resolve(null), false));
      socket.write(bytes);
      if (endsBehind) socket.end();
    });
  }
}

/** An answer in pieces, of events or of rows, that does not say its length: its head is all of it here. */
export function isStream({ status, headers }: Pick<Answer, 'status' | 'headers'>): boolean {
  return status === 200 && /^text\/(?:event-stream|csv)\b/.test(headers.get('content-type') ?? '');
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** @returns null while something is missing. Answers of this server say their length. */
function parsed(bytes: Buffer, isHead: boolean): Omit<Answer, 'ms'> | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  const rest = bytes.subarray(end + 4);
  if (status >= 100 && status < 200 && status !== 101) return parsed(rest, isHead);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const length = isHead || status === 204 || status === 304 ? 0 : Number(headers.get('content-length') ?? 0);
  return rest.length < length ? null : { status, headers, body: rest.subarray(0, length) };
}
