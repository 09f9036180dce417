import type { Access } from './access.ts';
import { CdmError } from './errors.ts';
import { examples } from './examples.ts';
import { LinkValidationFailure } from './links.ts';
import { componentsOf, type JsonSchema, type SchemaComponents } from './openapi-schema.ts';
import type { Operation, OperationId, OperationTag } from './operation.ts';
import { operations } from './operations.ts';
import { type OwnOperationId, ownOperations } from './own-operations.ts';
import { parameterTextsZh } from './parameter-texts.ts';
import { type Parameter, type ParameterId, parameters } from './parameters.ts';

export interface OpenApiOptions {
  /** Where this server is reached: `http://127.0.0.1:8080`, without a slash at the end. */
  readonly serverUrl: string;
  /** Version of the product. */
  readonly version: string;
}

export interface CdmOpenApiOptions extends OpenApiOptions {
  /** The description names only what is there: operations that are not served are left out, with their schemas. */
  readonly isServed: (operationId: OperationId) => boolean;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, OpenApiBody>>;
}

export interface OpenApiBody {
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly OperationTag[];
  readonly summary: string;
  readonly 'x-summary-zh': string;
  readonly description?: string;
  readonly parameters: readonly { readonly $ref: string }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: { readonly 'application/json': OpenApiBody };
  };
  readonly responses: Readonly<Record<string, OpenApiResponse | { readonly $ref: string }>>;
  /** What the caller's role must allow. */
  readonly 'x-access': Access;
  /** Requests per user and minute. */
  readonly 'x-rate-limit'?: { readonly requests: number; readonly window: '60s'; readonly scope: 'user' };
  /** The operations that share this route, told apart by the member of the body. */
  readonly 'x-variants'?: readonly OpenApiVariant[];
}

export interface OpenApiVariant {
  readonly operationId: string;
  readonly 'body-member': string;
  readonly summary: string;
  readonly 'x-summary-zh': string;
  readonly example?: unknown;
  readonly request: JsonSchema;
  readonly response: JsonSchema;
  readonly 'x-rate-limit': number | null;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly tags: readonly { readonly name: OperationTag; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly responses: Readonly<Record<string, OpenApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

const tagDescriptions: Readonly<Record<OperationTag, string>> = {
  clusters: 'Clusters and their nodes.',
  catalogue: 'What clusters can be made of: software, flavors, zones, enterprise projects.',
  links: 'Links to data sources, inside a cluster.',
  jobs: 'Migration jobs and their runs, inside a cluster.',
  runs: 'Runs of jobs: their plans, and how far each slice is.',
  samples: 'Calls of the CDM API as source in the languages that the vendor has packages for.',
  'link-tools': 'Links tested by stages, and what is behind them: schemas, tables, columns, first rows.',
  transfer: 'Links and jobs as files, for other clusters.',
  'job-groups': 'Jobs as lists, and their groups.',
  variables: 'Variables of clusters and projects, which jobs use in their settings.',
  watermarks: 'How far incremental jobs have come.',
  identity: 'Projects, users, their roles and access keys.',
  audit: 'Who did what, and what was refused.',
};

const description = [
  'Sluice speaks the Cloud Data Migration API v1.1.',
  'Names mix kebab-case, snake_case and camelCase, and some are misspelt: all of them are meant literally.',
  'Requests may carry members that are not named here; answers carry exactly those that are.',
  'Numbers keep to the width of their format: what exceeds 32 bits shows as 2147483647.',
  'Every answer from status 400 on has the same body, and every answer has X-Request-Id.',
].join(' ');

const ownDescription = [
  'What Sluice can say and do beyond the Cloud Data Migration API, for the same callers and in the same projects.',
  'All names are in snake_case and times are Unix milliseconds.',
  'Every answer from status 400 on has the same body as there, and every answer has X-Request-Id.',
].join(' ');

const securitySchemes = {
  TokenAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Auth-Token',
    description: 'A project token, taken from X-Subject-Token of the answer to POST /v3/auth/tokens.',
  },
  AkSkSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=… together with X-Sdk-Date; temporary keys also send X-Security-Token. The body may have 12 MB.',
  },
} as const;

