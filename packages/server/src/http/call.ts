import type { Language } from '@sluice/core/data/text';
import type { Caller } from '../identity/caller.ts';

/** One request of a proved caller, as operations see it. */
export interface Call {
  readonly caller: Caller;
  readonly projectId: string;
  readonly language: Language;
  /** Path parameters by their names in the contract's table, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** A header by its name in lower case; null: it did not come. */
  header(name: string): string | null;
  /** The request target as it came. */
  readonly target: string;
  /** The body as JSON; undefined when there is none. @throws Cdm.0014 (400) when it is no JSON. */
  json(): unknown;
  /** Aborts when the caller closes the connection ahead of the answer. */
  gone(): AbortSignal;
}

/** @returns the answer's body, its status is the contract's; or a stream, for operations that are one. */
export type Handler = (call: Call) => Promise<object>;

/** A path parameter that the route must have. */
export function parameterOf(call: Call, name: string): string {
  const value = call.parameters[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
}

/** A query parameter; the first, when there are several. @returns null when absent or blank. */
export function queryText(call: Pick<Call, 'query'>, name: string): string | null {
  const value = call.query.get(name);
  return value === null || value.trim() === '' ? null : value;
}

/** Highest page that can be asked for; beyond it the offset would leave the numbers that stores take. */
const pageNoMax = 1_000_000;

/** `page_no` of the query; the first page is 1. */
export function pageNumber(call: Call): number {
  return queryNumber(call, 'page_no', { min: 1, max: pageNoMax, default: 1 });
}

/** A whole number of the query, brought into its bounds; what is no number means absent. */
export function queryNumber(
  call: Call,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly default: number },
): number {
  const text = queryText(call, name);
  const value = text === null || !/^\s*[+-]?\d{1,15}\s*$/.test(text) ? bounds.default : Number(text);
  return Math.min(bounds.max, Math.max(bounds.min, value));
}
