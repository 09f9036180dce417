import { describe, expect, it } from 'vitest';
import { buildOpenApi, type OpenApiDocument } from './openapi.ts';
import type { OperationId } from './operation.ts';
import { operations } from './operations.ts';
import { differences, factsOf } from './reference/api-facts.ts';
import published from './reference/published-api.json' with { type: 'json' };

/** What differs on purpose: each pattern fits at least one line of the comparison, and each line has a pattern. */
const waivers: readonly { readonly lines: RegExp; readonly why: string }[] = [
  {
    lines: /^extra: (CdmError|LinkValidationFailure)\.request_id /,
    why: 'The gateways that clients know also put the id of the request into the body; clients ignore or show it.',
  },
  {
    lines: /^differs: LinkValidationFailure\.\w+ required \(false, here true\)$/,
    why: 'With the error members a client library reports code and message; without them it reports a raw body.',
  },
  {
    lines: /: (LinkIn\.(id|creation-\w+|update-\w+)|ConfigIn\.(id|type)|InputIn\.type) (type|format|null) /,
    why: 'Clients send back what they read, in forms of other versions; nothing of it is looked at.',
  },
  {
    lines: /: DeleteClusterRequest\.keep_last_manual_backup /,
    why: 'One client sends it under another name; its only legal value changes nothing, so any value passes.',
  },
  {
    lines: /^differs: .*In(\.link-config-values)?\.extended-configs type /,
    why: 'Published samples show a list where the type is an object, and people copy samples.',
  },
  {
    lines: /^differs: (JobIn\.driver-config-values|ConfigValuesIn\.configs) required \(true, here false\)$/,
    why: 'A job without schedule, retry and throttling settings is complete: everything in this part has a default.',
  },
  {
    lines: /: StartJobRequest\.variables\{\}( or\d)? type /,
    why: 'Scripts send numbers and booleans as variables; they are taken as their text.',
  },
  {
    lines: /^missing: StartSubmission\.status value "PENDING" /,
    why: 'A queued run reads BOOTING: PENDING makes a client give up waiting.',
  },
];

const options = { serverUrl: 'http://127.0.0.1:8080', version: '0.1.0', isServed: () => true };
/** As a client gets it: through JSON. */
const documentOf = (isServed: (id: OperationId) => boolean = () => true): OpenApiDocument =>
  JSON.parse(JSON.stringify(buildOpenApi({ ...options, isServed })));

const publishedFacts = factsOf(published);
const unexplained = (document: unknown) =>
  differences(publishedFacts, factsOf(document)).filter(
    (line) => !waivers.some(({ lines }) => lines.test(line)),
  );

describe('the API description against the published facts', () => {
  it('agrees with every published fact and adds none, but for the waivers', () => {
    expect(publishedFacts.size).toBeGreaterThan(2000);
    expect(unexplained(documentOf())).toEqual([]);
  });

  it('has no waiver that nothing needs', () => {
    const lines = differences(publishedFacts, factsOf(documentOf()));
    for (const waiver of waivers)
      expect(
        lines.some((line) => waiver.lines.test(line)),
        waiver.why,
      ).toBe(true);
  });

  it('has the 28 operations on 26 routes, and one alias', () => {
    const official = operations.filter((operation) => operation.operationId !== 'ListLinksUnnamed');
    expect(official).toHaveLength(28);
    expect(new Set(official.map((operation) => `${operation.method} ${operation.path}`)).size).toBe(26);
    expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(29);
  });
});

/** Every place of a document where something can be broken, with a way to break it. */
function* _mutations(document: OpenApiDocument): Generator<[string, (copy: never) => void]> {
  type Tree = Record<string, never>;
  const at = (copy: never, path: readonly string[]) =>
    path.reduce<Tree>((tree, name) => tree[name] as Tree, copy);
  const cut = (path: readonly string[], name: string): [string, (copy: never) => void] => [
    `without ${[...path, name].join(' ')}`,
    (copy) => {
      delete at(copy, path)[name];
    },
  ];
  const put = (path: readonly string[], name: string, value: unknown): [string, (copy: never) => void] => [
    `${[...path, name].join(' ')} = ${JSON.stringify(value)}`,
    (copy) => {
      at(copy, path)[name] = value as never;
    },
  ];
  for (const [path, methods] of Object.entries(document.paths)) {
    yield cut(['paths'], path);
    for (const [method, operation] of Object.entries(methods)) {
      const place = ['paths', path, method];
      yield put(place, 'operationId', 'Other');
      yield put(place, 'parameters', operation.parameters.slice(1));
      yield put(place, 'parameters', [...operation.parameters, { $ref: '#/components/parameters/Extra' }]);
      if (operation.requestBody !== undefined) {
        yield cut(place, 'requestBody');
        yield put([...place, 'requestBody'], 'required', !operation.requestBody.required);
      }
      for (const status of Object.keys(operation.responses)) yield cut([...place, 'responses'], status);
    }
  }
  for (const [id, parameter] of Object.entries(document.components.parameters)) {
    const place = ['components', 'parameters', id];
    yield put(place, 'name', 'other');
    yield put(place, 'required', !(parameter as { required: boolean }).required);
  }
  for (const scheme of Object.keys(document.components.securitySchemes)) {
    yield put(['components', 'securitySchemes', scheme], 'name', 'X-Other');
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const place = ['components', 'schemas', name];
    const members = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
    const required = (schema.required ?? []) as string[];
    yield put([...place, 'properties'], 'newMember', { type: 'string' });
    for (const [member, of] of members) {
      yield cut([...place, 'properties'], member);
      const others = required.filter((one) => one !== member);
      yield put(place, 'required', others.length < required.length ? others : [...required, member]);
      yield put([...place, 'properties'], member, { type: 'array', items: {} });
      if ('format' in of) yield put([...place, 'properties', member], 'format', 'int8');
      if ('enum' in of) {
        yield put([...place, 'properties', member], 'enum', (of.enum as unknown[]).slice(1));
        yield put([...place, 'properties', member], 'enum', [...(of.enum as unknown[]), 'OTHER']);
      }
    }
  }
}
