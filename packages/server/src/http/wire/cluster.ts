import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import {
  type ClusterDraft,
  clusterStatus,
  createFailureOf,
  isBeingDeleted,
} from '../../clusters/cluster-service.ts';
import { datastore, findFlavor } from '../../clusters/flavors.ts';
import type { ClusterRecord } from '../../store/model.ts';
import { type Document, flagMember, isDocument, requiredText, textMember, wrongMember } from './documents.ts';

/** What answers say of every cluster of this server. */
export interface ClusterSurroundings {
  /** Where this server is reached: text that answers give as the node's addresses. */
  readonly address: string;
  readonly region: string;
}

const systemProjectTag = '_sys_enterprise_project_id';
const nameCharsMax = 64;

/**
 * Reads the body of the create call, older spellings included. Members that say nothing here are left out.
 * @throws Cdm.0238 a mandatory member is missing; Cdm.0004 wrong type; Cdm.0011 the name; Cdm.0014 what is not offered here.
 */
export function readCluster(body: unknown): ClusterDraft {
  const outer = isDocument(body) ? body : {};
  const cluster = documentMember(outer, 'cluster');
  const instance = firstDocument(cluster, 'instances');
  const nic = firstDocument(instance, 'nics');
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
  if (flagMember(cluster, 'isScheduleBootOff', false)) throw notOffered('isScheduleBootOff');
  if (flagMember(cluster, 'isAutoOff', false)) throw notOffered('isAutoOff');
  const store = isDocument(cluster.datastore) ? cluster.datastore : {};
  const settings: Record<string, Json> = {
    datastoreVersion: textMember(store, 'version') ?? datastore.version.name,
    azName: requiredText(instance, 'availability_zone'),
    vpcId: requiredText(cluster, 'vpcId'),
    subnetId: requiredText(nic, 'net-id'),
    securityGroupId: requiredText(nic, 'securityGroupId'),
    enterpriseProjectId: enterpriseProjectOf(cluster),
    autoRemind: flagMember(outer, 'auto_remind', flagMember(outer, 'autoRemind', false)),
    phoneNumbers: setText(outer, 'phone_num') ?? setText(outer, 'phoneNum') ?? '',
    email: setText(outer, 'email') ?? '',
  };
  return { name, flavorId: requiredText(instance, 'flavorRef'), settings };
}

/** Empty text and the word `null` both mean unset. */
function setText(document: Document, member: string): string | null {
  const text = textMember(document, member);
  return text === 'null' ? null : text;
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

function notOffered(member: string): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: member,
    ...explained({
      en: `${member}: clusters of this version are not switched on and off by themselves.`,
      zh: `${member}：当前版本的集群不支持自动开关机。`,
    }),
  });
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
export function writeClusterSummary(cluster: ClusterRecord, around: ClusterSurroundings): Document {
  return {
    ...sharedMembers(cluster, around),
    instances: [
      {
        ...nodeMembers(cluster, around),
        flavor: null,
        volume: null,
        actions: null,
        links: null,
        resource: null,
        config_status: null,
      },
    ],
  };
}

/** One cluster in full: the polling target of everything asynchronous. */
export function writeClusterDetail(cluster: ClusterRecord, around: ClusterSurroundings): Document {
  const node = nodeMembers(cluster, around);
  return {
    ...sharedMembers(cluster, around),
    instances: [
      {
        ...node,
        flavor: { id: cluster.flavorId, links: [] },
        volume: { type: 'LOCAL_DISK', size: volumeGb },
        actions: [],
        links: [],
        resource: [{ resource_id: node.id, resource_type: 'server' }],
        config_status: 'In-Sync',
      },
    ],
    actions: [],
    links: [],
    security_group_id: settingText(cluster, 'securityGroupId'),
    subnet_id: settingText(cluster, 'subnetId'),
    vpc_id: settingText(cluster, 'vpcId'),
    eps_id: settingText(cluster, 'enterpriseProjectId') || '0',
    tags: [],
  };
}

/** Clients want a number; nothing is kept on a disk of the cluster. */
const volumeGb = 100;

function sharedMembers(cluster: ClusterRecord, around: ClusterSurroundings): Document {
  const failure = createFailureOf(cluster);
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
    isAutoOff: false,
    isScheduleBootOff: false,
    scheduleBootTime: '',
    scheduleOffTime: '',
    publicEndpoint: around.address,
    recentEvent: 0,
    actionProgress: cluster.status === clusterStatus.creating ? { CREATING: '50%' } : {},
    config_status: 'In-Sync',
    ...(failure === null
      ? {}
      : {
          failedReasons: { CREATE_FAILED: { errorCode: failure, errorMsg: 'the cluster could not be made' } },
        }),
  };
}

function nodeOf(cluster: ClusterRecord): {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly shard_id: string;
} {
  // A cluster is one node. Its id must differ from the cluster's and stay the same, so it is the cluster's with the last digit turned.
  const last = Number.parseInt(cluster.id.slice(-1), 16);
  const turned = Number.isNaN(last) ? '0' : ((last + 8) % 16).toString(16);
  return {
    id: `${cluster.id.slice(0, -1)}${turned}`,
    name: `${cluster.name}-cdm-dn-1-1`,
    type: 'cdm',
    shard_id: 'dn-1',
  };
}

function nodeMembers(cluster: ClusterRecord, around: ClusterSurroundings) {
  return {
    ...nodeOf(cluster),
    status: cluster.status,
    isFrozen: '0',
    role: 'Standalone',
    publicIp: around.address,
    trafficIp: around.address,
    private_ip: around.address,
  };
}

function statusDetailOf(cluster: ClusterRecord): string {
  if (isBeingDeleted(cluster)) return 'Deleting';
  if (cluster.status === clusterStatus.creating) return 'Creating';
  return cluster.status === clusterStatus.normal ? 'Normal' : 'Create failed';
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
