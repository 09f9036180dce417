import {
  anyText,
  flag,
  free,
  int32,
  int64,
  is,
  list,
  matching,
  maybe,
  none,
  object,
  oneOf,
  type Rule,
  stamp,
  text,
} from './member-rules.ts';

// Clusters and the catalogue, member by member, as the published description and the SDKs' own models have them.

const objectLinks = maybe(list(object({ rel: maybe(text), href: maybe(text) })));
const version = object({ type: is('cdm'), version: text });
const tag = object({ key: is('_sys_enterprise_project_id'), value: text });

/** What a cluster in a state has of its own. */
export type ClusterState = {
  readonly status: Rule;
  readonly members?: Readonly<Record<string, Rule>>;
};

const still = is([]);
export const normalState: ClusterState = { status: is('200'), members: { actions: still } };
export const creatingState: ClusterState = { status: is('100') };
export const stoppedState: ClusterState = { status: is('900') };
const anyState: ClusterState = { status: oneOf('100', '200', '500', '900', '910', '920') };

const actionWords = list(oneOf('REBOOTING', 'RESTORING', 'REBOOT_FAILURE'));

function nodeMembers(isDetail: boolean): Readonly<Record<string, Rule>> {
  const inDetail = (rule: Rule) => (isDetail ? rule : none);
  return {
    id: text,
    name: text,
    type: is('cdm'),
    status: oneOf('100', '200', '300', '303', '400', '800'),
    isFrozen: is('0'),
    flavor: inDetail(object({ id: text, links: objectLinks })),
    volume: inDetail(object({ type: text, size: int64 })),
    actions: inDetail(maybe(actionWords)),
    links: inDetail(objectLinks),
    resource: inDetail(list(object({ resource_id: text, resource_type: is('server') }))),
    components: maybe(text),
    config_status: maybe(oneOf('In-Sync', 'Applying', 'Sync-Failure')),
    role: maybe(text),
    group: maybe(text),
    paramsGroupId: maybe(text),
    publicIp: maybe(text),
    manageIp: maybe(text),
    trafficIp: maybe(text),
    shard_id: maybe(text),
    manage_fix_ip: maybe(text),
    private_ip: maybe(text),
    internal_ip: maybe(text),
  };
}

function clusterMembers(state: ClusterState, isDetail: boolean): Readonly<Record<string, Rule>> {
  return {
    id: text,
    name: text,
    status: state.status,
    statusDetail: text,
    isFrozen: is('0'),
    created: stamp,
    updated: stamp,
    azName: text,
    flavorName: text,
    dbuser: maybe(text),
    namespace: maybe(text),
    clusterMode: maybe(text),
    datastore: version,
    customerConfig: maybe(
      object({
        failureRemind: oneOf('true', 'false'),
        ...Object.fromEntries(
          [
            'clusterName',
            'serviceProvider',
            'localDisk',
            'ssl',
            'createFrom',
            'resourceId',
            'flavorType',
            'workSpaceId',
            'trial',
          ].map((name) => [name, maybe(anyText)]),
        ),
      }),
    ),
    instances: list(object(nodeMembers(isDetail)), { min: 1 }),
    isAutoOff: flag,
    isScheduleBootOff: flag,
    scheduleBootTime: anyText,
    scheduleOffTime: anyText,
    publicEndpoint: maybe(text),
    recentEvent: int32,
    bakExpectedStartTime: maybe(text),
    // Left out on purpose: clients disagree on its type.
    bakKeepDay: none,
    task: maybe(object({ id: text, name: text, description: maybe(text) })),
    actionProgress: object(
      Object.fromEntries(
        ['CREATING', 'GROWING', 'RESTORING', 'SNAPSHOTTING', 'REPAIRING'].map((name) => [
          name,
          maybe(matching(/^\d{1,3}%$/)),
        ]),
      ),
    ),
    failedReasons: none,
    config_status: maybe(oneOf('In-Sync', 'Applying', 'Sync-Failure')),
    version: maybe(text),
  };
}

