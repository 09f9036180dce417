import { describe, expect, it } from 'vitest';
import { buildOpenApi, type OpenApiDocument } from './openapi.ts';
import type { OperationId } from './operation.ts';
import { operations } from './operations.ts';
import { differences, factsOf } from './reference/api-facts.ts';
import published from './reference/published-api.json' with { type: 'json' };

/** What differs on purpose, line by line: a line that comes or goes is a change to think about. */
const waivers: readonly { readonly why: string; readonly lines: readonly string[] }[] = [
  {
    why: 'The gateways that clients know also put the id of the request into the body; clients ignore or show it.',
    lines: [
      'extra: CdmError.request_id required (true)',
      'extra: CdmError.request_id type (string)',
      'extra: LinkValidationFailure.request_id required (true)',
      'extra: LinkValidationFailure.request_id type (string)',
    ],
  },
  {
    why: 'With the error members a client library reports code and message; without them it reports a raw body.',
    lines: [
      'differs: LinkValidationFailure.errCode required (false, here true)',
      'differs: LinkValidationFailure.externalMessage required (false, here true)',
      'differs: LinkValidationFailure.code required (false, here true)',
      'differs: LinkValidationFailure.message required (false, here true)',
      'differs: LinkValidationFailure.error_code required (false, here true)',
      'differs: LinkValidationFailure.error_msg required (false, here true)',
    ],
  },
  {
    why: 'Clients send back what they read, in forms of other versions; nothing of it is looked at.',
    lines: [
      'differs: InputIn.type type (string, here any)',
      'differs: ConfigIn.id type (integer, here any)',
      'missing: ConfigIn.id format (int32)',
      'differs: ConfigIn.type type (string, here any)',
      'differs: LinkIn.id type (integer, here any)',
      'missing: LinkIn.id format (int32)',
      'missing: LinkIn.creation-user null (yes)',
      'differs: LinkIn.creation-user type (string, here any)',
      'differs: LinkIn.creation-date type (integer, here any)',
      'missing: LinkIn.creation-date format (int64)',
      'missing: LinkIn.update-user null (yes)',
      'differs: LinkIn.update-user type (string, here any)',
      'differs: LinkIn.update-date type (integer, here any)',
      'missing: LinkIn.update-date format (int64)',
    ],
  },
  {
    why: 'One client sends it under another name; its only legal value changes nothing, so any value passes.',
    lines: [
      'differs: DeleteClusterRequest.keep_last_manual_backup type (integer, here any)',
      'missing: DeleteClusterRequest.keep_last_manual_backup format (int32)',
      'missing: DeleteClusterRequest.keep_last_manual_backup default (0)',
    ],
  },
  {
    why: 'Published samples show a list where the type is an object, and people copy samples.',
    lines: [
      'differs: ConfigValuesIn.extended-configs type (ExtendedConfigs, here any)',
      'differs: LinkIn.link-config-values.extended-configs type (ExtendedConfigs, here any)',
    ],
  },
  {
    why: 'A job without schedule, retry and throttling settings is complete: everything in this part has a default.',
    lines: [
      'differs: ConfigValuesIn.configs required (true, here false)',
      'differs: JobIn.driver-config-values required (true, here false)',
    ],
  },
  {
    why: 'Scripts send numbers and booleans as variables; they are taken as their text.',
    lines: [
      'missing: StartJobRequest.variables{} type (string)',
      'extra: StartJobRequest.variables{} or0 type (string)',
      'extra: StartJobRequest.variables{} or1 type (number)',
      'extra: StartJobRequest.variables{} or2 type (boolean)',
    ],
  },
  {
    why: 'A queued run reads BOOTING: PENDING makes a client give up waiting.',
    lines: ['missing: StartSubmission.status value "PENDING" (yes)'],
  },
];

const options = { serverUrl: 'http://127.0.0.1:8080', version: '0.1.0', isServed: () => true };
/** As a client gets it: through JSON. */
const documentOf = (isServed: (id: OperationId) => boolean = () => true): OpenApiDocument =>
  JSON.parse(JSON.stringify(buildOpenApi({ ...options, isServed })));

const waived = waivers.flatMap(({ lines }) => lines);

describe('the API description against the published facts', () => {
  it('agrees with every published fact and adds none, but for the waivers', () => {
    const facts = factsOf(published);
    expect(facts.size).toBeGreaterThan(2000);
    expect(differences(facts, factsOf(documentOf())).sort()).toEqual([...waived].sort());
  });

  it('has the 28 operations on 26 routes, and one alias', () => {
    const official = operations.filter((operation) => operation.operationId !== 'ListLinksUnnamed');
    expect(official).toHaveLength(28);
    expect(new Set(official.map((operation) => `${operation.method} ${operation.path}`)).size).toBe(26);
    expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(29);
  });
});

type Tree = Record<string, unknown>;

const treeAt = (root: unknown, path: readonly string[]) =>
  path.reduce<Tree>((tree, name) => tree[name] as Tree, root as Tree);

/** One way to break a document: a member of it gets another value, or goes when the value is undefined. */
interface Break {
  readonly path: readonly string[];
  readonly member: string;
  readonly value: unknown;
}

/** Breaks a document, asks, and mends it. */
function whenBroken<Result>(document: unknown, { path, member, value }: Break, ask: () => Result): Result {
  const tree = treeAt(document, path);
  const had = Object.hasOwn(tree, member);
  const before = tree[member];
  if (value === undefined) delete tree[member];
  else tree[member] = value;
  try {
    return ask();
  } finally {
    if (had) tree[member] = before;
    else delete tree[member];
  }
}

