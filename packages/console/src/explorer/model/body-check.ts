import { Errors } from 'typebox/schema';
import { jsonErrorPlace } from './json-error-place.ts';
import type { ApiDescription, BodyField, JsonSchema } from './operation-entry.ts';

/** Something about the request that the user should know before it is sent. */
export interface Finding {
  /** An error keeps the call from being sent; with a warning the server is asked all the same. */
  readonly kind: 'error' | 'warning';
  /** Word for what was found; its sentence is among the page's texts. */
  readonly reason:
    | 'missing'
    | 'dots'
    | 'header-text'
    | 'enum'
    | 'integer'
    | 'json'
    | 'body-missing'
    | 'member-missing'
    | 'member-type'
    | 'member-value';
  /** A parameter's name, or a place in the body: `jobs[0].name`. */
  readonly at: string;
  readonly detail: string;
}

/** Findings on one body that are shown; what is wrong is wrong in one place more often than in twenty. */
const findingsMax = 8;

/** Reads what stands in the body's editor and holds it against the schema. Pure. */
export function readBody(
  text: string,
  field: BodyField,
  { schemas }: Pick<ApiDescription, 'schemas'>,
): { readonly value: unknown; readonly findings: readonly Finding[] } {
  if (text.trim() === '') {
    const findings: Finding[] = field.isRequired
      ? [{ kind: 'warning', reason: 'body-missing', at: '', detail: '' }]
      : [];
    return { value: undefined, findings };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { line, column } = jsonErrorPlace(text);
    return {
      value: undefined,
      findings: [{ kind: 'error', reason: 'json', at: '', detail: `${line}:${column}` }],
    };
  }
  return { value, findings: schemaFindings(field.schema, value, schemas) };
}

function schemaFindings(
  schema: JsonSchema,
  value: unknown,
  schemas: Readonly<Record<string, JsonSchema>>,
): Finding[] {
  const [isFit, errors] = Errors(inlined(schema, schemas) as object, value);
  if (isFit) return [];
  const findings = new Map<string, Finding>();
  for (const error of errors) {
    const at = placeOf(error.instancePath);
    const found = (reason: Finding['reason'], place: string, detail: string) =>
      findings.set(`${reason} ${place}`, { kind: 'warning', reason, at: place, detail });
    switch (error.keyword) {
      case 'required':
        for (const member of error.params.requiredProperties)
          found('member-missing', at === '' ? member : `${at}.${member}`, '');
        break;
      case 'type':
        found('member-type', at, [error.params.type].flat().join(', '));
        break;
      case 'enum':
        found('member-value', at, error.params.allowedValues.map(String).join(', '));
        break;
      case 'minLength':
      case 'minItems':
      case 'minimum':
        found('member-value', at, `≥ ${error.params.limit}`);
        break;
      case 'maxLength':
      case 'maxItems':
      case 'maximum':
        found('member-value', at, `≤ ${error.params.limit}`);
        break;
      // What an `anyOf` says is said by its branches.
      case 'anyOf':
      case 'oneOf':
        break;
      default:
        found('member-value', at, '');
    }
  }
  if (findings.size === 0) {
    return [
      { kind: 'warning', reason: 'member-value', at: placeOf(errors[0]?.instancePath ?? ''), detail: '' },
    ];
  }
  return [...findings.values()].slice(0, findingsMax);
}

/** `/jobs/0/name` as `jobs[0].name`. */
function placeOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

/** The schema with every reference in the place of what it names. Our descriptions hold no circles; a deep one ends here. */
function inlined(value: unknown, schemas: Readonly<Record<string, JsonSchema>>, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, schemas, depth + 1));
  if (typeof value !== 'object' || value === null || depth > schemaDepthMax) return value;
  const schema = value as JsonSchema;
  if (typeof schema.$ref === 'string') {
    const named = schemas[schema.$ref.replace('#/components/schemas/', '')];
    return named === undefined ? {} : inlined(named, schemas, depth + 1);
  }
  return Object.fromEntries(
    Object.entries(schema).map(([name, of]) => [name, inlined(of, schemas, depth + 1)]),
  );
}

const schemaDepthMax = 64;