const headers = {
  'X-Request-Id': { description: 'Id of the request, also found in the log.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait before the next call.', schema: { type: 'integer' } },
} as const;

/** The answer to an error, by status: its name in the components and what it means. */
const errorResponses: Readonly<Record<number, { readonly name: string; readonly description: string }>> = {
  400: { name: 'BadRequest', description: 'The request cannot be carried out as it was sent.' },
  401: { name: 'Unauthorized', description: 'Token or signature is missing, wrong or expired.' },
  403: { name: 'Forbidden', description: 'The caller is known but may not do this.' },
  404: { name: 'NotFound', description: 'Something that the address names does not exist.' },
  409: { name: 'Conflict', description: 'Something else is in the way.' },
  429: { name: 'TooManyRequests', description: 'The caller has used up the calls of this minute.' },
  500: { name: 'InternalError', description: 'The service met a failure of its own.' },
  503: { name: 'Unavailable', description: 'The service cannot do its work at present.' },
};

/** Operations whose 500 may also say what was found wrong with a link. */
const checksLink: ReadonlySet<string> = new Set<OperationId>(['CreateLink', 'UpdateLink']);

const asyncNote = 'Answers before the work is done: poll to see how it goes on.';

/** Builds the description of the CDM API (OpenAPI 3.1) from its table of operations. Pure. */
export function buildOpenApi(options: CdmOpenApiOptions): OpenApiDocument {
  const served = operations.filter((operation) => options.isServed(operation.operationId));
  return describeApi(served, { title: 'Sluice, CDM API v1.1', description }, options);
}

/** The same for our own API. Pure. */
export function buildOwnOpenApi(options: OpenApiOptions): OpenApiDocument {
  return describeApi(ownOperations, { title: 'Sluice API v1', description: ownDescription }, options);
}

type AnyOperation = Operation<OperationId | OwnOperationId>;

function describeApi(
  served: readonly AnyOperation[],
  about: { readonly title: string; readonly description: string },
  options: OpenApiOptions,
): OpenApiDocument {
  const schemas = componentsOf();
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [path, onPath] of groupBy(served, (operation) => operation.path)) {
    const methods: Record<string, OpenApiOperation> = {};
    for (const [method, sharing] of groupBy(onPath, (operation) => operation.method.toLowerCase())) {
      methods[method] = describe(sharing, schemas);
    }
    paths[path] = methods;
  }
  const statuses = new Set(served.flatMap((operation) => operation.errorStatuses));
  const parameterIds = new Set(served.flatMap((operation) => operation.parameters));
  const tags = new Set(served.map((operation) => operation.tag));
  return {
    openapi: '3.1.0',
    info: { ...about, version: options.version },
    servers: [{ url: options.serverUrl }],
    security: [{ TokenAuth: [] }, { AkSkSignature: [] }],
    tags: [...tags].map((name) => ({ name, description: tagDescriptions[name] })),
    paths,
    components: {
      responses: describeErrors(statuses, schemas),
      parameters: Object.fromEntries([...parameterIds].map((id) => [id, describeParameter(id, schemas)])),
      headers,
      securitySchemes,
      schemas: schemas.all(),
    },
  };
}

