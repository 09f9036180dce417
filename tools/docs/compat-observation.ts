import { referenceApi } from '@sluice/contract/compat/compatibility';
import {
  bodySchemaOf,
  isNode,
  type SchemaNode,
  visitPresent,
  watchReads,
} from '@sluice/contract/compat/members';
import type { OperationId } from '@sluice/contract/operation';
import { operationOf } from '@sluice/contract/operations';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { projectA, type SampleApp, sampleApp } from '@sluice/server/http/sample-app';
import { jobBody, linkBody } from '@sluice/server/http/sample-documents';
import { sampleCounts } from '@sluice/server/store/sample-records';
import type { Page } from './markdown.ts';

/** What a scenario over all operations was seen to do; sorted, so that the same behaviour gives the same file. */
export interface Observed {
  /** Operations with a call that succeeded. */
  readonly succeeded: readonly string[];
  /** Members of requests that the server read. */
  readonly read: readonly string[];
  /** Members of answers that the server gave. */
  readonly answered: readonly string[];
}

interface Wanted {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

const flavorId = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';

/** Any value of a schema of the reference, with every member that it names. */
function anyOf(schema: SchemaNode): unknown {
  const name = typeof schema.$ref === 'string' ? (schema.$ref.split('/').at(-1) ?? '') : null;
  if (name !== null) return anyOf(referenceApi.components.schemas[name] ?? {});
  const [first] = Array.isArray(schema.oneOf)
    ? schema.oneOf
    : Array.isArray(schema.anyOf)
      ? schema.anyOf
      : [];
  if (isNode(first)) return anyOf(first);
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'array') return isNode(schema.items) ? [anyOf(schema.items)] : [];
  if (type === 'integer' || type === 'number') return 0;
  if (type === 'boolean') return false;
  if (!isNode(schema.properties)) return type === 'object' ? {} : '';
  return Object.fromEntries(
    Object.entries(schema.properties).map(([member, of]) => [member, isNode(of) ? anyOf(of) : '']),
  );
}

/** Puts what must be true over what is there for completeness; lists go item by item. */
function over(base: unknown, wanted: unknown): unknown {
  if (Array.isArray(wanted)) {
    const [sample] = Array.isArray(base) ? base : [];
    return wanted.map((item) => over(sample, item));
  }
  if (!isNode(wanted)) return wanted;
  const merged = { ...(isNode(base) ? base : {}) };
  for (const [name, value] of Object.entries(wanted)) merged[name] = over(merged[name], value);
  return merged;
}

/** The schemas of the reference for the bodies of an operation; of those that share a route, its own. */
function schemasOf(operationId: OperationId): {
  readonly request: SchemaNode | null;
  readonly response: SchemaNode;
} {
  const { method, path, successStatus } = operationOf(operationId);
  const published = referenceApi.paths[path]?.[method.toLowerCase()] ?? {};
  const variants = Array.isArray(published['x-variants']) ? published['x-variants'] : [];
  const own: unknown = variants.find((each: { operationId: string }) => each.operationId === operationId);
  if (isNode(own)) return { request: { $ref: own.request }, response: { $ref: own.response } };
  const responses = isNode(published.responses) ? published.responses : {};
  return {
    request: bodySchemaOf(published.requestBody),
    response: bodySchemaOf(responses[successStatus]) ?? {},
  };
}

/** Walks through all operations with complete bodies, and notes what is read of them and what is answered. */
export async function observeMembers(): Promise<Observed> {
  const sample = await sampleApp();
  const parse = JSON.parse;
  try {
    return await new Scenario(sample, parse).observe();
  } finally {
    JSON.parse = parse;
    await sample.close();
  }
}

class Scenario {
  readonly #sample: SampleApp;
  readonly #parse: typeof JSON.parse;
  readonly #succeeded = new Set<string>();
  readonly #read = new Set<string>();
  readonly #answered = new Set<string>();
  #clusterId = '';