function* breaksOfOperations(document: OpenApiDocument): Generator<Break> {
  for (const [route, methods] of Object.entries(document.paths)) {
    yield { path: ['paths'], member: route, value: undefined };
    for (const [method, operation] of Object.entries(methods)) {
      const path = ['paths', route, method];
      yield { path, member: 'operationId', value: 'Other' };
      yield { path, member: 'parameters', value: operation.parameters.slice(1) };
      const extra = { $ref: '#/components/parameters/Extra' };
      yield { path, member: 'parameters', value: [...operation.parameters, extra] };
      if (operation['x-rate-limit'] !== undefined)
        yield { path, member: 'x-rate-limit', value: { requests: 7 } };
      if (operation.requestBody !== undefined) {
        yield { path, member: 'requestBody', value: undefined };
        yield { path: [...path, 'requestBody'], member: 'required', value: !operation.requestBody.required };
      }
      for (const status of Object.keys(operation.responses)) {
        yield { path: [...path, 'responses'], member: status, value: undefined };
      }
    }
  }
  for (const [id, parameter] of Object.entries(document.components.parameters)) {
    const path = ['components', 'parameters', id];
    yield { path, member: 'name', value: 'other' };
    yield { path, member: 'required', value: !(parameter as Tree).required };
  }
  for (const id of Object.keys(document.components.securitySchemes)) {
    yield { path: ['components', 'securitySchemes', id], member: 'name', value: 'X-Other' };
  }
}

function* breaksOfSchemas(document: OpenApiDocument): Generator<Break> {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const path = ['components', 'schemas', name];
    yield { path: ['components', 'schemas'], member: name, value: undefined };
    if (schema.properties === undefined) continue;
    const members = [...path, 'properties'];
    const required = (schema.required ?? []) as string[];
    yield { path: members, member: 'newMember', value: { type: 'string' } };
    for (const [member, of] of Object.entries(schema.properties as Record<string, Tree>)) {
      yield { path: members, member, value: undefined };
      yield { path: members, member, value: { type: 'array', items: { type: 'boolean' } } };
      const others = required.filter((one) => one !== member);
      const turned = others.length < required.length ? others : [...required, member];
      yield { path, member: 'required', value: turned };
      const inMember = [...members, member];
      if (of.format !== undefined) yield { path: inMember, member: 'format', value: 'int8' };
      if (Array.isArray(of.enum)) {
        yield { path: inMember, member: 'enum', value: of.enum.slice(1) };
        yield { path: inMember, member: 'enum', value: [...of.enum, 'OTHER'] };
      }
    }
  }
}

/** The part of an API in which a break shows, so that a thousand comparisons stay quick. */
function partAround(api: unknown, { path, member }: Break): unknown {
  const { paths, components } = api as { paths: unknown; components: Tree };
  const name = path[0] === 'components' && path[1] === 'schemas' ? (path[2] ?? member) : null;
  if (name === null) return { paths, components: { ...components, schemas: {} } };
  return { paths: {}, components: { schemas: { [name]: (components.schemas as Tree)[name] } } };
}

describe('the comparison', () => {
  it('notices whatever is broken, and what is mended without its waiver', () => {
    const document = documentOf();
    const unnoticed: string[] = [];
    let tried = 0;
    for (const one of [...breaksOfOperations(document), ...breaksOfSchemas(document)]) {
      tried++;
      const facts = factsOf(partAround(published, one));
      const compare = () => differences(facts, factsOf(partAround(document, one))).join('\n');
      if (whenBroken(document, one, compare) === compare()) {
        unnoticed.push([...one.path, one.member, JSON.stringify(one.value)].join(' '));
      }
    }
    expect(tried).toBeGreaterThan(1000);
    expect(unnoticed).toEqual([]);
    expect(document, 'mended').toEqual(documentOf());
  });
});

describe('a description of a part', () => {
  it('names what is served and nothing else', () => {
    const document = documentOf((id) => id === 'StopCluster' || id === 'ShowJobStatus');
    expect(Object.keys(document.paths)).toEqual([
      '/v1.1/{project_id}/clusters/{cluster_id}/action',
      '/v1.1/{project_id}/clusters/{cluster_id}/cdm/job/{job_name}/status',
    ]);
    expect(document.paths['/v1.1/{project_id}/clusters/{cluster_id}/action']?.post).toMatchObject({
      operationId: 'ClusterAction',
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/StopClusterRequest' } } },
      },
      'x-variants': [{ operationId: 'StopCluster', 'body-member': 'stop' }],
    });
    expect(Object.keys(document.components.schemas)).toEqual([
      'CdmError',
      'Counter',
      'Counters',
      'JobIdArray',
      'ShowJobStatusResponse',
      'StopClusterRequest',
      'Submission',
    ]);
    expect(Object.keys(document.components.parameters)).toEqual(['ProjectId', 'ClusterId', 'JobName']);
  });

  it.each([() => true, (id: OperationId) => id === 'CreateJob', () => false])(
    'refers only to what it holds (%s)',
    (isServed) => {
      const document = documentOf(isServed);
      const text = JSON.stringify(document);
      const refs = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
      for (const ref of new Set(refs)) expect(treeAt(document, ref.split('/')), ref).toBeDefined();
    },
  );

  it('is a new document each time, and the same one', () => {
    expect(buildOpenApi(options)).toEqual(buildOpenApi(options));
    expect(buildOpenApi(options).paths).not.toBe(buildOpenApi(options).paths);
    expect(buildOpenApi({ ...options, serverUrl: 'http://h' }).servers).toEqual([{ url: 'http://h' }]);
  });
});
