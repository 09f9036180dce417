import { createHash, createHmac } from 'node:crypto';
import { type Hashing, signingDate, signRequest } from '@sluice/contract/signing/sign-request';
import type { Language } from '@sluice/core/data/text';
import { messageOf, Refusal } from '../telemetry/refusal.ts';
import { clientLimits } from './limits.ts';

/** How a caller proves who he is. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'key'; readonly ak: string; readonly sk: string };

/** Calls of a server by its API. */
export class ServerCall {
  readonly #server: URL;
  readonly #credentials: Credentials;
  readonly #language: Language;

  /** @param server `http://127.0.0.1:8080`. */
  constructor(server: URL, credentials: Credentials, language: Language) {
    this.#server = server;
    this.#credentials = credentials;
    this.#language = language;
  }

  /**
   * @param target path and query, encoded.
   * @param body plain value; undefined: none.
   * @throws Refusal with the server's own sentence, or why there is none.
   */
  async json(method: 'GET' | 'POST', target: string, body?: object): Promise<unknown> {
    const text = body === undefined ? '' : JSON.stringify(body);
    let response: Response;
    let answer: string;
    try {
      response = await fetch(new URL(target, this.#server), {
        method,
        headers: await this.#headers(method, target, text),
        ...(body === undefined ? {} : { body: text }),
        redirect: 'error',
        signal: AbortSignal.timeout(clientLimits.answerMs),
      });
      answer = await textOf(response);
    } catch (error) {
      throw unreachable(this.#server, error);
    }
    const value = parsed(answer);
    if (response.ok && value !== undefined) return value;
    throw refused(response.status, value);
  }

  async #headers(method: string, target: string, body: string): Promise<Record<string, string>> {
    const own = { 'x-language': this.#language === 'zh' ? 'zh-cn' : 'en-us' };
    const typed = body === '' ? own : { ...own, 'content-type': 'application/json' };
    if (this.#credentials.kind === 'token') return { ...typed, 'x-auth-token': this.#credentials.token };
    const { ak, sk } = this.#credentials;
    const date = signingDate(new Date());
    const signed = [
      ['host', this.#server.host],
      ['x-sdk-date', date],
    ] as const;
    const { authorization } = await signRequest({ method, target, headers: signed, body }, ak, keyed(sk));
    return { ...typed, 'x-sdk-date': date, authorization };
  }
}

function keyed(sk: string): Hashing {
  return {
    hash: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
    sign: async (text) => createHmac('sha256', sk).update(text).digest('hex'),
  };
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > clientLimits.answerBytesMax) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @returns undefined when it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(status: number, body: unknown): Refusal {
  const member = (name: string): string => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  const told = [member('errCode'), member('externalMessage')].filter((text) => text !== '').join(' : ');
  // The server speaks the language that it was asked in.
  if (told !== '') return new Refusal({ en: told, zh: told });
  return new Refusal({
    en: `The server answered with status ${status} and no reason: is it a Sluice server?`,
    zh: `服务器返回状态码 ${status}，未说明原因：请确认该地址是 Sluice 服务。`,
  });
}

function unreachable(server: URL, error: unknown): Refusal {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const why = messageOf(cause);
  return new Refusal(
    { en: `No answer from ${server.origin}: ${why}.`, zh: `无法从 ${server.origin} 得到应答：${why}。` },
    { cause: error },
  );
}
