/** A schema as JSON. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** What is needed of an API description, ours or the published facts. */
export interface DescribedApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, SchemaNode>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, SchemaNode>> };
}

/** Which way a body travels. */
export type Direction = 'request' | 'answer';

export function isNode(value: unknown): value is SchemaNode {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

const nodesOf = (value: unknown): readonly SchemaNode[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** The alternatives of a schema, its items and its map's values: what stands at the same member, or right below it. */
function partsOf(schema: SchemaNode): readonly { readonly suffix: string; readonly schema: SchemaNode }[] {
  return [
    ...[...nodesOf(schema.oneOf), ...nodesOf(schema.anyOf)].map((part) => ({ suffix: '', schema: part })),
    ...(isNode(schema.items) ? [{ suffix: '[]', schema: schema.items }] : []),
    ...(isNode(schema.additionalProperties) ? [{ suffix: '{}', schema: schema.additionalProperties }] : []),
  ];
}

function propertiesOf(schema: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  if (!isNode(schema.properties)) return [];
  return Object.entries(schema.properties).filter((entry): entry is [string, SchemaNode] => isNode(entry[1]));
}

/** The name that a reference gives; null: the schema stands here itself. */
export function referenceOf(schema: SchemaNode): string | null {
  return typeof schema.$ref === 'string' ? (schema.$ref.split('/').at(-1) ?? null) : null;
}

/**
 * Every member of every named schema: `LinkIn.name`, `ClusterSpec.instances[].nics`. What a reference names is listed
 * under its own name, once.
 */
export function membersOf(api: DescribedApi): ReadonlyMap<string, SchemaNode> {
  const members = new Map<string, SchemaNode>();
  const walk = (at: string, schema: SchemaNode): void => {
    for (const part of partsOf(schema)) walk(at + part.suffix, part.schema);
    for (const [name, member] of propertiesOf(schema)) {
      members.set(`${at}.${name}`, member);
      walk(`${at}.${name}`, member);
    }
  };
  for (const [name, schema] of Object.entries(api.components.schemas)) walk(name, schema);
  return members;
}

/** Schema of an operation's body, as OpenAPI writes it or directly. */
export function bodySchemaOf(body: unknown): SchemaNode | null {
  if (!isNode(body)) return null;
  const content = isNode(body.content) ? body.content['application/json'] : body;
  return isNode(content) && isNode(content.schema) ? content.schema : null;
}

/** Names of the schemas that travel in this direction, through references too. */
export function schemasTravelling(api: DescribedApi, direction: Direction): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) walk(each);
    if (!isNode(value)) return;
    const name = referenceOf(value);
    if (name !== null && !found.has(name)) {
      found.add(name);
      walk(api.components.schemas[name]);
    }
    for (const each of Object.values(value)) walk(each);
  };
  for (const methods of Object.values(api.paths)) {
    for (const operation of Object.values(methods)) {
      if (direction === 'request') walk(bodySchemaOf(operation.requestBody));
      else for (const response of Object.values(operation.responses ?? {})) walk(bodySchemaOf(response));
    }
  }
  return found;
}

/** Tells `visit` of each member of the schemas that a value has, by its place in `membersOf`. */
export function visitPresent(
  api: DescribedApi,
  schema: SchemaNode,
  value: unknown,
  visit: (member: string) => void,
  at = '',
): void {
  const name = referenceOf(schema);
  const named = name === null ? undefined : api.components.schemas[name];
  if (name !== null && named !== undefined) {
    visitPresent(api, named, value, visit, name);
    return;
  }
  for (const part of partsOf(schema)) {
    if (part.suffix === '') visitPresent(api, part.schema, value, visit, at);
    else if (part.suffix === '[]' && Array.isArray(value)) {
      for (const item of value) visitPresent(api, part.schema, item, visit, `${at}[]`);
    } else if (part.suffix === '{}' && isNode(value)) {
      for (const item of Object.values(value)) visitPresent(api, part.schema, item, visit, `${at}{}`);
    }
  }
  if (!isNode(value)) return;
  for (const [member, of] of propertiesOf(schema)) {
    if (!Object.hasOwn(value, member)) continue;
    visit(`${at}.${member}`);
    visitPresent(api, of, value[member], visit, `${at}.${member}`);
  }
}

/**
 * The same value, telling `visit` of each member of the schemas that somebody reads from it. Below a member that has no
 * schema of its own the plain value is given.
 */
export function watchReads(
  api: DescribedApi,
  schema: SchemaNode,
  value: unknown,
  visit: (member: string) => void,
): unknown {
  return watched(value, [{ at: '', schema }]);

  interface Place {
    readonly at: string;
    readonly schema: SchemaNode;
  }

  /** All named places that one schema stands for: through references and alternatives. */
  function resolved({ at, schema: given }: Place): readonly Place[] {
    const name = referenceOf(given);
    const named = name === null ? undefined : api.components.schemas[name];
    if (name !== null && named !== undefined) return resolved({ at: name, schema: named });
    const alternatives = partsOf(given).filter(({ suffix }) => suffix === '');
    return [{ at, schema: given }, ...alternatives.flatMap((part) => resolved({ at, schema: part.schema }))];
  }

  function below(places: readonly Place[], key: string, isList: boolean): readonly Place[] {
    return places.flatMap((place) =>
      resolved(place).flatMap(({ at, schema: given }) => {
        if (isList) return isNode(given.items) ? [{ at: `${at}[]`, schema: given.items }] : [];
        const member = propertiesOf(given).find(([name]) => name === key);
        if (member !== undefined) return [{ at: `${at}.${key}`, schema: member[1] }];
        return isNode(given.additionalProperties)
          ? [{ at: `${at}{}`, schema: given.additionalProperties }]
          : [];
      }),
    );
  }

  function watched(of: unknown, places: readonly Place[]): unknown {
    if (of === null || typeof of !== 'object' || places.length === 0) return of;
    const isList = Array.isArray(of);
    return new Proxy(of, {
      get(target, key, receiver) {
        const read: unknown = Reflect.get(target, key, receiver);
        if (typeof key !== 'string' || !Object.hasOwn(target, key)) return read;
        const next = below(places, key, isList);
        if (!isList) for (const { at } of next) if (!at.endsWith('{}')) visit(at);
        return watched(read, next);
      },
    });
  }
}
