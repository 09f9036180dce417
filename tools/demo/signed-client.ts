import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationOf, signingDate } from './request-signature.ts';

const REQUEST_LIMIT_MS = 30_000;
/** A throttled request is repeated this often; the server says after how many seconds. */
const THROTTLED_TRIES_MAX = 5;

/** Where a server is and how to sign for it. */
export interface SignedAccess {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The name of the project, as the vendor's SDKs take it. */
  readonly region: string;
}

/** An answer with a status of 400 or more. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Such as `Cdm.0100`; empty when the answer has none. */
  readonly code: string;

  constructor(call: string, status: number, body: Readonly<Record<string, unknown>>) {
    const code = String(body.errCode ?? body.error_code ?? '');
    super(`${call}: ${status} ${code} ${body.externalMessage ?? body.error_msg ?? JSON.stringify(body)}`);
    this.status = status;
    this.code = code;
  }
}

/** Speaks to a server as an SDK does, every request signed. */
export class SignedClient {
  readonly projectId: string;
  readonly #access: SignedAccess;

  private constructor(access: SignedAccess, projectId: string) {
    this.#access = access;
    this.projectId = projectId;
  }

  /** Looks the project up by the region's name. @throws ApiError when the keys are not accepted. */
  static async connect(access: SignedAccess): Promise<SignedClient> {
    const { projects } = await new SignedClient(access, '').call(
      'GET',
      `/v3/projects?name=${encodeURIComponent(access.region)}`,
    );
    const id = Array.isArray(projects) ? projects[0]?.id : undefined;
    if (typeof id !== 'string') throw new Error(`there is no project for region ${access.region}`);
    return new SignedClient(access, id);
  }

  /**
   * @param target path and query, percent-encoded
   * @returns the answer's JSON object; empty when it has no body
   * @throws ApiError when the server refuses
   */
  async call(method: string, target: string, body?: unknown): Promise<Record<string, unknown>> {
    const url = new URL(target, this.#access.endpoint);
    const text = body === undefined ? '' : JSON.stringify(body);
    for (let tries = 1; ; tries += 1) {
      const response = await this.#send(method, url, text);
      const answer = await response.text();
      if (response.status === 429 && tries < THROTTLED_TRIES_MAX) {
        await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000);
        continue;
      }
      const parsed = parse(answer);
      if (response.status >= 400) throw new ApiError(`${method} ${url.pathname}`, response.status, parsed);
      return parsed;
    }
  }

  #send(method: string, url: URL, body: string): Promise<Response> {
    const headers: Record<string, string> = {
      host: url.host,
      'content-type': 'application/json',
      'x-sdk-date': signingDate(new Date()),
      ...(this.projectId ? { 'x-project-id': this.projectId } : {}),
    };
    const { accessKey, secretKey } = this.#access;
    const authorization = authorizationOf({ method, url, headers, body }, accessKey, secretKey);
    return fetch(url, {
      method,
      headers: { ...headers, authorization },
      ...(body === '' ? {} : { body }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
  }
}

function parse(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
