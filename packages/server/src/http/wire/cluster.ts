import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterDraft, ClusterWorker } from '../../clusters/cluster-service.ts';
import { actionOf, clusterStatus, deletionOf, failureOf } from '../../clusters/cluster-states.ts';
import { datastore, findFlavor } from '../../clusters/flavors.ts';
import { clusterLimits } from '../../clusters/limits.ts';
import { noPowerSettings, powerSettingsOf } from '../../clusters/power-settings.ts';
import type { ClusterRecord } from '../../store/model.ts';
import { contactsOf, readPower } from './cluster-change.ts';
import { type Document, flagMember, isDocument, requiredText, textMember, wrongMember } from './documents.ts';

/** What answers say of every cluster of this server. */
export interface ClusterSurroundings {
  /** Where this server is reached: text that answers give as the node's addresses. */
  readonly address: string;
  readonly region: string;
}

const systemProjectTag = '_sys_enterprise_project_id';
const { nameCharsMax, nicsMax } = clusterLimits;

/**
 * Reads the body of the create call, older spellings included. Members that say nothing here are left out.
 * @throws Cdm.0238 a mandatory member is missing; Cdm.0004 wrong type; Cdm.0011 the name; Cdm.0014 what is not offered here.
 */
export function readCluster(body: unknown): ClusterDraft {
  const outer = isDocument(body) ? body : {};
  const cluster = documentMember(outer, 'cluster');
  const instance = firstDocument(cluster, 'instances');
  const nic = firstDocument(instance, 'nics');
  requireCards(instance.nics);
  const name = requiredText(cluster, 'name');
  if (name.length > nameCharsMax) {
    throw new SluiceError('Cdm.0011', {
      name: 'name',
      ...explained({
        en: `The name of a cluster has at most ${nameCharsMax} characters.`,
        zh: `集群名称最多 ${nameCharsMax} 个字符。`,
      }),
    });
  }
  const store = isDocument(cluster.datastore) ? cluster.datastore : {};
  const settings: Record<string, Json> = {
    datastoreVersion: textMember(store, 'version') ?? datastore.version.name,
    azName: requiredText(instance, 'availability_zone'),
    vpcId: requiredText(cluster, 'vpcId'),
    subnetId: requiredText(nic, 'net-id'),
    securityGroupId: requiredText(nic, 'securityGroupId'),
    enterpriseProjectId: enterpriseProjectOf(cluster),
    autoRemind: flagMember(outer, 'auto_remind', flagMember(outer, 'autoRemind', false)),
    phoneNumbers: contactsOf(outer, 'phone_num', 'phoneNum') ?? '',
    email: contactsOf(outer, 'email') ?? '',
  };
  const power = {
    ...noPowerSettings,
    ...readPower(cluster, { autoOff: 'isAutoOff', bootOff: 'isScheduleBootOff' }),
  };
  return { name, flavorId: requiredText(instance, 'flavorRef'), power, settings };
}

/** @throws Cdm.0011 more network cards than a cluster has. */
function requireCards(nics: unknown): void {
  if (!Array.isArray(nics) || nics.length <= nicsMax) return;
  throw new SluiceError('Cdm.0011', {
    name: 'nics',
    ...explained({
      en: `A cluster has at most ${nicsMax} network cards, not ${nics.length}.`,
      zh: `集群最多 ${nicsMax} 块网卡，而不是 ${nics.length} 块。`,
    }),
  });
}

function documentMember(document: Document, member: string): Document {
  const value = document[member];
  if (isDocument(value)) return value;
  if (value === undefined || value === null) throw new SluiceError('Cdm.0238', { name: member });
  throw wrongMember(member, { en: 'an object', zh: '对象' });
}

function firstDocument(document: Document, member: string): Document {
  const value = document[member];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (isDocument(first)) return first;
  if (first === undefined || first === null) throw new SluiceError('Cdm.0238', { name: member });
  throw wrongMember(member, { en: 'a list of objects', zh: '对象列表' });
}

function enterpriseProjectOf(cluster: Document): string {
  const tags = cluster.sys_tags;
  for (const tag of Array.isArray(tags) ? tags : []) {
    if (isDocument(tag) && tag.key === systemProjectTag) return textMember(tag, 'value') ?? '0';
  }
  return '0';
}

/** The answer to an accepted creation. @param taskId opaque; there is no call that takes it. */
export function writeCreatedCluster(cluster: ClusterRecord, taskId: string): Document {
  const { id, name, type, shard_id } = nodeOf(cluster);
  return {
    id: cluster.id,
    name: cluster.name,
    task: { id: taskId, name: 'createCluster' },
    datastore: datastoreOf(cluster),
    instances: [{ id, name, type, shard_id }],
  };
}

