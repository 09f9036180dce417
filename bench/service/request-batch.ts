import { authorizationOf, signingDate } from '../../tools/demo/request-signature.ts';

/** How the questions of a load prove who asks; `ak-sk-anew`: by signatures of which no two are alike. */
export type SignOn = 'none' | 'token' | 'ak-sk' | 'ak-sk-anew';

/** Which questions clients ask: the client of number n asks for the path of number n, over and over. */
export interface RequestBatch {
  readonly signOn: SignOn;
  readonly paths: readonly string[];
  readonly projectId: string;
  readonly token: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Questions are signed for so many seconds more than the load lasts. */
const SPARE_SECONDS = 3;
/** Questions of which no two are alike go round after so many: by then no server remembers them. */
const UNLIKE = 8_192;

/**
 * The bytes of questions, made before the load begins. A signature holds its second and its path, so every client sends other
 * bytes than the rest, and other bytes each second: as many signatures as there are clients and seconds. A client that asks
 * again within the second sends the same again, as SDKs do.
 */
export class PreparedRequests {
  readonly #batch: RequestBatch;
  readonly #host: string;
  readonly #from = Math.floor(Date.now() / 1_000);
  /** By second since `#from`, then by client; of requests that do not depend on the time there is one second. */
  readonly #seconds: readonly (readonly Buffer[])[];
  readonly #unlike: readonly Buffer[];
  #taken = 0;

  constructor(batch: RequestBatch, host: string, clients: number, lastsMs: number) {
    this.#batch = batch;
    this.#host = host;
    const count = batch.signOn === 'ak-sk' ? Math.ceil(lastsMs / 1_000) + SPARE_SECONDS : 1;
    this.#seconds = Array.from({ length: count }, (_, second) =>
      Array.from({ length: clients }, (_, client) => this.#request(client, second, {})),
    );
    this.#unlike = Array.from({ length: batch.signOn === 'ak-sk-anew' ? UNLIKE : 0 }, (_, no) =>
      this.#request(no, 0, { 'x-request-number': String(no) }),
    );
  }

  /** What the client sends now. @param unixMs the time. */
  at(client: number, unixMs: number): Buffer {
    const last = this.#seconds.length - 1;
    const second = last === 0 ? 0 : Math.min(last, Math.floor(unixMs / 1_000) - this.#from);
    const request =
      this.#unlike.length > 0 ? this.#unlike[this.#taken++ % UNLIKE] : this.#seconds[second]?.[client];
    if (request === undefined) throw new Error(`no question was prepared for client ${client}`);
    return request;
  }

  #request(client: number, second: number, more: Readonly<Record<string, string>>): Buffer {
    const { signOn, paths, projectId, token, accessKey, secretKey } = this.#batch;
    const path = paths[client % paths.length] ?? '/';
    // As the vendor's SDKs send it, in number and length of headers too.
    const headers: Record<string, string> = {
      host: this.#host,
      'user-agent': 'huaweicloud-usdk-python/3.0',
      'content-type': 'application/json',
      'x-project-id': projectId,
      ...more,
    };
    if (signOn === 'token') headers['x-auth-token'] = token;
    if (signOn === 'ak-sk' || signOn === 'ak-sk-anew') {
      headers['x-sdk-date'] = signingDate(new Date((this.#from + second) * 1_000));
      const url = new URL(path, `http://${this.#host}`);
      headers.authorization = authorizationOf(
        { method: 'GET', url, headers, body: '' },
        accessKey,
        secretKey,
      );
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  }
}