function describe(sharing: readonly AnyOperation[], schemas: SchemaComponents): OpenApiOperation {
  const [first] = sharing;
  if (first === undefined) throw new TypeError('a route without an operation');
  const variants = sharing.filter((operation) => operation.variant !== null);
  if (sharing.length > 1 && variants.length < sharing.length) {
    throw new TypeError(
      `${first.method} ${first.path} belongs to several operations that nothing tells apart`,
    );
  }
  const shared = first.variant?.sharedId;
  const example = examples[first.operationId];
  const requests = distinct(
    sharing.flatMap(({ request }) => (request === null ? [] : [schemas.use(request)])),
  );
  const responses = distinct(sharing.map(({ response }) => schemas.use(response)));
  return {
    operationId: shared ?? first.operationId,
    tags: [first.tag],
    summary: sharing.map((operation) => operation.summary.en).join('; '),
    'x-summary-zh': sharing.map((operation) => operation.summary.zh).join('；'),
    ...(first.isAsync ? { description: asyncNote } : {}),
    'x-access': first.access,
    parameters: first.parameters.map((id) => ({ $ref: `#/components/parameters/${id}` })),
    ...(requests.length === 0
      ? {}
      : {
          requestBody: {
            required: !first.isRequestOptional,
            content: { 'application/json': bodyOf(oneOf(requests), example?.request) },
          },
        }),
    responses: {
      [first.successStatus]: responseOf(
        first.successStatus === 202 ? 'Accepted.' : 'Done.',
        bodyOf(oneOf(responses), example?.response),
        [],
        first.isEventStream === true ? 'text/event-stream' : (first.contentType ?? 'application/json'),
      ),
      ...Object.fromEntries(first.errorStatuses.map((status) => [status, errorOf(first, status, schemas)])),
    },
    ...(first.requestsPerMinute === null
      ? {}
      : { 'x-rate-limit': { requests: first.requestsPerMinute, window: '60s', scope: 'user' } }),
    ...(variants.length === 0
      ? {}
      : { 'x-variants': variants.map((variant) => describeVariant(variant, schemas)) }),
  };
}

function describeVariant(operation: AnyOperation, schemas: SchemaComponents): OpenApiVariant {
  const example = examples[operation.operationId]?.request;
  return {
    operationId: operation.operationId,
    'body-member': operation.variant?.bodyMember ?? '',
    summary: operation.summary.en,
    'x-summary-zh': operation.summary.zh,
    ...(example === undefined ? {} : { example }),
    request: operation.request === null ? {} : schemas.use(operation.request),
    response: schemas.use(operation.response),
    'x-rate-limit': operation.requestsPerMinute,
  };
}

function errorOf(
  operation: AnyOperation,
  status: number,
  schemas: SchemaComponents,
): OpenApiResponse | { $ref: string } {
  if (status === 500 && checksLink.has(operation.operationId)) {
    return responseOf(
      'The link did not pass its check, or the service met a failure of its own.',
      bodyOf({
        anyOf: [schemas.use(LinkValidationFailure), schemas.use(CdmError)],
      }),
    );
  }
  return { $ref: `#/components/responses/${errorResponse(status).name}` };
}

function describeErrors(
  statuses: ReadonlySet<number>,
  schemas: SchemaComponents,
): Record<string, OpenApiResponse> {
  const described = [...statuses]
    .sort((a, b) => a - b)
    .map((status): [string, OpenApiResponse] => {
      const { name, description: meaning } = errorResponse(status);
      const more = status === 429 ? ['Retry-After'] : [];
      return [name, responseOf(meaning, bodyOf(schemas.use(CdmError)), more)];
    });
  return Object.fromEntries(described);
}

function errorResponse(status: number): { readonly name: string; readonly description: string } {
  const found = errorResponses[status];
  if (found === undefined) throw new TypeError(`no description for status ${status}`);
  return found;
}

function responseOf(
  meaning: string,
  body: OpenApiBody,
  moreHeaders: readonly string[] = [],
  contentType = 'application/json',
): OpenApiResponse {
  const names = ['X-Request-Id', ...moreHeaders];
  return {
    description: meaning,
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: { [contentType]: body },
  };
}

function bodyOf(schema: JsonSchema, example: unknown = undefined): OpenApiBody {
  return example === undefined ? { schema } : { schema, example };
}

function describeParameter(id: ParameterId, schemas: SchemaComponents): unknown {
  const parameter: Parameter = parameters[id];
  const chinese = parameterTextsZh[id];
  return {
    name: parameter.name,
    in: parameter.in,
    required: parameter.isRequired,
    description: parameter.description,
    ...(chinese === undefined ? {} : { 'x-description-zh': chinese }),
    schema: schemas.use(parameter.schema),
    example: parameter.example,
  };
}

function oneOf(schemas: readonly JsonSchema[]): JsonSchema {
  const [only] = schemas;
  return schemas.length === 1 && only !== undefined ? only : { oneOf: schemas };
}

function distinct(schemas: readonly JsonSchema[]): JsonSchema[] {
  const byText = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  return [...byText.values()];
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