/** A cluster in the list: the node's flavor, volume, actions, links and resource are null there. */
export function writeClusterSummary(
  cluster: ClusterRecord,
  workers: readonly ClusterWorker[],
  around: ClusterSurroundings,
): Document {
  return {
    ...sharedMembers(cluster, around),
    instances: nodesOf(cluster, workers).map((node) => ({
      ...nodeMembers(cluster, node, around),
      flavor: null,
      volume: null,
      actions: null,
      links: null,
      resource: null,
      config_status: null,
    })),
  };
}

/** One cluster in full: the polling target of everything asynchronous. */
export function writeClusterDetail(
  cluster: ClusterRecord,
  workers: readonly ClusterWorker[],
  around: ClusterSurroundings,
): Document {
  const actions = actionsOf(cluster);
  return {
    ...sharedMembers(cluster, around),
    instances: nodesOf(cluster, workers).map((node) => ({
      ...nodeMembers(cluster, node, around),
      flavor: { id: cluster.flavorId, links: [] },
      volume: { type: 'LOCAL_DISK', size: volumeGb },
      actions,
      links: [],
      resource: [{ resource_id: node.id, resource_type: 'server' }],
      config_status: configStatusOf(cluster),
    })),
    actions,
    links: [],
    security_group_id: settingText(cluster, 'securityGroupId'),
    subnet_id: settingText(cluster, 'subnetId'),
    vpc_id: settingText(cluster, 'vpcId'),
    eps_id: enterpriseProjectIdOf(cluster),
    tags: [],
  };
}

/** A node of a cluster by its id, in the names that the instance call has for its members; null: it is not of this cluster. */
export function writeInstance(
  cluster: ClusterRecord,
  workers: readonly ClusterWorker[],
  instanceId: string,
  around: ClusterSurroundings,
): Document | null {
  const node = nodesOf(cluster, workers).find(({ id }) => id === instanceId);
  if (node === undefined) return null;
  return {
    id: node.id,
    name: node.name,
    cluster_id: cluster.id,
    type: node.type,
    role: 'Standalone',
    configurationStatus: configStatusOf(cluster),
    paramsGroupId: null,
    subnetid: settingText(cluster, 'subnetId'),
    securegroup: settingText(cluster, 'securityGroupId'),
    vpc: settingText(cluster, 'vpcId'),
    azcode: settingText(cluster, 'azName'),
    region: around.region,
    created: wireTime(node.startedAt ?? cluster.createdAt),
    updated: wireTime(cluster.updatedAt),
    flavor: { id: cluster.flavorId, links: null },
    datastore: datastoreOf(cluster),
    dbuser: 'cdm',
    payModel: 0,
    publicIp: around.address,
    trafficIp: around.address,
    trafficIpv6: null,
  };
}

/** The enterprise project that a cluster is bound to, in the form of a tag. */
export function writeEnterpriseProject(cluster: ClusterRecord): Document {
  return { sys_tags: [{ key: systemProjectTag, value: enterpriseProjectIdOf(cluster) }] };
}

/** Clients want a number; nothing is kept on a disk of the cluster. */
const volumeGb = 100;

function sharedMembers(cluster: ClusterRecord, around: ClusterSurroundings): Document {
  const failure = failureOf(cluster);
  const { isAutoOff, isScheduleBootOff, scheduleBootTime, scheduleOffTime } = powerSettingsOf(cluster);
  return {
    id: cluster.id,
    name: cluster.name,
    status: cluster.status,
    statusDetail: statusDetailOf(cluster),
    isFrozen: '0',
    created: wireTime(cluster.createdAt),
    updated: wireTime(cluster.updatedAt),
    azName: settingText(cluster, 'azName'),
    flavorName: findFlavor(cluster.flavorId)?.name ?? '',
    dbuser: 'cdm',
    clusterMode: 'sharding',
    datastore: datastoreOf(cluster),
    customerConfig: { failureRemind: String(cluster.settings.autoRemind === true) },
    isAutoOff,
    isScheduleBootOff,
    scheduleBootTime,
    scheduleOffTime,
    publicEndpoint: around.address,
    recentEvent: 0,
    ...taskOf(cluster),
    // The other published words have no counterpart: starting, stopping and restarting show as states.
    actionProgress: cluster.status === clusterStatus.creating ? { CREATING: '50%' } : {},
    config_status: configStatusOf(cluster),
    ...(failure === null || cluster.status !== clusterStatus.createFailed
      ? {}
      : {
          failedReasons: { CREATE_FAILED: { errorCode: failure, errorMsg: 'the cluster could not be made' } },
        }),
  };
}

