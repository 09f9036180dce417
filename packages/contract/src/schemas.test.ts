import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ShowDatastoresResponse, ShowFlavorsResponse } from './catalogue.ts';
import { ClusterNode } from './cluster-nodes.ts';
import { CreateClusterRequest, DeleteClusterRequest, StopClusterRequest } from './cluster-requests.ts';
import { JobIdArray, JobIdText } from './clusters.ts';
import { ConfigOut } from './config-values.ts';
import { examples } from './examples.ts';
import { JobOut, JobsRequest, StartJobRequest } from './jobs.ts';
import { LinksRequest } from './links.ts';
import { operationOf, operations } from './operations.ts';
import { ownOperations } from './own-operations.ts';
import {
  counterGroup,
  type JobStatusAnswer,
  type RunStatus,
  runStatuses,
  Submission,
} from './submissions.ts';
import { clampInt32, int32Max } from './wire-types.ts';

const accepts = (schema: TSchema, value: unknown) => Compile(schema).Check(value);

type Tree = Readonly<Record<string, unknown>>;

/** Every object schema below a schema, with where it stands. */
function* objectsIn(schema: unknown, at: string): Generator<[string, Tree]> {
  if (schema === null || typeof schema !== 'object') return;
  const tree = schema as Tree;
  if (tree.type === 'object') yield [at, tree];
  for (const [name, value] of Object.entries(tree)) {
    if (name !== 'allOf') yield* objectsIn(value, `${at}/${name}`);
  }
}

/** Sent and shown in the same form. */
const bothWays = new Set(['Datastore', 'SysTag']);

describe('every operation', () => {
  it.each([...operations, ...ownOperations].map((operation) => [operation.operationId, operation] as const))(
    '%s is tolerant in what it takes and exact in what it gives',
    (_id, operation) => {
      for (const [at, schema] of objectsIn(operation.request, 'request')) {
        expect(schema.additionalProperties, at).toBeUndefined();
      }
      for (const [at, schema] of objectsIn(operation.response, 'response')) {
        if (bothWays.has(String(schema.title)) || 'patternProperties' in schema) continue;
        expect(schema.additionalProperties, at).toBe(false);
      }
    },
  );

  it('has the published rate limit', () => {
    const limited = (perMinute: number | null) =>
      operations.filter((row) => row.requestsPerMinute === perMinute).map((row) => row.operationId);
    expect(limited(5)).toEqual(['CreateCluster']);
    expect(limited(1200)).toEqual(['CreateJob', 'StartJob', 'StopJob']);
    expect(limited(120)).toHaveLength(12);
    expect(limited(20)).toHaveLength(12);
    expect(limited(null)).toEqual(['ListLinksUnnamed']);
  });

  it('answers 202 where work goes on, and 200 to cluster actions, which clients insist on', () => {
    const accepted = operations.filter((row) => row.successStatus === 202).map((row) => row.operationId);
    expect(accepted).toEqual(['CreateCluster', 'DeleteCluster', 'ModifyCluster']);
  });

  it('puts each parameter of its path into the list of its parameters', () => {
    const names: Readonly<Record<string, string>> = {
      project_id: 'ProjectId',
      cluster_id: 'ClusterId',
      link_name: 'LinkName',
      job_name: 'JobName',
      instance_id: 'InstanceId',
      datastore_id: 'DatastoreId',
      flavor_id: 'FlavorId',
      region_id: 'RegionId',
    };
    for (const { path, parameters } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => names[match[1] ?? '']);
      expect(parameters.slice(0, inPath.length), path).toEqual(inPath);
    }
  });

  it('is found by its id', () => {
    expect(operationOf('StopJob').path).toBe(
      '/v1.1/{project_id}/clusters/{cluster_id}/cdm/job/{job_name}/stop',
    );
  });
});

const run = {
  'job-name': 'j',
  status: 'RUNNING',
  progress: 12.5,
  'submission-id': 3,
  'creation-user': 'u',
  'creation-date': 1536905778725,
  'last-update-date': 1536905778725,
  'last-update-user': 'u',
  'last-udpate-user': 'u',
  'is-execute-auto': false,
  isIncrementing: false,
  isStopingIncrement: '',
  isDeleteJob: false,
  'external-id': '',
};
const counters = {
  [counterGroup]: { ROWS_READ: 5_000_000_000, ROWS_WRITTEN: 5_000_000_000, FILES_READ: -1 },
};
const texts = { 'error-summary': 's', 'error-details': 'd' };