  constructor(sample: SampleApp, parse: typeof JSON.parse) {
    this.#sample = sample;
    this.#parse = parse;
  }

  async observe(): Promise<Observed> {
    await this.#clusters();
    await this.#links();
    await this.#jobs();
    await this.#ends();
    const sorted = (names: ReadonlySet<string>) => [...names].sort();
    return {
      succeeded: sorted(this.#succeeded),
      read: sorted(this.#read),
      answered: sorted(this.#answered),
    };
  }

  async #clusters(): Promise<void> {
    const cluster = {
      name: 'warehouse',
      vpcId: 'vpc-1',
      sys_tags: [{ key: '_sys_enterprise_project_id', value: '0' }],
      instances: [
        {
          availability_zone: 'region-1a',
          flavorRef: flavorId,
          type: 'cdm',
          nics: [{ securityGroupId: 's', 'net-id': 'n' }],
        },
      ],
    };
    const made = await this.#call('CreateCluster', { body: { cluster } });
    await this.#call('ShowClusterDetail', { parameters: { cluster_id: String(made.id) } });
    this.#clusterId = await this.#sample.makeCluster(projectA);
    await this.#call('ListClusters');
    const detail = await this.#call('ShowClusterDetail');
    const [node] = Array.isArray(detail.instances) ? detail.instances : [];
    await this.#call('ShowInstanceDetail', { parameters: { instance_id: String(node?.id) } });
    await this.#call('ModifyCluster', { body: { autoOff: false, scheduleBootOff: false } });
    const { datastores } = await this.#call('ShowDatastores');
    const [store] = Array.isArray(datastores) ? datastores : [];
    await this.#call('ShowFlavors', { parameters: { datastore_id: String(store?.id) } });
    await this.#call('ShowFlavorDetail', { parameters: { flavor_id: flavorId } });
    await this.#call('ShowAvailabilityZones', { parameters: { region_id: 'region-1' } });
    await this.#call('ShowEnterpriseProjects');
    await this.#call('ShowClusterEnterpriseProjects');
  }

  async #links(): Promise<void> {
    for (const name of ['source', 'target', 'spare'])
      await this.#call('CreateLink', { body: linkBody(name) });
    await this.#call('CreateLink', { body: linkBody('checked'), query: 'validate=true' });
    await this.#call('UpdateLink', { parameters: { link_name: 'spare' }, body: linkBody('spare') });
    await this.#call('ShowLink', { parameters: { link_name: 'source' } });
    await this.#call('ShowLink', { parameters: { link_name: 'all' } });
    this.#sample.runs.finding = new SluiceError('Cdm.0901', { cause: 'refused' });
    const failed = await this.#ask('CreateLink', { body: linkBody('broken') });
    this.#sample.runs.finding = null;
    this.#note({ $ref: 'LinkValidationFailure' }, failed.body);
    const missing = await this.#ask('ShowLink', { parameters: { link_name: 'none' } });
    this.#note({ $ref: 'CdmError' }, missing.body);
    await this.#call('DeleteLink', { parameters: { link_name: 'spare' } });
  }

  async #jobs(): Promise<void> {
    const { runs, store } = this.#sample;
    const named = { parameters: { job_name: 'orders' } };
    await this.#call('CreateJob', { body: jobBody('orders') });
    await this.#call('ShowJobStatus', named);
    await this.#call('ShowJobs', named);
    await this.#call('UpdateJob', { ...named, body: jobBody('orders') });
    await this.#call('StartJob', { ...named, body: { variables: { day: '1' } } });
    await this.#call('ShowJobStatus', named);
    const first = await store.runs.latest(this.#clusterId, 'orders');
    await runs.move(first?.id ?? '', { state: 'running', startedAt: Date.now() });
    await runs.move(first?.id ?? '', { state: 'succeeded', counts: sampleCounts(5), endedAt: Date.now() });
    await this.#call('ShowJobStatus', named);
    await this.#call('StartJob', named);
    const second = await store.runs.latest(this.#clusterId, 'orders');
    const text = { en: 'why', zh: '原因' };
    const failure = { code: 'Cdm.0901', summary: text, details: text };
    await runs.move(second?.id ?? '', { state: 'failed', failure, endedAt: Date.now() });
    await this.#call('ShowJobStatus', named);
    await this.#call('StartJob', named);
    await this.#call('StopJob', named);
    await this.#call('ShowSubmissions', { query: 'jname=orders' });
    await this.#call('ShowJobs', { parameters: { job_name: 'all' }, query: 'page_no=1&page_size=10' });
    const random = { ...jobBody('random'), clusters: [this.#clusterId] };
    await this.#call('CreateAndStartRandomClusterJob', { body: random });
    await this.#call('CreateJob', { body: jobBody('gone') });
    await this.#call('DeleteJob', { parameters: { job_name: 'gone' } });
  }

  async #ends(): Promise<void> {
    const stop = { stop: { stopMode: 'IMMEDIATELY', delayTime: 0 } };
    const restart = {
      restart: { restartDelayTime: 0, restartMode: 'IMMEDIATELY', restartLevel: 'SERVICE', type: 'cdm' },
    };
    await this.#call('StopCluster', { body: stop });
    await this.#settle();
    await this.#call('ShowClusterDetail');
    await this.#call('StartCluster', { body: { start: {} } });
    await this.#settle();
    await this.#call('RestartCluster', { body: restart });
    await this.#call('ListClusters');
    await this.#settle();
    await this.#call('DeleteCluster', { body: { keep_last_manual_backup: 0 } });
  }

  /** Lets what waits for its time have it. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      for (const work of this.#sample.timers.splice(0)) work();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One call, which must succeed unless this version does not serve the operation. */
  async #call(operationId: OperationId, wanted: Wanted = {}): Promise<Readonly<Record<string, unknown>>> {
    const { successStatus } = operationOf(operationId);
    const { status, body } = await this.#ask(operationId, wanted);
    if (status === successStatus) {
      this.#succeeded.add(operationId);
      this.#note(schemasOf(operationId).response, body);
      return body;
    }
    const isUnserved = body.errCode === 'APIGW.0101' && String(body.externalMessage).includes(operationId);
    if (isUnserved) return {};
    throw new Error(`${operationId} answers ${status}: ${JSON.stringify(body)}`);
  }

  async #ask(operationId: OperationId, { parameters = {}, query = '', body }: Wanted) {
    const { method, path } = operationOf(operationId);
    const given: Readonly<Record<string, string>> = {
      project_id: projectA,
      cluster_id: this.#clusterId,
      ...parameters,
    };
    const { request } = schemasOf(operationId);
    const complete = body === undefined ? undefined : over(request === null ? {} : anyOf(request), body);
    const payload = complete === undefined ? undefined : JSON.stringify(complete);
    // The handlers read what this gives them; there is no other place where all bodies pass by.
    JSON.parse = (text: string, reviver?: Parameters<typeof JSON.parse>[1]) => {
      const value: unknown = this.#parse(text, reviver);
      if (text !== payload || request === null) return value;
      return watchReads(referenceApi, request, value, (member) => this.#read.add(member));
    };
    const url = `${path.replace(/\{(\w+)\}/g, (_brace, name: string) => given[name] ?? '')}?${query}`;
    const headers = { 'x-auth-token': `docs@${projectA}`, 'x-language': 'en-us' };
    const answer = await this.#sample.app.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    JSON.parse = this.#parse;
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  }

  #note(schema: SchemaNode, body: unknown): void {
    visitPresent(referenceApi, schema, body, (member) => this.#answered.add(member));
  }
}

/** The file that the compatibility report reads. */
export function observedPage(observed: Observed): Page {
  return {
    path: 'packages/contract/src/compat/observed-members.json',
    text: `${JSON.stringify(observed, null, 2)}\n`,
  };
}
