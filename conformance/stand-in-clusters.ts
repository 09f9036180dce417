import { randomUUID } from 'node:crypto';

/** The stand-in's clusters and catalogue; see stand-in.ts. */

export type Json = { [name: string]: unknown };
export type Answered = [status: number, body: Json];
export type Clusters = Map<string, Cluster>;

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(`refused with ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** How long a cluster is on its way to a state. */
const CHANGE_MS = 300;
const STAMP = '2026-01-02T03:04:05';
const STORE = '2d5a8c1e-7b3f-4a96-8e0d-c4f1b6a29570';
const VERSION = { id: '81f6d0b4-3c2a-4e7d-9b58-06a7e3d1c9f2', name: '2.10.0.300' };
const FLAVOR = 'a79fd5ae-1833-448a-88e8-3ea2b913e1f6';
const TAGS = [{ key: '_sys_enterprise_project_id', value: '0' }];

export class Cluster {
  readonly id = randomUUID();
  readonly links = new Map<string, Json>();
  readonly jobs = new Map<string, unknown>();
  readonly body: Json;
  isAutoOff = false;
  #during = '100';
  #after = '200';
  #changedAt = Date.now();

  constructor(body: Json) {
    this.body = body;
  }

  state(): string {
    return Date.now() - this.#changedAt < CHANGE_MS ? this.#during : this.#after;
  }

  /** @throws CDM.5090 when the state is another one. */
  change(from: string, during: string, after: string): void {
    if (this.state() !== from) throw new Refusal(400, 'CDM.5090');
    [this.#during, this.#after, this.#changedAt] = [during, after, Date.now()];
  }
}

/** @throws Cdm.0001 with 404. */
export function clusterOf(clusters: Clusters, id: string | undefined): Cluster {
  const cluster = clusters.get(id ?? '');
  if (!cluster) throw new Refusal(404, 'Cdm.0001');
  return cluster;
}

export type ClusterCall = {
  readonly method: string;
  /** Of the path, behind the project. */
  readonly parts: readonly string[];
  readonly json: Json;
  readonly region: string;
};

/** @returns null when it is a call of links or jobs. */
export function clusterCall(call: ClusterCall, clusters: Clusters): Answered | null {
  const { method, parts, json } = call;
  const [noun, id, action] = parts;
  if (noun === 'cluster') {
    clusterOf(clusters, action).isAutoOff = json.autoOff === true;
    return [202, {}];
  }
  if (noun === 'instances') return instance(id ?? '', clusters, call.region);
  if (noun === 'enterprise-projects') {
    return [200, { resources: [...clusters.keys()].map((each) => ({ cluster_id: each, sys_tags: TAGS })) }];
  }
  if (noun !== 'clusters') return catalogue(call);
  if (id === undefined) return method === 'GET' ? listed(clusters) : created(json, clusters);
  if (id === 'job' || action === 'cdm') return null;
  const cluster = clusterOf(clusters, id);
  if (action === 'enterprise-projects') return [200, { sys_tags: TAGS }];
  if (action === 'action') return acted(cluster, json);
  if (method !== 'DELETE') return [200, detail(cluster)];
  clusters.delete(id);
  return [202, { jobId: randomUUID() }];
}

function acted(cluster: Cluster, json: Json): Answered {
  if ('restart' in json) {
    cluster.change('200', '500', '200');
    return [200, { jobId: randomUUID() }];
  }
  if ('start' in json) cluster.change('900', '920', '200');
  else cluster.change('200', '910', '900');
  return [200, { jobId: [randomUUID()] }];
}

function created(json: Json, clusters: Clusters): Answered {
  const body = json.cluster as Json;
  if ((body.instances as Json[])[0]?.flavorRef !== FLAVOR) throw new Refusal(404, 'Cdm.0001');
  const cluster = new Cluster(body);
  clusters.set(cluster.id, cluster);
  const { id, name, type, shard_id } = node(cluster);
  return [
    202,
    {
      id: cluster.id,
      name: body.name,
      task: { id: randomUUID(), name: 'createCluster' },
      datastore: { type: 'cdm', version: VERSION.name },
      instances: [{ id, name, type, shard_id }],
    },
  ];
}

function listed(clusters: Clusters): Answered {
  const nothing = { flavor: null, volume: null, actions: null, links: null, resource: null };
  return [
    200,
    {
      clusters: [...clusters.values()].map((cluster) => ({
        ...members(cluster),
        instances: [{ ...node(cluster), ...nothing }],
      })),
    },
  ];
}

function detail(cluster: Cluster): Json {
  const { vpcId, instances } = cluster.body;
  const [spec = {}] = instances as Json[];
  const [nic = {}] = spec.nics as Json[];
  return {
    ...members(cluster),
    instances: [
      {
        ...node(cluster),
        flavor: { id: FLAVOR, links: [] },
        volume: { type: 'LOCAL_DISK', size: 100 },
        actions: [],
        links: [],
        resource: [],
      },
    ],
    actions: [],
    links: [],
    security_group_id: nic.securityGroupId,
    subnet_id: nic['net-id'],
    vpc_id: vpcId,
    eps_id: '0',
    tags: [],
  };
}

function members(cluster: Cluster): Json {
  const status = cluster.state();
  return {
    id: cluster.id,
    name: cluster.body.name,
    status,
    statusDetail: `State ${status}`,
    isFrozen: '0',
    created: STAMP,
    updated: STAMP,
    azName: 'az1',
    flavorName: 'cdm.small',
    datastore: { type: 'cdm', version: VERSION.name },
    isAutoOff: cluster.isAutoOff,
    isScheduleBootOff: false,
    scheduleBootTime: '',
    scheduleOffTime: '',
    recentEvent: 0,
    actionProgress: status === '100' ? { CREATING: '50%' } : {},
  };
}

function node(cluster: Cluster): Json {
  return {
    id: `${cluster.id}-1`,
    name: `${cluster.body.name}-cdm-dn-1-1`,
    type: 'cdm',
    shard_id: 'dn-1',
    status: '200',
    isFrozen: '0',
  };
}

function instance(id: string, clusters: Clusters, region: string): Answered {
  const cluster = [...clusters.values()].find((one) => node(one).id === id);
  if (!cluster) throw new Refusal(404, 'Cdm.0201');
  const { vpc_id, subnet_id, security_group_id } = detail(cluster);
  return [
    200,
    {
      instance: {
        id,
        name: node(cluster).name,
        cluster_id: cluster.id,
        type: 'cdm',
        role: 'Standalone',
        configurationStatus: 'In-Sync',
        subnetid: subnet_id,
        securegroup: security_group_id,
        vpc: vpc_id,
        azcode: 'az1',
        region,
        created: STAMP,
        updated: STAMP,
        flavor: { id: FLAVOR, links: null },
        datastore: { type: 'cdm', version: VERSION.name },
        dbuser: 'cdm',
        payModel: 0,
      },
    },
  ];
}

function catalogue({ parts, region }: ClusterCall): Answered {
  const [noun, id, more] = parts;
  if (noun === 'datastores' && id === undefined) {
    const version = { ...VERSION, active: '1', datastore: STORE };
    const store = { id: STORE, name: 'cdm', bigclusterEnable: false, defaultVersion: VERSION.name };
    return [200, { datastores: [{ ...store, versions: [version] }] }];
  }
  if (noun === 'datastores' && id === STORE && more === 'flavors') {
    const sizes = { cpu: 2, ram: 4, region, typename: 'cdm', clusterMode: 'sharding', status: 'normal' };
    const flavors = [{ str_id: FLAVOR, name: 'cdm.small', ...sizes }];
    return [200, { id: STORE, dbname: 'cdm', versions: [{ ...VERSION, flavors }] }];
  }
  if (noun === 'flavors' && id === FLAVOR) {
    const values = { cpu: '2', mem: '4', volumeType: 'LOCAL_DISK', flavor: 'cdm.small' };
    const flavor_detail = Object.entries(values).map(([name, value]) => ({ name, value }));
    return [200, { str_id: FLAVOR, name: 'cdm.small', flavor_detail }];
  }
  if (noun === 'regions' && id === region) {
    const zone = { availableZoneId: 'az1', availableZoneName: 'az1', availableZoneCode: 'az1' };
    return [
      200,
      { regionId: region, defaultAZ: 'az1', availableZones: [{ ...zone, azStatus: 'Available' }] },
    ];
  }
  throw new Refusal(
    404,
    noun === 'datastores' || noun === 'flavors' || noun === 'regions' ? 'Cdm.0001' : 'APIGW.0101',
  );
}