/** A cluster in the list: its nodes have no flavor, volume, actions, links and resource there. */
export const clusterInList: Rule = object(clusterMembers(anyState, false));

export type ClusterNetwork = {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
};

export function clusterDetail(state: ClusterState, network: ClusterNetwork): Rule {
  return object({
    ...clusterMembers(state, true),
    actions: maybe(actionWords),
    links: objectLinks,
    security_group_id: is(network.securityGroupId),
    subnet_id: is(network.subnetId),
    vpc_id: is(network.vpcId),
    publicEndpointDomainName: maybe(text),
    endpointDomainName: maybe(text),
    publicEndpointStatus: maybe(object({ status: maybe(text), errorMessage: maybe(text) })),
    eipId: maybe(text),
    maintainWindow: maybe(object({ day: maybe(text), startTime: maybe(text), endTime: maybe(text) })),
    eps_id: text,
    tags: maybe(list(object({ key: text, value: maybe(text) }))),
    ...state.members,
  });
}

export const createdCluster = (name: string): Rule =>
  object({
    id: text,
    name: is(name),
    task: object({ id: text, name: text }),
    datastore: version,
    instances: list(object({ id: text, name: text, type: is('cdm'), shard_id: text }), { min: 1 }),
  });

export function nodeInFull(id: string, network: ClusterNetwork): Rule {
  return object({
    instance: object({
      id: is(id),
      name: text,
      cluster_id: text,
      type: is('cdm'),
      role: text,
      configurationStatus: oneOf('In-Sync', 'Applying', 'Sync-Failure'),
      paramsGroupId: maybe(text),
      subnetid: is(network.subnetId),
      securegroup: is(network.securityGroupId),
      vpc: is(network.vpcId),
      azcode: text,
      region: text,
      created: stamp,
      updated: stamp,
      flavor: object({ id: text, links: objectLinks }),
      datastore: version,
      dbuser: text,
      payModel: oneOf(0, 1),
      publicIp: maybe(text),
      trafficIp: maybe(text),
      trafficIpv6: maybe(text),
    }),
  });
}

/** The handle of a task: text after a restart and a deletion, a list after a start and a stop. */
export const taskText = object({ jobId: text });
export const taskList = object({ jobId: list(text, { min: 1 }) });
export const systemTags = object({ sys_tags: list(tag, { min: 1 }) });
export const projectOfCluster = object({ cluster_id: text, sys_tags: list(tag, { min: 1 }) });

export const datastores = object({
  datastores: list(
    object({
      id: text,
      name: is('cdm'),
      bigclusterEnable: flag,
      defaultVersion: text,
      links: objectLinks,
      versions: list(
        object({
          id: text,
          name: text,
          active: is('1'),
          image: maybe(text),
          packages: maybe(text),
          datastore: text,
          links: objectLinks,
        }),
        { min: 1 },
      ),
    }),
    { min: 1 },
  ),
});

export const flavors = (datastoreId: string): Rule =>
  object({
    id: is(datastoreId),
    dbname: is('cdm'),
    versions: list(
      object({
        id: text,
        name: text,
        flavors: list(
          object({
            str_id: text,
            name: matching(/^cdm\./),
            cpu: int32,
            ram: int32,
            region: text,
            typename: is('cdm'),
            clusterMode: text,
            status: oneOf('normal', 'abandon'),
          }),
          { min: 1 },
        ),
      }),
      { min: 1 },
    ),
  });

export const flavorInFull = (id: string): Rule =>
  object({
    str_id: is(id),
    name: matching(/^cdm\./),
    flavor_detail: list(object({ name: oneOf('cpu', 'mem', 'volumeType', 'flavor'), value: text }), {
      min: 4,
      max: 4,
    }),
  });

export const zones = (region: string): Rule =>
  object({
    regionId: is(region),
    defaultAZ: text,
    availableZones: list(
      object({
        availableZoneId: text,
        availableZoneName: text,
        availableZoneCode: text,
        azStatus: is('Available'),
        type: maybe(text),
        tags: maybe(free),
      }),
      { min: 1 },
    ),
  });
