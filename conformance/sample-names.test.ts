import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { operationOf } from '@sluice/contract/operations';
import { buildSample, sampleLanguagesOf, sampleOperationIds } from '@sluice/contract/samples/build-sample';
import { camelCase, pascalCase, snakeCase } from '@sluice/contract/samples/names';
import { type SampleRequest, sampleCall } from '@sluice/contract/samples/sample-call';
import { requestModelOf, type SdkType, sdkModels } from '@sluice/contract/samples/sdk-models';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../tools/servers/run-to-end.ts';
import phpNames from './php/published-names.json' with { type: 'json' };
import { phpNamesIn, terraformNamesIn } from './published-names.ts';
import { cacheFolder, fetchedFolder } from './toolchain.ts';

// The names that samples use, held against the vendor's packages, where the conformance programs have fetched them.

const limitMs = 60_000;

const title = (sdk: string, found: string | null) =>
  found === null ? `${sdk}: SKIPPED, not fetched yet (npm run conformance fetches it)` : sdk;

const models = [...sdkModels()];

function request(change: Partial<SampleRequest> & Pick<SampleRequest, 'operationId'>): SampleRequest {
  return {
    endpoint: 'http://127.0.0.1:8080',
    region: 'region-1',
    projectId: 'project',
    signOn: 'keys',
    parameters: {},
    body: undefined,
    ...change,
  };
}

const nasty = [
  '"',
  "'",
  '\\',
  '\\u0022',
  '\n',
  '\0' + '1',
  '\x7f',
  '\x24{x} {x} %s #{x}',
  '"""',
  '\u202e',
  '数据 😀',
].join('|');

const nastyLink = {
  name: nasty,
  'connector-name': nasty,
  'link-config-values': {
    configs: [{ name: nasty, inputs: [{ name: nasty, value: { [nasty]: [nasty, 1, true, 0.5] } }] }],
    validators: [nasty],
  },
  enabled: true,
  'creation-date': 1_706_684_400_000,
};

/** One call of each operation, and some whose values try to get out of their literals. */
const calls: readonly SampleRequest[] = [
  ...sampleOperationIds.map((operationId) => request({ operationId })),
  request({
    operationId: 'CreateLink',
    parameters: { cluster_id: nasty, validate: 'true' },
    body: { links: [nastyLink] },
  }),
  request({
    operationId: 'StartJob',
    projectId: nasty,
    parameters: { job_name: nasty },
    body: { variables: { [nasty]: nasty } },
  }),
  request({
    operationId: 'ShowJobs',
    parameters: { job_name: 'all', filter: nasty, page_no: '2', page_size: '20', jobType: 'BATCH_JOB' },
  }),
  request({ operationId: 'DeleteCluster', body: { keep_last_manual_backup: 0 } }),
];

const python = fetchedFolder('python-');

interface PythonRecord {
  readonly calls: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly members: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>>;
}

