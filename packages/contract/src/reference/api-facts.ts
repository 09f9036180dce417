/**
 * The facts of an API description that a client's code depends on, as flat text: what stands at which place. Prose,
 * order and the spelling of equal things (a list of types or `anyOf` with null) are gone, so that two descriptions
 * can be compared fact by fact.
 */
export type ApiFacts = ReadonlyMap<string, string>;

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const nodesOf = (value: unknown): [string, Node][] =>
  isNode(value) ? Object.entries(value).filter((entry): entry is [string, Node] => isNode(entry[1])) : [];

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const nameOf = (ref: unknown) => String(ref).split('/').at(-1) ?? '';

/** Takes the facts of a description in the form of OpenAPI 3.1, or of the published facts beside this file. */
export function factsOf(api: unknown): ApiFacts {
  const facts = new Map<string, string>();
  if (!isNode(api) || !isNode(api.components)) throw new TypeError('not an API description');
  const components = api.components;
  for (const [path, methods] of nodesOf(api.paths)) {
    for (const [method, operation] of nodesOf(methods)) {
      operationFacts(`${method.toUpperCase()} ${path}`, operation, components, facts);
    }
  }
  for (const [id, parameter] of nodesOf(components.parameters)) {
    const at = `parameter ${id}`;
    facts.set(at, `${parameter.name} in ${parameter.in}`);
    facts.set(`${at} required`, String(parameter.required === true));
    schemaFacts(at, parameter.schema, facts);
  }
  for (const [id, scheme] of nodesOf(components.securitySchemes)) {
    facts.set(`security ${id}`, `${scheme.type} ${scheme.in} ${scheme.name}`);
  }
  for (const [name, schema] of nodesOf(components.schemas)) schemaFacts(name, schema, facts);
  return facts;
}

function operationFacts(at: string, operation: Node, components: Node, facts: Map<string, string>): void {
  facts.set(at, String(operation.operationId));
  facts.set(`${at} tags`, listOf(operation.tags).join());
  for (const parameter of listOf(operation.parameters)) {
    const id = isNode(parameter) ? nameOf(parameter.$ref) : String(parameter);
    facts.set(`${at} parameter ${id}`, 'yes');
  }
  const limit = operation['x-rate-limit'];
  if (limit !== undefined) facts.set(`${at} limit`, String(isNode(limit) ? limit.requests : limit));
  const body = operation.requestBody;
  if (isNode(body)) {
    facts.set(`${at} body required`, String(body.required === true));
    schemaFacts(`${at} body`, contentOf(body), facts);
  }
  for (const [status, given] of nodesOf(operation.responses)) {
    const shared = nodesOf(components.responses).find(([name]) => name === nameOf(given.$ref));
    const response = given.$ref === undefined ? given : shared?.[1];
    if (response === undefined) throw new TypeError(`${at} ${status}: no such response ${given.$ref}`);
    const { headers } = response;
    facts.set(`${at} ${status}`, 'yes');
    facts.set(
      `${at} ${status} headers`,
      (Array.isArray(headers) ? headers : Object.keys(headers ?? {})).sort().join(),
    );
    schemaFacts(`${at} ${status}`, contentOf(response), facts);
  }
  for (const variant of listOf(operation['x-variants'])) {
    if (!isNode(variant)) continue;
    const named = (value: unknown) => nameOf(isNode(value) ? value.$ref : value);
    facts.set(
      `${at} variant ${variant.operationId}`,
      `${variant['body-member']}: ${named(variant.request)} to ${named(variant.response)}, ${variant['x-rate-limit']}`,
    );
  }
}

/** The schema of a body, written out as OpenAPI does or directly. */
function contentOf(body: Node): unknown {
  const content = isNode(body.content) ? body.content['application/json'] : undefined;
  return isNode(content) ? content.schema : body.schema;
}

/** Keywords whose values are facts as they are. */
const plainKeywords = [
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'default',
] as const;

function schemaFacts(at: string, given: unknown, facts: Map<string, string>): void {
  if (!isNode(given)) {
    facts.set(`${at} type`, 'any');
    return;
  }
  const alternatives = listOf(given.anyOf ?? given.oneOf);
  const others = alternatives.filter((schema) => !(isNode(schema) && schema.type === 'null'));
  const types = listOf(given.type ?? []).length > 0 ? listOf(given.type) : [given.type];
  const isNullable = others.length < alternatives.length || types.includes('null');
  if (isNullable) facts.set(`${at} null`, 'yes');
  const named = types.filter((type) => type !== 'null' && type !== undefined);
  const choices = others.length > 0 ? others : named.length > 1 ? named.map((type) => ({ type })) : [];
  if (choices.length > 0) {
    choices.forEach((choice, i) => {
      schemaFacts(choices.length === 1 ? at : `${at} or${i}`, choice, facts);
    });
    return;
  }
  if (given.$ref !== undefined) {
    facts.set(`${at} type`, nameOf(given.$ref));
    return;
  }
  facts.set(`${at} type`, String(named[0] ?? 'any'));
  for (const keyword of plainKeywords) {
    if (given[keyword] !== undefined) facts.set(`${at} ${keyword}`, String(given[keyword]));
  }
  const values = given.const === undefined ? listOf(given.enum) : [given.const];
  for (const value of values) facts.set(`${at} value ${JSON.stringify(value)}`, 'yes');
  if (given.items !== undefined) schemaFacts(`${at}[]`, given.items, facts);
  const more = given.additionalProperties;
  if (isNode(more) && Object.keys(more).length > 0) schemaFacts(`${at}{}`, more, facts);
  const required = listOf(given.required);
  for (const [member, schema] of nodesOf(given.properties)) {
    facts.set(`${at}.${member} required`, String(required.includes(member)));
    schemaFacts(`${at}.${member}`, schema, facts);
  }
}

/** Each place where two descriptions differ, as one line. */
export function differences(published: ApiFacts, ours: ApiFacts): string[] {
  const lines: string[] = [];
  for (const [at, fact] of published) {
    const here = ours.get(at);
    if (here === undefined) lines.push(`missing: ${at} (${fact})`);
    else if (here !== fact) lines.push(`differs: ${at} (${fact}, here ${here})`);
  }
  for (const [at, fact] of ours) {
    if (!published.has(at)) lines.push(`extra: ${at} (${fact})`);
  }
  return lines;
}
