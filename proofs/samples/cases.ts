import { setTimeout as sleep } from 'node:timers/promises';
import type { SdkOperationId } from '@sluice/contract/samples/sdk-models';
import { ApiError, type SignedClient } from '../../tools/demo/signed-client.ts';
import { hostile, type SampleDatabase, sourceRows } from './database.ts';

/** One sample to make and to run, and how to see that it did what it says. */
export interface SampleCase {
  readonly operationId: SdkOperationId;
  /** What is peculiar about it; empty for the plain call of the operation. */
  readonly what: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Brings the server to where the sample can work. */
  before?(): Promise<unknown>;
  /** @returns texts that the sample must have printed. @throws when the server is not as the call should have left it. */
  after(): Promise<readonly string[]>;
}

export interface CaseTools {
  readonly client: SignedClient;
  readonly database: SampleDatabase;
  readonly region: string;
  /** A word that tells the languages' things apart. */
  readonly name: string;
}

/** How long a cluster or a run may take to get where it should, in milliseconds. */
const arrivalMs = 60_000;
const lookAgainMs = 100;

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape; a wrong step fails the case
type Answer = any;

/** Makes what the samples of one language work on: three clusters, links and jobs. @returns the samples, in an order in which they can run. */
export async function makeCases(tools: CaseTools): Promise<readonly SampleCase[]> {
  const { client, database, region, name } = tools;
  const project = `/v1.1/${client.projectId}`;
  const get = (path: string): Promise<Answer> => client.call('GET', `${project}${path}`);
  const { datastores } = await get('/datastores');
  const { versions } = await get(`/datastores/${datastores[0].id}/flavors`);
  const flavorId: string = versions[0].flavors[0].str_id;
  const zones = await get(`/regions/${region}/availability_zones`);
  const word = name.replaceAll('_', '-');

  const clusterBody = (label: string) => ({
    cluster: {
      name: `${label}-${word}`,
      vpcId: hostile.text,
      datastore: { type: 'cdm', version: datastores[0].defaultVersion },
      sys_tags: [{ key: '_sys_enterprise_project_id', value: `eps ${hostile.role}` }],
      instances: [
        {
          availability_zone: zones.defaultAZ,
          flavorRef: flavorId,
          type: 'cdm',
          nics: [{ securityGroupId: `group ${hostile.text}`, 'net-id': `net ${hostile.text}` }],
        },
      ],
    },
  });
  const stateOf = async (id: string): Promise<string> => (await get(`/clusters/${id}`)).status;
  const arrival = async (id: string, state: string, onTheWay: readonly string[]) => {
    for (const end = Date.now() + arrivalMs; ; await sleep(lookAgainMs)) {
      const found = await stateOf(id);
      if (found === state) return;
      demand(onTheWay.includes(found), `the cluster is in state ${found} on its way to ${state}`);
      demand(Date.now() < end, `the cluster is still in state ${found} instead of ${state}`);
    }
  };
  const makeCluster = async (label: string): Promise<string> => {
    const { id } = (await client.call('POST', `${project}/clusters`, clusterBody(label))) as Answer;
    await arrival(id, '200', ['100']);
    return id;
  };
  const [main, cycled, doomed] = (await Promise.all(['main', 'cycled', 'doomed'].map(makeCluster))) as [
    string,
    string,
    string,
  ];
  const node = (await get(`/clusters/${main}`)).instances[0];

  await database.makeTargets(name);
  const cdm = `/clusters/${main}/cdm`;
  const send = (method: string, path: string, body?: unknown) =>
    client.call(method, `${project}${path}`, body);
  const own = { username: database.user, password: database.password };
  const foreign = { username: hostile.role, password: hostile.password };
  for (const link of ['target', 'unused']) await send('POST', `${cdm}/link`, linkBody(link, database, own));
  const madeJob = `made_${name}`;
  const slowJob = `slow_${name}`;
  const jobBody = (job: string, table: string, filter?: string) => jobOf(job, table, filter);
  const statusOf = async (job: string): Promise<Answer> =>
    (await get(`${cdm}/job/${job}/status`)).submissions[0];
  const runEnd = async (job: string, wanted: string): Promise<Answer> => {
    for (const end = Date.now() + arrivalMs; ; await sleep(lookAgainMs)) {
      const run = await statusOf(job);
      if (!['BOOTING', 'RUNNING'].includes(run.status)) {
        demand(run.status === wanted, `${job} ended ${run.status}: ${run['error-summary']}`);
        return run;
      }
      demand(Date.now() < end, `${job} is still ${run.status}`);
    }
  };
  const filterOf = async (job: string): Promise<unknown> => {
    const inputs: Answer[] = (await get(`${cdm}/job/${job}`)).jobs[0]['from-config-values'].configs[0].inputs;
    return inputs.find((input) => input.name === 'fromJobConfig.whereClause')?.value;
  };
  const isRefused = async (path: string, status: number) => {
    const found = await get(path).then(
      () => 200,
      (error: unknown) => (error instanceof ApiError ? error.status : 0),
    );
    demand(found === status, `${path} is answered with ${found} instead of ${status}`);
  };
  const plain = (operationId: SdkOperationId, more: Partial<SampleCase>): SampleCase => ({
    operationId,
    what: '',
    parameters: {},
    body: undefined,
    after: async () => [],
    ...more,
  });
  const onCluster = { cluster_id: main };
  const onJob = { cluster_id: main, job_name: madeJob };
  const simpleFilter = 'id <= 150';
  const hostileFilter = `name <> '${hostile.text.replaceAll("'", "''")}'`;

  return [
    plain('ShowDatastores', { after: async () => [datastores[0].id, datastores[0].defaultVersion] }),
    plain('ShowFlavors', {
      parameters: { datastore_id: datastores[0].id },
      after: async () => [versions[0].id, ...versions[0].flavors.map((one: Answer) => one.str_id)],
    }),
    plain('ShowFlavorDetail', {
      parameters: { flavor_id: flavorId },
      after: async () => [flavorId, String(versions[0].flavors[0].cpu)],
    }),
    plain('ShowAvailabilityZones', {
      parameters: { region_id: region },
      after: async () => [region, zones.defaultAZ],
    }),
    plain('CreateCluster', {
      parameters: { 'X-Language': `zh "'\\$(touch PWNED)\`touch PWNED\`` },
      body: clusterBody('made'),
      async after() {
        const { clusters } = await get('/clusters');
        const found = clusters.find((one: Answer) => one.name === `made-${word}`);
        demand(found !== undefined, 'there is no such cluster');
        await arrival(found.id, '200', ['100']);
        const detail = await get(`/clusters/${found.id}`);
        const kept = [detail.vpc_id, detail.security_group_id, detail.subnet_id];
        equal(kept, [hostile.text, `group ${hostile.text}`, `net ${hostile.text}`], 'ids of the network');
        return [found.id, `made-${word}`];
      },
    }),
    plain('ListClusters', { after: async () => [main, cycled, doomed, node.id] }),
    plain('ShowClusterDetail', {
      parameters: onCluster,
      after: async () => [main, node.id, flavorId, hostile.text],
    }),
    plain('ShowInstanceDetail', {
      parameters: { instance_id: node.id },
      after: async () => [node.id, main, hostile.text],
    }),
    plain('ShowEnterpriseProjects', { after: async () => [main, cycled, `eps ${hostile.role}`] }),
    plain('ShowClusterEnterpriseProjects', {
      parameters: onCluster,
      after: async () => [`eps ${hostile.role}`],
    }),

    plain('ModifyCluster', {
      parameters: { cluster_id: cycled, 'X-Language': 'en-us' },
      body: { autoOff: true, scheduleBootOff: false, autoRemind: true, email: 'a.b@example.com' },
      async after() {
        const { isAutoOff } = await get(`/clusters/${cycled}`);
        equal(isAutoOff, true, 'isAutoOff');
        return [];
      },
    }),
    plain('RestartCluster', {
      parameters: { cluster_id: cycled },
      body: {
        restart: {
          type: 'cdm',
          restartMode: 'IMMEDIATELY',
          restartLevel: 'SERVICE',
          restartDelayTime: 0,
          instance: hostile.text,
          group: hostile.text,
        },
      },
      async after() {
        await arrival(cycled, '200', ['500', '200']);
        return [];
      },
    }),
    plain('StopCluster', {
      parameters: { cluster_id: cycled },
      body: { stop: { stopMode: 'IMMEDIATELY' } },
      before: () => calm(cycled),
      async after() {
        await arrival(cycled, '900', ['200', '910']);
        return [];
      },
    }),
    plain('StartCluster', {
      parameters: { cluster_id: cycled },
      body: { start: { note: hostile.text } },
      async after() {
        await arrival(cycled, '200', ['900', '920']);
        return [];
      },
    }),
    plain('DeleteCluster', {
      parameters: { cluster_id: doomed },
      body: { keep_last_manual_backup: 0 },
      async after() {
        for (const end = Date.now() + arrivalMs; ; await sleep(lookAgainMs)) {
          const { clusters } = await get('/clusters');
          if (!clusters.some((one: Answer) => one.id === doomed)) break;
          demand(Date.now() < end, 'the cluster is still there');
        }
        await isRefused(`/clusters/${doomed}`, 404);
        return [];
      },
    }),

    plain('CreateLink', {
      parameters: { ...onCluster, validate: 'true' },
      what: 'check only',
      body: linkBody('source', database, foreign),
      async after() {
        await isRefused(`${cdm}/link/source`, 404);
        return ['source'];
      },
    }),
    plain('CreateLink', {
      parameters: onCluster,
      body: linkBody('source', database, foreign),
      async after() {
        await get(`${cdm}/link/source`);
        return ['source'];
      },
    }),
    plain('UpdateLink', {
      parameters: { ...onCluster, link_name: 'source' },
      body: linkBody('source', database, { username: foreign.username }, { useSSL: 'false' }),
      async after() {
        const { links } = await get(`${cdm}/link/source`);
        const inputs: Answer[] = links[0]['link-config-values'].configs[0].inputs;
        equal(inputs.find((one) => one.name === 'linkConfig.useSSL')?.value, 'false', 'useSSL');
        return [];
      },
    }),
    plain('ShowLink', {
      parameters: { ...onCluster, link_name: 'source' },
      after: async () => ['source', hostile.role],
    }),
    plain('ShowLink', {
      what: 'all of them',
      parameters: { ...onCluster, link_name: 'all' },
      after: async () => ['source', 'target', 'unused', hostile.role],
    }),
    plain('DeleteLink', {
      parameters: { ...onCluster, link_name: 'unused' },
      async after() {
        await isRefused(`${cdm}/link/unused`, 404);
        return [];
      },
    }),

    plain('CreateJob', {
      parameters: onCluster,
      body: jobBody(madeJob, `copied_${name}`, simpleFilter),
      async after() {
        equal(await filterOf(madeJob), simpleFilter, 'whereClause');
        return [madeJob];
      },
    }),
    plain('UpdateJob', {
      parameters: onJob,
      body: jobBody(madeJob, `copied_${name}`, hostileFilter),
      async after() {
        equal(await filterOf(madeJob), hostileFilter, 'whereClause');
        return [];
      },
    }),
    plain('ShowJobs', {
      parameters: onJob,
      after: async () => [madeJob, hostile.table, hostileFilter],
    }),
    plain('ShowJobs', {
      what: 'a page of a filtered list',
      parameters: {
        ...onCluster,
        job_name: 'all',
        filter: 'made',
        page_no: '1',
        page_size: '10',
        jobType: 'NORMAL_JOB',
      },
      after: async () => [madeJob, 'source'],
    }),
    plain('ShowJobs', {
      what: 'a hostile filter',
      parameters: { ...onCluster, job_name: 'all', filter: hostile.text },
      after: async () => [],
    }),
    plain('StartJob', {
      parameters: onJob,
      body: { variables: { day: '2024-01-31', text: hostile.text } },
      async after() {
        await runEnd(madeJob, 'SUCCEEDED');
        equal(await database.countCopied(name), sourceRows, 'rows at the destination');
        return [madeJob];
      },
    }),
    plain('ShowJobStatus', {
      parameters: onJob,
      after: async () => [madeJob, 'SUCCEEDED', (await statusOf(madeJob))['external-id']],
    }),
    plain('ShowSubmissions', {
      parameters: { ...onCluster, jname: madeJob },
      after: async () => [madeJob, 'SUCCEEDED', (await statusOf(madeJob))['external-id']],
    }),
    plain('StopJob', {
      parameters: { ...onCluster, job_name: slowJob },
      async before() {
        await send('POST', `${cdm}/job`, jobBody(slowJob, `slow_${name}`));
        await send('PUT', `${cdm}/job/${slowJob}/start`);
      },
      async after() {
        const run = await runEnd(slowJob, 'FAILED');
        demand(/stopped by/.test(run['error-summary']), `the run ended so: ${run['error-summary']}`);
        return [];
      },
    }),
    plain('DeleteJob', {
      parameters: { ...onCluster, job_name: slowJob },
      async after() {
        await isRefused(`${cdm}/job/${slowJob}`, 400);
        return [];
      },
    }),
    plain('CreateAndStartRandomClusterJob', {
      parameters: { 'X-Language': 'en-us' },
      body: { ...jobBody(`random_${name}`, `copied_${name}`, hostileFilter), clusters: [main, main] },
      async after() {
        equal(await filterOf(`random_${name}`), hostileFilter, 'whereClause');
        await runEnd(`random_${name}`, 'SUCCEEDED');
        return [`random_${name}`];
      },
    }),
  ];

  /** A restart has come to its end: the state is normal, and stays so. */
  async function calm(id: string): Promise<void> {
    await arrival(id, '200', ['500']);
    await sleep(lookAgainMs);
    await arrival(id, '200', ['500']);
  }
}