describe.skipIf(python === null)(title('Python', python), () => {
  const typeOf = (type: SdkType): string => {
    if (type.kind === 'list') return `list[${typeOf(type.of)}]`;
    if (type.kind === 'model') return type.name;
    return { text: 'str', enumeration: 'str', flag: 'bool', int32: 'int', int64: 'int', any: 'object' }[
      type.kind
    ];
  };

  it('has the classes and members, and sends from each sample what was typed in', {
    timeout: limitMs,
  }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-samples-'));
    try {
      for (const [index, call] of calls.entries()) {
        const file = `${String(index).padStart(3, '0')}.py`;
        await writeFile(path.join(folder, file), buildSample(call, 'python').source);
      }
      const program = path.join(import.meta.dirname, 'python', 'record_samples.py');
      const names = models.map(([name]) => name);
      const command = path.join(python ?? '', 'bin', 'python');
      const output = await runToEnd(command, ['-B', program, folder, ...names], { limitMs });
      const record = JSON.parse(output) as PythonRecord;
      for (const [name, members] of models) {
        const wanted = members.map(({ wire, type }) => [wire, [snakeCase(wire), typeOf(type)]]);
        expect(record.members[name], name).toEqual(Object.fromEntries(wanted));
      }
      const told = Object.values(record.calls).map((one) => one[0]);
      expect(told).toEqual(calls.map(expectedCall));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** What the SDK should say of a call, worked out from the contract alone. */
function expectedCall(given: SampleRequest): unknown {
  const { operationId, projectId, endpoint } = given;
  const { operation, parameters, headers, body } = sampleCall(given);
  const names = new Map(headers);
  const numbers = ['page_no', 'page_size'];
  return {
    operation: snakeCase(operationId),
    requestType: requestModelOf(operationId),
    wantedType: requestModelOf(operationId),
    endpoint,
    projectId,
    method: operation.method,
    path: operation.path,
    parameters: Object.fromEntries(
      [...parameters]
        .filter(([name]) => !names.has(name))
        .map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]),
    ),
    headers: Object.fromEntries(headers),
    body: body ?? null,
  };
}

const goModule = (() => {
  const version = /huaweicloud-sdk-go-v3 (v[\d.]+)/.exec(
    readFileSync(path.join(import.meta.dirname, 'go', 'go.mod'), 'utf8'),
  )?.[1];
  const folder = `go-modules/github.com/huaweicloud/huaweicloud-sdk-go-v3@${version}/services/cdm/v1`;
  const found = path.join(cacheFolder(), folder);
  return existsSync(found) ? found : null;
})();

describe.skipIf(goModule === null)(title('Go', goModule), () => {
  const sources = () =>
    readdirSync(path.join(goModule ?? '', 'model'))
      .map((file) => readFileSync(path.join(goModule ?? '', 'model', file), 'utf8'))
      .join('\n');

  const typeOf = (type: SdkType, owner: string, wire: string): string => {
    if (type.kind === 'list') return `[]${typeOf(type.of, owner, wire)}`;
    if (type.kind === 'model') return type.name;
    if (type.kind === 'enumeration') return `${owner}${pascalCase(wire)}`;
    return { text: 'string', flag: 'bool', int32: 'int32', int64: 'int64', any: 'interface{}' }[type.kind];
  };

  it('has the structs, with fields of these types, and the enumerations', () => {
    const text = sources();
    for (const [name, members] of models) {
      const body =
        new RegExp(`^type ${name} struct \\{([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? expect.fail(name);
      const fields = [...body.matchAll(/^\t(\w+) (\S+) `json:"([^",]+)/gm)].map(([, field, type, wire]) => [
        wire,
        field,
        type,
      ]);
      const wanted = members.map(({ wire, type, isRequired }) => {
        const isPointer = type.kind === 'any' || type.kind === 'model' || !isRequired;
        return [wire, pascalCase(wire), `${isPointer ? '*' : ''}${typeOf(type, name, wire)}`];
      });
      expect(fields.sort(), name).toEqual(wanted.sort());
      for (const { wire, type } of members.filter((member) => member.type.kind === 'enumeration')) {
        const enumeration = new RegExp(
          `func Get${name}${pascalCase(wire)}Enum\\(\\) \\w+ \\{[\\s\\S]*?^\\}`,
          'm',
        ).exec(text)?.[0];
        const values = type.kind === 'enumeration' ? type.values : [];
        for (const value of values)
          expect(enumeration, `${name}.${wire}`).toMatch(new RegExp(`^\\t\\t${value}: `, 'm'));
      }
    }
  });

  it('has a method for each operation', () => {
    const client = readFileSync(path.join(goModule ?? '', 'cdm_client.go'), 'utf8');
    for (const id of sampleOperationIds) {
      expect(client).toContain(`func (c *CdmClient) ${id}(request *model.${requestModelOf(id)}) (`);
    }
  });
});

const java = fetchedFolder('java-jars-');
const javap = [
  '/usr/bin/javap',
  ...(process.env.PATH ?? '').split(':').map((folder) => path.join(folder, 'javap')),
].find((file) => existsSync(file));

