import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { examples } from '../examples.ts';
import type { Operation } from '../operation.ts';
import { operationOf } from '../operations.ts';
import { type Parameter, parameters } from '../parameters.ts';
import { bodyCharsMax, bodyDepthMax, textCharsMax } from './limits.ts';
import { percentEncoded } from './literals.ts';
import type { SampleNote } from './sample-note.ts';
import type { SdkOperationId } from './sdk-models.ts';
import type { Json } from './sdk-values.ts';

/** What a user typed in. */
export interface SampleRequest {
  readonly operationId: SdkOperationId;
  /** Where the server is reached: `https://cdm.example.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly projectId: string;
  /** How calls sign on; samples read what is secret from the environment, whichever it is. */
  readonly signOn: 'keys' | 'token';
  /** Path, query and header parameters by name. Of those that must be, the contract's example stands in for what is absent. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The body, from JSON; undefined stands for the contract's example where there must be one, and for none elsewhere. */
  readonly body: unknown;
}

/** One call, checked, with all that samples of any language need. */
export interface SampleCall {
  readonly operationId: SdkOperationId;
  readonly operation: Operation;
  /** Scheme, host, port and perhaps a path, without a slash at the end; ASCII only. */
  readonly endpoint: string;
  readonly region: string;
  readonly projectId: string;
  readonly signOn: 'keys' | 'token';
  /** Parameters but the project, in the contract's order. */
  readonly parameters: ReadonlyMap<string, string>;
  /** With every parameter filled in and percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Without those that belong to the sign-on. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Json | undefined;
  readonly notes: readonly SampleNote[];
}

/**
 * Checks what was typed in and fills in what is missing.
 * @throws Cdm.0014 (400) for an endpoint that is no address, and for what is too long or nested too deep.
 */
export function sampleCall(request: SampleRequest): SampleCall {
  const { operationId, region, projectId, signOn } = request;
  const operation = operationOf(operationId);
  const notes: SampleNote[] = [];
  const used = operation.parameters.map((id): Parameter => parameters[id]);
  for (const [name, value] of Object.entries({ ...request.parameters, region, projectId })) {
    if (value.length > textCharsMax) throw tooLong(name, textCharsMax);
  }
  const values = new Map(
    used.flatMap((parameter) => {
      const value = parameterValue(parameter, request.parameters, notes);
      return value === undefined ? [] : [[parameter.name, value] as const];
    }),
  );
  for (const name of Object.keys(request.parameters)) {
    if (!used.some((parameter) => parameter.name === name))
      notes.push({ reason: 'unknown-parameter', at: name });
  }
  const of = (place: Parameter['in']) =>
    used.flatMap(({ name, in: where }) => {
      const value = values.get(name);
      return where === place && value !== undefined ? [[name, value] as const] : [];
    });
  return {
    operationId,
    operation,
    endpoint: endpointOf(request.endpoint),
    region,
    projectId,
    signOn,
    parameters: values,
    path: operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
      percentEncoded(name === 'project_id' ? projectId : (values.get(name) ?? '')),
    ),
    query: of('query'),
    headers: of('header'),
    body: bodyOf(operation, request.body),
    notes,
  };
}

/** Headers that the packages want and the service does not: without a value they would be sent empty. */
const wantedBySdks = ['X-Language'];

function parameterValue(
  { name, in: place, isRequired, example }: Parameter,
  given: Readonly<Record<string, string>>,
  notes: SampleNote[],
): string | undefined {
  if (name === 'project_id') return undefined;
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  // A control in a header would begin another one.
  if (place === 'header' && value !== undefined && !/^[ -~]*$/.test(value)) {
    notes.push({ reason: 'misfit', at: name });
  } else if (value !== undefined && value !== '') return value.toWellFormed();
  return isRequired || wantedBySdks.includes(name) ? String(example) : undefined;
}

function endpointOf(given: string): string {
  const url = URL.canParse(given) && given.length <= textCharsMax ? new URL(given) : null;
  const isAddress =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    /^[\w.:[\]-]+$/.test(url.host) &&
    /^[\w.~%/-]*$/.test(url.pathname);
  if (!isAddress) {
    throw refused('endpoint', {
      en: 'endpoint is an address with http or https, a host, and no user, query or fragment.',
      zh: 'endpoint 须为 http 或 https 地址，仅含主机，不带用户、查询参数和片段。',
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function bodyOf(operation: Operation, given: unknown): Json | undefined {
  if (operation.request === null) return undefined;
  const body = given ?? (operation.isRequestOptional ? undefined : examples[operation.operationId]?.request);
  if (body === undefined) return undefined;
  if (depthOf(body, bodyDepthMax) > bodyDepthMax) {
    throw refused('body', {
      en: `body is nested deeper than ${bodyDepthMax} levels.`,
      zh: `body 的嵌套超过 ${bodyDepthMax} 层。`,
    });
  }
  const text = JSON.stringify(body);
  if (text.length > bodyCharsMax) throw tooLong('body', bodyCharsMax);
  // What JSON cannot hold is gone, and what is left belongs to nobody else.
  return JSON.parse(text) as Json;
}

/** Levels of lists and objects, counted no further than one beyond `limit`. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (limit === 0) return 1;
  return 1 + Object.values(value).reduce<number>((most, one) => Math.max(most, depthOf(one, limit - 1)), 0);
}

function tooLong(name: string, charsMax: number): SluiceError {
  return refused(name, {
    en: `${name} is longer than ${charsMax} characters.`,
    zh: `${name} 超过 ${charsMax} 个字符。`,
  });
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) }, { status: 400 });
}
