import { type Finding, readBody } from './body-check.ts';
import type { ApiDescription, OperationEntry, ParameterField } from './operation-entry.ts';

/** What was typed into the form of one operation. */
export interface Draft {
  /** By parameter name; what is empty is not sent. */
  readonly values: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly bodyText: string;
}

/** What goes onto the wire, before it is signed. */
export interface PlainRequest {
  readonly method: string;
  /** Path and query, as a browser sends them. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** null: no body is sent. */
  readonly body: string | null;
}

export interface PreparedRequest {
  readonly request: PlainRequest;
  readonly body: unknown;
  /** What the form shows beside its fields. Those that are errors keep the call from being sent. */
  readonly findings: readonly Finding[];
}

/** Puts the parts together. Pure. @param base where the server is reached, without a slash at the end. */
export function prepareRequest(
  entry: OperationEntry,
  draft: Draft,
  description: Pick<ApiDescription, 'schemas'>,
  base: string,
): PreparedRequest {
  const findings = entry.parameters.flatMap((parameter) => parameterFindings(parameter, draft));
  const sent = (place: ParameterField['in']) =>
    entry.parameters.flatMap(({ name, in: where }) => {
      const value = draft.values[name] ?? '';
      return where === place && value !== '' ? [[name, value] as const] : [];
    });
  const path = entry.path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = draft.values[name] ?? '';
    return value === '' ? whole : percentEncoded(value);
  });
  const query = sent('query').map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`);
  const url = new URL(`${base}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`);
  const body = entry.body === null ? null : readBody(draft.bodyText, entry.body, description);
  const hasBody = body !== null && draft.bodyText.trim() !== '';
  return {
    request: {
      method: entry.method,
      target: `${url.pathname}${url.search}`,
      headers: [...sent('header'), ...(hasBody ? [['Content-Type', 'application/json'] as const] : [])],
      body: hasBody ? draft.bodyText : null,
    },
    body: body?.value,
    findings: [...findings, ...(body?.findings ?? [])],
  };
}

function parameterFindings(parameter: ParameterField, draft: Draft): Finding[] {
  const { name, in: place, isRequired, schema } = parameter;
  const value = draft.values[name] ?? '';
  const finding = (kind: Finding['kind'], reason: Finding['reason'], detail = ''): Finding => ({
    kind,
    reason,
    at: name,
    detail,
  });
  if (value === '') {
    if (!isRequired) return [];
    // Without its part of the path there is no address to call; anything else the server may judge.
    return [finding(place === 'path' ? 'error' : 'warning', 'missing')];
  }
  // Browsers take such a segment for a step up, even when it is escaped.
  if (place === 'path' && /^\.{1,2}$/.test(value)) return [finding('error', 'dots')];
  if (place === 'header' && !/^[ -~]*$/.test(value)) return [finding('error', 'header-text')];
  if (Array.isArray(schema.enum) && !schema.enum.map(String).includes(value)) {
    return [finding('warning', 'enum', schema.enum.map(String).join(', '))];
  }
  if (schema.type === 'integer' && !/^-?\d+$/.test(value)) return [finding('warning', 'integer')];
  return [];
}

/** Letters, digits and `-_.~` stay; everything else is percent-encoded in capitals, as UTF-8. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