describe('a run on the wire', () => {
  it('is a type that the code can use', () => {
    expectTypeOf<JobStatusAnswer['submissions'][number]['status']>().toEqualTypeOf<RunStatus>();
    expectTypeOf<Submission['creation-date']>().toEqualTypeOf<number>();
    expectTypeOf<Submission['last-udpate-user']>().toEqualTypeOf<string>();
    const counterNames: keyof NonNullable<Submission['counters']> = counterGroup;
    expect(counterNames).toBe('org.apache.sqoop.submission.counter.SqoopCounters');
  });

  it.each([
    ['running', {}, true],
    ['booting', { status: 'BOOTING', progress: 1 }, true],
    ['running with counters', { counters }, false],
    ['running with error texts', texts, false],
    ['running at -1', { progress: -1 }, false],
    ['succeeded with counters', { status: 'SUCCEEDED', progress: 100, counters }, true],
    ['succeeded without counters', { status: 'SUCCEEDED', progress: 100 }, false],
    ['failed with texts', { status: 'FAILED', progress: -1, ...texts }, true],
    ['failed with counters', { status: 'FAILED', progress: -1, ...texts, counters }, false],
    ['failed without texts', { status: 'FAILED', progress: -1 }, false],
    ['failed at 40', { status: 'FAILED', progress: 40, ...texts }, false],
    ['never handed over', { status: 'FAILURE_ON_SUBMIT', progress: -1 }, true],
    ['pending', { status: 'PENDING' }, false],
    ['a date as text', { 'creation-date': '1536905778725' }, false],
    ['progress as text', { progress: '12' }, false],
    ['isStopingIncrement as boolean', { isStopingIncrement: false }, false],
    ['one spelling of the editor only', { 'last-udpate-user': undefined }, false],
    ['a member of its own', { extra: 1 }, false],
  ])('%s', (_what, change, isAccepted) => {
    expect(accepts(Submission, JSON.parse(JSON.stringify({ ...run, ...change })))).toBe(isAccepted);
  });

  it('knows seven states', () => expect(runStatuses).toHaveLength(7));
});

describe('the examples', () => {
  it.each(Object.entries(examples))('of %s fit their schemas', (id, { request, response }) => {
    const operation = operations.find((row) => row.operationId === id);
    if (request !== undefined) expect(accepts(operation?.request ?? expect.fail(id), request)).toBe(true);
    if (response !== undefined) expect(accepts(operation?.response ?? expect.fail(id), response)).toBe(true);
    expect([request, response]).not.toEqual([undefined, undefined]);
  });
});

describe('answers that break typed clients', () => {
  const node = {
    id: 'n',
    name: 'n',
    type: 'cdm',
    status: '200',
    isFrozen: '0',
    flavor: { id: 'f' },
    volume: { type: 'LOCAL_DISK', size: 100 },
  };
  it.each([
    ['a node', ClusterNode, node, true],
    ['a node of the list', ClusterNode, { ...node, flavor: null, volume: null, actions: null }, true],
    ['a size as text', ClusterNode, { ...node, volume: { type: 'LOCAL_DISK', size: '100' } }, false],
    ['actions as text', ClusterNode, { ...node, actions: 'REBOOTING' }, false],
    ['isFrozen as number', ClusterNode, { ...node, isFrozen: 0 }, false],
    ['inputs as an object', ConfigOut, { name: 'linkConfig', inputs: {} }, false],
    ['a number as a value', ConfigOut, { name: 'linkConfig', inputs: [{ name: 'a', value: 1 }] }, false],
    ['a text as a value', ConfigOut, { name: 'linkConfig', inputs: [{ name: 'a', value: '1' }] }, true],
    ['a map as a value', ConfigOut, { name: 'linkConfig', inputs: [{ name: 'a', value: { b: 'c' } }] }, true],
    ['a secret without value', ConfigOut, { name: 'linkConfig', inputs: [{ name: 'a' }] }, true],
    ['datastores as a bare list', ShowDatastoresResponse, [], false],
    ['cpu as text', ShowFlavorsResponse, flavors({ cpu: '8' }), false],
    ['cpu as number', ShowFlavorsResponse, flavors({ cpu: 8 }), true],
    ['task ids as a list', JobIdText, { jobId: ['a'] }, false],
    ['a task id as text', JobIdArray, { jobId: 'a' }, false],
  ])('%s', (_what, schema, value, isAccepted) => {
    expect(accepts(schema, value)).toBe(isAccepted);
  });

  function flavors(change: object) {
    const flavor = { str_id: 'f', name: 'cdm.medium', cpu: 8, ram: 16, ...change };
    return { id: 'd', dbname: 'cdm', versions: [{ id: 'v', name: '1', flavors: [flavor] }] };
  }

  it('writes widths into the schemas as clients have them', () => {
    const formatOf = (schema: TSchema, member: string) =>
      (schema as unknown as { properties: Record<string, Tree> }).properties[member]?.format;
    expect(formatOf(JobOut, 'rows_read')).toBe('int64');
    expect(formatOf(JobOut, 'rows_written')).toBe('int32');
    expect(formatOf(Submission, 'write_rows')).toBe('int32');
    expect(formatOf(Submission, 'creation-date')).toBe('int64');
    expect(formatOf(Submission, 'progress')).toBe('float');
  });

  it('clamps what 32 bits cannot hold', () => {
    expect(clampInt32(5_000_000_000)).toBe(int32Max);
    expect(clampInt32(-5_000_000_000)).toBe(-2_147_483_648);
    expect(clampInt32(7)).toBe(7);
  });
});