describe.skipIf(java === null || javap === undefined)(
  title('Java', javap === undefined ? null : java),
  () => {
    const packageName = 'com.huaweicloud.sdk.cdm.v1';
    const typeOf = (type: SdkType, owner: string, wire: string): string => {
      if (type.kind === 'list') return `java.util.List<${typeOf(type.of, owner, wire)}>`;
      if (type.kind === 'model') return `${packageName}.model.${type.name}`;
      if (type.kind === 'enumeration') return `${packageName}.model.${owner}$${pascalCase(wire)}Enum`;
      const names = { text: 'String', flag: 'Boolean', int32: 'Integer', int64: 'Long', any: 'Object' };
      return `java.lang.${names[type.kind]}`;
    };

    it('has the classes with setters of these types, the enumerations, and the methods', {
      timeout: limitMs,
    }, async () => {
      const jars = readdirSync(java ?? '').map((name) => path.join(java ?? '', name));
      const enumerations = models.flatMap(([name, members]) =>
        members
          .filter(({ type }) => type.kind === 'enumeration')
          .map(({ wire, type }) => ({ name: `${name}$${pascalCase(wire)}Enum`, type })),
      );
      const classes = [...models.map(([name]) => name), ...enumerations.map(({ name }) => name)];
      const all = ['CdmClient', ...classes.map((name) => `model.${name}`)].map(
        (name) => `${packageName}.${name}`,
      );
      const told = await runToEnd(javap ?? '', ['-public', '-cp', jars.join(':'), ...all], { limitMs });
      const textOf = (name: string) => {
        const head = `class ${packageName}.${name} {`;
        return told.split('Compiled from').find((one) => one.includes(head)) ?? expect.fail(`no ${name}`);
      };
      for (const [name, members] of models) {
        const text = textOf(`model.${name}`);
        for (const { wire, type } of members.filter((member) => member.wire !== 'Content-Type')) {
          const setter = `${packageName}.model.${name} with${pascalCase(wire)}(${typeOf(type, name, wire)});`;
          expect(text, name).toContain(setter);
        }
      }
      for (const { name, type } of enumerations) {
        const values = type.kind === 'enumeration' ? type.values : [];
        for (const value of values) expect(textOf(`model.${name}`)).toContain(` ${value};`);
      }
      for (const id of sampleOperationIds) {
        const model = `${packageName}.model.${id}`;
        expect(textOf('CdmClient')).toContain(`${model}Response ${camelCase(id)}(${model}Request);`);
      }
    });
  },
);

describe('PHP, by its published names', () => {
  it('has the classes and setters', () => {
    const setters: Readonly<Record<string, Readonly<Record<string, string>>>> = phpNames.setters;
    for (const [name, members] of models) {
      for (const { wire } of members.filter((member) => member.wire !== 'Content-Type')) {
        expect(setters[name]?.[wire], `${name}.${wire}`).toBe(`set${pascalCase(wire)}`);
      }
    }
  });

  it('has a method for each operation', () => {
    expect([...phpNames.methods].sort()).toEqual(sampleOperationIds.map(camelCase).sort());
  });

  it.each(calls.map((call) => [call.operationId, call] as const))(
    '%s: the sample has published names alone',
    (_id, call) => {
      const { known, wrong } = phpNamesIn(buildSample(call, 'php').source);
      expect(wrong).toEqual([]);
      expect(known).toBeGreaterThanOrEqual(2);
    },
  );

  it('a wrong class, setter or method is found', () => {
    const { source } = buildSample(request({ operationId: 'CreateJob' }), 'php');
    for (const [right, wrong] of [
      ['CdmCreateJobJsonReq', 'CdmCreateJobReq'],
      ['->setToLinkName(', '->setToLink('],
      ['->createJob(', '->makeJob('],
    ] as const)
      expect(phpNamesIn(source.replaceAll(right, wrong)).wrong).not.toEqual([]);
  });
});

describe('Terraform, by its published names', () => {
  const withResource = sampleOperationIds.filter((id) => sampleLanguagesOf(id).includes('terraform'));

  it.each(withResource)('%s has a resource, arguments that exist, and those that must be', (operationId) => {
    const { known, wrong } = terraformNamesIn(buildSample(request({ operationId }), 'terraform').source);
    expect(wrong).toEqual([]);
    expect(known).toBeGreaterThanOrEqual(3);
  });

  it('a wrong resource or argument is found, and a missing one', () => {
    const { source } = buildSample(request({ operationId: 'CreateJob' }), 'terraform');
    const wrongIn = (text: string) => terraformNamesIn(text).wrong;
    expect(wrongIn(source.replace('huaweicloud_cdm_job', 'huaweicloud_cdm_jobs'))).toHaveLength(1);
    expect(wrongIn(source.replace('  source_link_name ', '  source_link '))).toHaveLength(2);
    expect(wrongIn(source.replace('throttling_extractors_number', 'extractors'))).toHaveLength(1);
    expect(wrongIn(source.replace('  config {', '  settings {'))).toHaveLength(1);
  });
});

describe('Node.js, whose core has the names of the request alone', () => {
  it.each(calls.map((call) => [call.operationId, call] as const))(
    '%s has method and path of the contract',
    (id, call) => {
      const { source } = buildSample(call, 'nodejs');
      const { method, path: url } = operationOf(id);
      expect(source).toContain(`  method: "${method}",\n  url: "${url}",\n`);
    },
  );
});
