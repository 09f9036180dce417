import { Compile } from 'typebox/compile';
import { CdmError } from '../../packages/contract/src/errors.ts';
import { LinkValidationFailure } from '../../packages/contract/src/links.ts';
import { operations } from '../../packages/contract/src/operations.ts';
import { ownOperations } from '../../packages/contract/src/own-operations.ts';
import { routedTarget, splitTarget } from '../../packages/server/src/http/request-target.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { type Answer, isStream } from './raw-connection.ts';

/** An answer may take this long. */
export const answerMsMax = 2_000;

/** A head up to this length is read whole. */
const headCharactersMax = 60_000;

const error = Compile(CdmError);
const linkFailure = Compile(LinkValidationFailure);

const routes = [...operations, ...ownOperations].map(
  ({ operationId, method, path, response, successStatus }) => ({
    operationId,
    method,
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`),
    response: Compile(response),
    successStatus,
  }),
);

const cjk = /[\u3400-\u9fff]/;
const traces = [
  /\n\s*at [^\n]+:\d+/,
  /\bat (?:async )?[\w.<>]+ \((?:file|node|\/)/,
  /node_modules/,
  /\bnode:internal/,
  /(?:TypeError|RangeError|ReferenceError|SyntaxError): /,
];

/** What no answer may hold. */
export interface Forbidden {
  readonly what: string;
  readonly text: string;
}

/** What is wrong with an answer; empty: nothing. Each begins with a word that says which rule it breaks. */
export function judge(
  request: FuzzRequest,
  answer: Answer,
  forbidden: readonly Forbidden[],
): readonly string[] {
  const found: string[] = [];
  const text = answer.body.toString();
  if (answer.ms > answerMsMax) found.push(`slow: ${Math.round(answer.ms)} ms`);
  for (const { what, text: secret } of forbidden) if (text.includes(secret)) found.push(`leak: ${what}`);
  for (const trace of traces) if (trace.test(text)) found.push(`leak: ${trace.exec(text)?.[0].trim()}`);
  if (request.method === 'HEAD') return found;
  if (isStream(answer))
    return isAnsweredInPieces(request) ? found : [...found, 'header: a stream that nobody asked for'];
  if (answer.headers.get('content-type') !== 'application/json') found.push('header: content type');
  const id = answer.headers.get('x-request-id') ?? '';
  if (id === '') found.push('header: no request id');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [...found, 'body: no JSON'];
  }
  return [
    ...found,
    ...(answer.status >= 400
      ? refused(request, answer.status, body, id)
      : taken(request, answer.status, body)),
  ];
}

/** Operations that answer in pieces. */
const streamed: ReadonlySet<string> = new Set(['FollowRun', 'DownloadRejects']);

function isAnsweredInPieces(request: FuzzRequest): boolean {
  const path = pathOf(request);
  return routes.some(({ operationId, pattern }) => streamed.has(operationId) && pattern.test(path));
}

/** Path as the server routes it, without its query. */
function pathOf(request: FuzzRequest): string {
  return splitTarget(routedTarget(request.target)).path;
}

function refused(request: FuzzRequest, status: number, body: unknown, id: string): string[] {
  const found: string[] = [];
  const path = pathOf(request);
  const isLinkFailure = status === 500 && linkFailure.Check(body);
  const mayFailLink = /\/cdm\/link(?:\/|$)/.test(path) && ['POST', 'PUT'].includes(request.method);
  if (status >= 500 && !(isLinkFailure && mayFailLink)) found.push(`5xx: ${status} ${JSON.stringify(body)}`);
  if (/^\/v3(?:\.0)?\//.test(path) && isKeystoneError(body, status)) return found;
  if (!isLinkFailure && !error.Check(body)) return [...found, `error body: ${JSON.stringify(body)}`];
  const { errCode, externalMessage, code, message, error_code, error_msg, request_id } = body as CdmError;
  if (errCode === '' || new Set([errCode, code, error_code]).size > 1) found.push('error body: codes differ');
  if (externalMessage === '' || new Set([externalMessage, message, error_msg]).size > 1)
    found.push('error body: messages differ');
  if (request_id !== id) found.push('error body: the id is not that of the header');
  if (
    /\{\w+\}|\bundefined\b|\[object /.test(externalMessage) &&
    !/\{\w+\}|undefined|object/.test(sentText(request))
  )
    found.push(`text: unfilled: ${externalMessage}`);
  const wanted = languageWanted(request);
  if (wanted === 'zh' && !cjk.test(externalMessage)) found.push(`language: not Chinese: ${externalMessage}`);
  if (wanted === 'en' && cjk.test(externalMessage) && !cjk.test(sentText(request)))
    found.push(`language: not English: ${externalMessage}`);
  return found;
}

function taken(request: FuzzRequest, status: number, body: unknown): string[] {
  const path = pathOf(request);
  const sharing = routes.filter(({ method, pattern }) => method === request.method && pattern.test(path));
  if (sharing.length === 0 || request.raw !== null) return [];
  const fits = sharing.some(
    ({ response, successStatus }) => status === successStatus && response.Check(body),
  );
  if (fits) return [];
  const [first] = sharing;
  const [why] = first?.response.Errors(body) ?? [];
  return [`schema: ${first?.operationId} ${status}: ${JSON.stringify(why)}`];
}

function isKeystoneError(body: unknown, status: number): boolean {
  const { error: inner } = body as { error?: { code?: unknown; message?: unknown; title?: unknown } };
  return inner?.code === status && typeof inner.message === 'string' && inner.message !== '';
}

/** null: the request could not be read, so its wish could not either. */
function languageWanted({ headers, raw, target }: FuzzRequest): 'en' | 'zh' | null {
  // Of a head that is too long only the beginning is read.
  const length = headers.reduce((sum, [, value]) => sum + value.length, target.length);
  if (raw !== null || length > headCharactersMax) return null;
  const wishes = headers.filter(([name]) => name === 'X-Language').map(([, value]) => value);
  if (wishes.length > 1) return null;
  return /^\s*zh([-_]|\s*$)/i.test(wishes[0] ?? '') ? 'zh' : 'en';
}

/** All that an answer may repeat, decoded as far as that goes. */
function sentText({ target, body }: FuzzRequest): string {
  let path = target;
  try {
    path = decodeURIComponent(target);
  } catch {
    path = `${target}数undefined`; // Odd escapes: nobody knows what is shown of it.
  }
  const sent = body?.toString() ?? '';
  return `${path}${sent}${JSON.stringify(sent)}`;
}