describe('requests as clients really send them', () => {
  const configs = [{ name: 'fromJobConfig', inputs: [{ name: 'fromJobConfig.tableName', value: 'T' }] }];
  const job = {
    name: 'j',
    'from-connector-name': 'generic-jdbc-connector',
    'to-link-name': 'b',
    'from-config-values': { configs },
    'to-config-values': { configs },
    'driver-config-values': { configs: [] },
  };
  const link = { name: 'l', 'connector-name': 'generic-jdbc-connector', 'link-config-values': { configs } };
  const cluster = {
    name: 'c',
    vpcId: 'v',
    instances: [
      {
        availability_zone: 'az',
        flavorRef: 'f',
        type: 'cdm',
        nics: [{ securityGroupId: 's', 'net-id': 'n' }],
      },
    ],
  };
  it.each([
    ['a job', JobsRequest, { jobs: [job] }, true],
    [
      'a job with members of other versions',
      JobsRequest,
      { jobs: [{ ...job, newer: 1, id: '7' }], more: 1 },
      true,
    ],
    ['a job read back, its dates as text', JobsRequest, { jobs: [{ ...job, 'creation-date': '1' }] }, true],
    ['a job without its third part', JobsRequest, { jobs: [{ ...job, 'driver-config-values': {} }] }, true],
    [
      'values that are no text',
      JobsRequest,
      {
        jobs: [
          {
            ...job,
            'to-config-values': {
              configs: [
                { name: 'c', inputs: [{ name: 'a', value: 3 }, { name: 'b', value: false }, { name: 'c' }] },
              ],
            },
          },
        ],
      },
      true,
    ],
    [
      'an object for an empty list',
      JobsRequest,
      { jobs: [{ ...job, 'to-config-values': { configs: [{ name: 'c', inputs: {} }] } }] },
      true,
    ],
    [
      'an object that is not empty for a list',
      JobsRequest,
      { jobs: [{ ...job, 'to-config-values': { configs: [{ name: 'c', inputs: { a: 1 } }] } }] },
      false,
    ],
    ['a job without a name', JobsRequest, { jobs: [{ ...job, name: undefined }] }, false],
    ['no job', JobsRequest, { jobs: [] }, false],
    ['a link', LinksRequest, { links: [link] }, true],
    ['a link by an unknown user', LinksRequest, { links: [{ ...link, 'creation-user': null }] }, true],
    [
      'further attributes as a list',
      LinksRequest,
      { links: [{ ...link, 'link-config-values': { configs, 'extended-configs': [] } }] },
      true,
    ],
    ['a link without settings', LinksRequest, { links: [{ ...link, 'link-config-values': {} }] }, false],
    ['variables', StartJobRequest, { variables: { day: '2024-01-01', n: 3, b: true } }, true],
    ['a start with nothing', StartJobRequest, {}, true],
    ['a variable that is an object', StartJobRequest, { variables: { a: {} } }, false],
    ['a cluster', CreateClusterRequest, { cluster }, true],
    [
      'a cluster in the older spelling',
      CreateClusterRequest,
      { cluster, autoRemind: false, phoneNum: 'null' },
      true,
    ],
    ['a stop wrapped twice', StopClusterRequest, { stop: { stop: {} } }, true],
    ['a delete under another name', DeleteClusterRequest, { KeepLastManualBackup: 0 }, true],
    ['a delete with text', DeleteClusterRequest, { keep_last_manual_backup: '0' }, true],
  ])('%s', (_what, schema, value, isAccepted) => {
    expect(accepts(schema, JSON.parse(JSON.stringify(value)))).toBe(isAccepted);
  });
});