/** What is under way, as long as it is. */
function taskOf(cluster: ClusterRecord): Document {
  const deletion = deletionOf(cluster);
  if (deletion !== null) return { task: { id: deletion.taskId, name: 'deleteCluster' } };
  const action = actionOf(cluster);
  return action === null ? {} : { task: { id: action.taskId, name: `${action.name}Cluster` } };
}

function actionsOf(cluster: ClusterRecord): readonly string[] {
  if (cluster.status === clusterStatus.restarting) return ['REBOOTING'];
  return cluster.status === clusterStatus.failed ? ['REBOOT_FAILURE'] : [];
}

/** Whether what was asked of the cluster is in force. */
function configStatusOf({ status }: ClusterRecord): string {
  const { creating, starting, restarting, failed, createFailed } = clusterStatus;
  if (status === failed || status === createFailed) return 'Sync-Failure';
  return status === creating || status === starting || status === restarting ? 'Applying' : 'In-Sync';
}

interface Node {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly shard_id: string;
  /** The worker process that it stands for. */
  readonly components: string | null;
  /** Unix milliseconds; null: it stands for no process. */
  readonly startedAt: number | null;
}

/** The node that a cluster always has. Its id must differ from the cluster's and stay the same, so it is the cluster's with the last digit turned. */
function nodeOf(cluster: ClusterRecord): Node {
  const last = Number.parseInt(cluster.id.slice(-1), 16);
  const turned = Number.isNaN(last) ? '0' : ((last + 8) % 16).toString(16);
  return {
    id: `${cluster.id.slice(0, -1)}${turned}`,
    name: nodeName(cluster, 1),
    type: 'cdm',
    shard_id: 'dn-1',
    components: null,
    startedAt: null,
  };
}

/** A node for each live worker process. The oldest has the id that clients keep; it is there also without a process. */
function nodesOf(cluster: ClusterRecord, workers: readonly ClusterWorker[]): readonly Node[] {
  const standing = nodeOf(cluster);
  const [oldest, ...others] = workers;
  if (oldest === undefined) return [standing];
  return [
    { ...standing, ...processMembers(oldest) },
    ...others.map((worker, index) => ({
      ...standing,
      ...processMembers(worker),
      id: worker.id,
      name: nodeName(cluster, index + 2),
    })),
  ];
}

function processMembers({ pid, rssBytes, isBusy, startedAt }: ClusterWorker) {
  const memoryMb = Math.round(rssBytes / 1_048_576);
  return { components: `worker pid=${pid} rss=${memoryMb}MiB ${isBusy ? 'busy' : 'idle'}`, startedAt };
}

function nodeName(cluster: ClusterRecord, no: number): string {
  return `${cluster.name}-cdm-dn-1-${no}`;
}

function nodeMembers(cluster: ClusterRecord, node: Node, around: ClusterSurroundings) {
  const { id, name, type, shard_id, components } = node;
  return {
    id,
    name,
    type,
    shard_id,
    ...(components === null ? {} : { components }),
    status: nodeStatusOf(cluster),
    isFrozen: '0',
    role: 'Standalone',
    publicIp: around.address,
    trafficIp: around.address,
    private_ip: around.address,
  };
}

/** Nodes have fewer states than clusters: one that is switched off, on its way there or back, is a normal node. */
function nodeStatusOf({ status }: ClusterRecord): string {
  const { creating, failed, createFailed, normal } = clusterStatus;
  return [creating, failed, createFailed].find((each) => each === status) ?? normal;
}

const statusDetails: Readonly<Record<string, string>> = {
  [clusterStatus.creating]: 'Creating',
  [clusterStatus.normal]: 'Normal',
  [clusterStatus.failed]: 'Failed',
  [clusterStatus.createFailed]: 'Create failed',
  [clusterStatus.restarting]: 'Restarting',
  [clusterStatus.stopped]: 'Stopped',
  [clusterStatus.stopping]: 'Stopping',
  [clusterStatus.starting]: 'Starting',
};

function statusDetailOf(cluster: ClusterRecord): string {
  return deletionOf(cluster) === null ? (statusDetails[cluster.status] ?? '') : 'Deleting';
}

function enterpriseProjectIdOf(cluster: ClusterRecord): string {
  return settingText(cluster, 'enterpriseProjectId') || '0';
}

function datastoreOf(cluster: ClusterRecord): { readonly type: string; readonly version: string } {
  return {
    type: datastore.name,
    version: settingText(cluster, 'datastoreVersion') || datastore.version.name,
  };
}

function settingText(cluster: ClusterRecord, name: string): string {
  const value = cluster.settings[name];
  return typeof value === 'string' ? value : '';
}

/** `2018-09-05T08:38:25`: UTC without a zone, as published samples have it. */
function wireTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19);
}
