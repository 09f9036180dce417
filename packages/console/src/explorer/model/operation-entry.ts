import type { OpenApiDocument, OpenApiOperation } from '@sluice/contract/openapi';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A text in the two languages of the page. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

export type Language = keyof Text;

/** One field of the form. */
export interface ParameterField {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly isRequired: boolean;
  readonly description: Text;
  readonly schema: JsonSchema;
  readonly example: string;
}

export interface BodyField {
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
  /** The published example; undefined when there is none. */
  readonly example: unknown;
}

export interface AnswerField {
  readonly status: string;
  readonly description: string;
  /** null: no JSON is answered. */
  readonly schema: JsonSchema | null;
}

/** Which of the two descriptions an operation comes from. */
export type ApiId = 'cdm' | 'own';

/** One operation as the page shows it. */
export interface OperationEntry {
  readonly id: string;
  readonly api: ApiId;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly summary: Text;
  readonly isAsync: boolean;
  /** Requests per user and minute; null: no limit of its own. */
  readonly requestsPerMinute: number | null;
  readonly parameters: readonly ParameterField[];
  readonly body: BodyField | null;
  readonly answers: readonly AnswerField[];
}

/** What the page knows of one API. */
export interface ApiDescription {
  readonly api: ApiId;
  readonly title: string;
  readonly version: string;
  readonly operations: readonly OperationEntry[];
  /** Named schemas, under `#/components/schemas/…`. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Reads one OpenAPI document. Operations that share a route are told apart again: each is an entry of its own. Pure. */
export function readDescription(api: ApiId, document: OpenApiDocument): ApiDescription {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      entriesOf(api, path, method.toUpperCase(), operation, document),
    ),
  );
  return {
    api,
    title: document.info.title,
    version: document.info.version,
    operations,
    schemas: document.components.schemas,
  };
}

function entriesOf(
  api: ApiId,
  path: string,
  method: string,
  operation: OpenApiOperation,
  document: OpenApiDocument,
): OperationEntry[] {
  const requestBody = operation.requestBody?.content['application/json'];
  const entry: OperationEntry = {
    id: operation.operationId,
    api,
    tag: operation.tags[0] ?? '',
    method,
    path,
    summary: { en: operation.summary, zh: operation['x-summary-zh'] },
    isAsync: operation.description !== undefined,
    requestsPerMinute: operation['x-rate-limit']?.requests ?? null,
    parameters: operation.parameters.map(({ $ref }) => parameterField(referred(document, $ref))),
    body:
      requestBody === undefined
        ? null
        : {
            isRequired: operation.requestBody?.required ?? false,
            schema: requestBody.schema,
            example: requestBody.example,
          },
    answers: Object.entries(operation.responses).map(([status, response]) =>
      answerField(status, '$ref' in response ? referred(document, response.$ref) : response),
    ),
  };
  const variants = operation['x-variants'] ?? [];
  return variants.length === 0
    ? [entry]
    : variants.map((variant) => ({
        ...entry,
        id: variant.operationId,
        summary: { en: variant.summary, zh: variant['x-summary-zh'] },
        requestsPerMinute: variant['x-rate-limit'],
        body: {
          isRequired: entry.body?.isRequired ?? true,
          schema: variant.request,
          example: variant.example,
        },
        answers: entry.answers.map((answer) =>
          answer.status.startsWith('2') ? { ...answer, schema: variant.response } : answer,
        ),
      }));
}

/** What `#/components/…` stands for; undefined when the document does not hold it. */
function referred(document: OpenApiDocument, ref: string): unknown {
  let found: unknown = document;
  for (const step of ref.replace(/^#\//, '').split('/')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}

function parameterField(described: unknown): ParameterField {
  const parameter = described as {
    readonly name: string;
    readonly in: ParameterField['in'];
    readonly required: boolean;
    readonly description: string;
    readonly 'x-description-zh'?: string;
    readonly schema: JsonSchema;
    readonly example: string | number;
  };
  return {
    name: parameter.name,
    in: parameter.in,
    isRequired: parameter.required,
    description: { en: parameter.description, zh: parameter['x-description-zh'] ?? parameter.description },
    schema: parameter.schema,
    example: String(parameter.example),
  };
}

function answerField(status: string, described: unknown): AnswerField {
  const response = described as {
    readonly description: string;
    readonly content?: { readonly 'application/json'?: { readonly schema: JsonSchema } };
  };
  return {
    status,
    description: response.description,
    schema: response.content?.['application/json']?.schema ?? null,
  };
}

/** Where a `$ref` of a schema leads; the schema itself when it is none. */
export function resolvedSchema(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const ref = schema.$ref;
  if (typeof ref !== 'string') return schema;
  return schemas[ref.replace('#/components/schemas/', '')] ?? {};
}

/** The texts that a schema allows, when it lists them. */
export function allowedTexts(schema: JsonSchema): readonly string[] | null {
  return Array.isArray(schema.enum) ? schema.enum.map(String) : null;
}

/** Does the operation fit what was typed into the search? Every word must be found somewhere. */
export function isFound(entry: OperationEntry, query: string): boolean {
  const place = `${entry.id} ${entry.method} ${entry.path} ${entry.summary.en} ${entry.summary.zh} ${entry.tag}`;
  const text = place.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
