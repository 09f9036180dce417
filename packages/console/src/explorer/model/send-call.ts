import { type SignedRequest, signingDate, signRequest } from '@sluice/contract/signing/sign-request';
import type { PlainRequest } from './request-draft.ts';
import type { SignOn } from './signed-on.ts';

/** A call must be answered within this time. Streams of events may last as long as the user wants. */
const callLimitMs = 120_000;
/** Bytes of an answer that are kept to be shown. */
export const answerBytesMax = 4 * 1024 * 1024;

export interface SentCall {
  readonly request: PlainRequest;
  /** Every header that this page set, and Host, which is signed; the browser adds some of its own. */
  readonly sentHeaders: readonly (readonly [name: string, value: string])[];
  /** null: the call was not signed with keys. */
  readonly signed: SignedRequest | null;
}

export interface Answer extends SentCall {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyText: string;
  readonly bodyBytes: number;
  /** The answer was longer than what is kept. */
  readonly isCut: boolean;
  readonly tookMs: number;
}

/** The call was not answered: no connection, out of time, or ended by the user. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly reason: 'network' | 'timeout' | 'cancelled';
  readonly call: SentCall;

  constructor(reason: CallFailed['reason'], call: SentCall, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.call = call;
  }
}

export interface SendOptions {
  /** null: the call goes out without a sign-on. */
  readonly signOn?: SignOn | null;
  readonly projectId?: string;
  readonly signal?: AbortSignal;
  /** Takes what has come of a stream of events so far. */
  readonly onProgress?: (answer: Answer) => void;
}

/**
 * Sends one call to this server and reads its answer whole.
 * @throws CallFailed
 */
export async function sendCall(
  base: string,
  request: PlainRequest,
  options: SendOptions = {},
): Promise<Answer> {
  const { call, headers } = await signedOn(base, request, options);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), callLimitMs);
  const signals = [limit.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const started = performance.now();
  try {
    const response = await fetch(new URL(request.target, base), {
      method: request.method,
      headers: headers.map(([name, value]) => [name, value] as [string, string]),
      ...(request.body === null ? {} : { body: request.body }),
      signal: AbortSignal.any(signals),
      // Nothing but what is shown: no cookie, no cached answer, no way to another server.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) clearTimeout(timer);
    const begun: Omit<Answer, 'bodyText' | 'bodyBytes' | 'isCut' | 'tookMs'> = {
      ...call,
      status: response.status,
      statusText: response.statusText,
      headers: [...response.headers],
    };
    const soFar = (body: Body): Answer => ({ ...begun, ...body, tookMs: performance.now() - started });
    const body = await readAnswer(response, (part) => {
      if (isStream) options.onProgress?.(soFar(part));
    });
    return soFar(body);
  } catch (error) {
    const reason = options.signal?.aborted ? 'cancelled' : limit.signal.aborted ? 'timeout' : 'network';
    throw new CallFailed(reason, call, error);
  } finally {
    clearTimeout(timer);
  }
}

type Body = Pick<Answer, 'bodyText' | 'bodyBytes' | 'isCut'>;

async function readAnswer(response: Response, onPart: (body: Body) => void): Promise<Body> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let body: Body = { bodyText: '', bodyBytes: 0, isCut: false };
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    const room = answerBytesMax - body.bodyBytes;
    const kept = value.subarray(0, Math.max(0, room));
    body = {
      bodyText: body.bodyText + decoder.decode(kept, { stream: true }),
      bodyBytes: body.bodyBytes + kept.length,
      isCut: body.isCut || kept.length < value.length,
    };
    onPart(body);
    if (body.isCut) {
      await reader.cancel();
      break;
    }
  }
  return { ...body, bodyText: body.bodyText + decoder.decode() };
}

/** Adds what proves the caller. */
async function signedOn(
  base: string,
  request: PlainRequest,
  { signOn = null, projectId = '' }: SendOptions,
): Promise<{ call: SentCall; headers: readonly (readonly [string, string])[] }> {
  const host = ['Host', new URL(base).host] as const;
  if (signOn === null) {
    return {
      call: { request, sentHeaders: [host, ...request.headers], signed: null },
      headers: request.headers,
    };
  }
  if (signOn.kind === 'token') {
    const headers = [...request.headers, ['X-Auth-Token', signOn.token] as const];
    return { call: { request, sentHeaders: [host, ...headers], signed: null }, headers };
  }
  const unsigned = [
    ...request.headers,
    ...(projectId === '' ? [] : [['X-Project-Id', projectId] as const]),
    ...(signOn.securityToken === null ? [] : [['X-Security-Token', signOn.securityToken] as const]),
    ['X-Sdk-Date', signingDate(new Date())] as const,
  ];
  const signed = await signRequest(
    {
      method: request.method,
      target: request.target,
      headers: [host, ...unsigned],
      body: request.body ?? '',
    },
    signOn.accessKey,
    signOn.key,
  );
  const headers = [...unsigned, ['Authorization', signed.authorization] as const];
  return { call: { request, sentHeaders: [host, ...headers], signed }, headers };
}