function linkBody(
  name: string,
  database: SampleDatabase,
  login: { readonly username: string; readonly password?: string },
  more: Readonly<Record<string, string>> = {},
): unknown {
  const { host, port, database: named } = database.address;
  const values = { databaseType: 'POSTGRESQL', host, port: String(port), database: named, ...login, ...more };
  return {
    links: [
      {
        name,
        'connector-name': 'generic-jdbc-connector',
        enabled: true,
        'link-config-values': { configs: [group('linkConfig', values)] },
      },
    ],
  };
}

function jobOf(name: string, table: string, filter: string | undefined): object {
  const from = { schemaName: 'public', tableName: hostile.table, columnList: 'id&name' };
  const to = {
    schemaName: 'public',
    tablePreparation: 'DO_NOTHING',
    tableName: table,
    columnList: 'id&name',
    beforeImportType: 'shouldClearTable',
  };
  const whereClause = filter === undefined ? {} : { whereClause: filter };
  return {
    jobs: [
      {
        name,
        job_type: 'NORMAL_JOB',
        'from-connector-name': 'generic-jdbc-connector',
        'from-link-name': 'source',
        'from-config-values': { configs: [group('fromJobConfig', { ...from, ...whereClause })] },
        'to-connector-name': 'generic-jdbc-connector',
        'to-link-name': 'target',
        'to-config-values': { configs: [group('toJobConfig', to)] },
        'driver-config-values': { configs: [group('throttlingConfig', { numExtractors: '1' })] },
      },
    ],
  };
}

function group(name: string, values: Readonly<Record<string, string | undefined>>) {
  const inputs = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ name: `${name}.${key}`, value }],
  );
  return { name, inputs };
}

function demand(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}

function equal(found: unknown, wanted: unknown, what: string): void {
  const texts = [JSON.stringify(found), JSON.stringify(wanted)];
  demand(texts[0] === texts[1], `${what}: ${texts[0]} instead of ${texts[1]}`);
}
