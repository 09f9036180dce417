import Type, { type Static } from 'typebox';
import { Datastore } from './catalogue.ts';
import { answer, int64, listOf, oneOfTexts, orNull, text, textOrNull } from './wire-types.ts';

export const ClusterLink = answer(
  'ClusterLink',
  {
    rel: Type.Optional(text('What the address is to this object: self, bookmark.')),
    href: Type.Optional(text('The address.')),
  },
  'An address that belongs to an object; no link to a data source.',
);
export type ClusterLink = Static<typeof ClusterLink>;

export const NodeFlavor = answer(
  'NodeFlavor',
  {
    id: Type.Optional(text('Id of the flavor.')),
    links: Type.Optional(orNull(listOf(ClusterLink))),
  },
  'The flavor of a node.',
);
export type NodeFlavor = Static<typeof NodeFlavor>;

export const NodeVolume = answer(
  'NodeVolume',
  {
    type: Type.Optional(text('Kind of disk.')),
    size: Type.Optional(int64('Size in GB, a number.')),
  },
  'The disk of a node.',
);
export type NodeVolume = Static<typeof NodeVolume>;

export const NodeResource = answer(
  'NodeResource',
  {
    resource_id: Type.Optional(text('Id of the resource.')),
    resource_type: Type.Optional(text('Kind of resource: server.')),
  },
  'What a node stands on.',
);
export type NodeResource = Static<typeof NodeResource>;

export const ClusterNode = answer(
  'ClusterNode',
  {
    id: text('Id of the node.'),
    name: text('Name of the node.'),
    type: text('Always cdm.'),
    status: oneOfTexts(
      ['100', '200', '300', '303', '400', '800'],
      'State: 100 being made, 200 normal, 300 failed, 303 could not be made, 400 deleted, 800 frozen.',
    ),
    isFrozen: oneOfTexts(['0', '1'], 'Frozen (1) or not (0), as text.'),
    flavor: orNull(NodeFlavor, 'Set in the detail of a cluster, null in the list.'),
    volume: orNull(NodeVolume, 'Set in the detail of a cluster, null in the list.'),
    actions: Type.Optional(
      orNull(
        listOf(oneOfTexts(['REBOOTING', 'RESTORING', 'REBOOT_FAILURE'])),
        'What is being done to it at present.',
      ),
    ),
    config_status: Type.Optional(
      textOrNull('Whether the settings are in force: In-Sync, Applying or Sync-Failure.'),
    ),
    components: Type.Optional(textOrNull('Label of the components.')),
    role: Type.Optional(textOrNull('Role of the node.')),
    group: Type.Optional(textOrNull('Group of the node.')),
    links: Type.Optional(orNull(listOf(ClusterLink), 'Set in the detail of a cluster, null in the list.')),
    paramsGroupId: Type.Optional(textOrNull('Id of the group of parameters.')),
    publicIp: Type.Optional(textOrNull('Address from outside.')),
    manageIp: Type.Optional(textOrNull('Address for maintenance.')),
    trafficIp: Type.Optional(textOrNull('Address for data.')),
    shard_id: Type.Optional(textOrNull('Id of the shard.')),
    manage_fix_ip: Type.Optional(textOrNull('Address for repairs.')),
    private_ip: Type.Optional(textOrNull('Private address.')),
    internal_ip: Type.Optional(textOrNull('Internal address.')),
    resource: Type.Optional(
      orNull(listOf(NodeResource), 'Set in the detail of a cluster, null in the list.'),
    ),
  },
  'A node of a cluster.',
);
export type ClusterNode = Static<typeof ClusterNode>;

export const ClusterNodeRef = answer(
  'ClusterNodeRef',
  {
    id: Type.Optional(text('Id of the node.')),
    name: Type.Optional(text('Name of the node.')),
    type: Type.Optional(text('Always cdm.')),
    shard_id: Type.Optional(text('Id of the shard.')),
  },
  'A node in short.',
);
export type ClusterNodeRef = Static<typeof ClusterNodeRef>;

export const InstanceDetail = answer(
  'InstanceDetail',
  {
    id: text('Id of the node.'),
    name: text('Name of the node.'),
    cluster_id: text('Id of the cluster.'),
    type: Type.Optional(text('Always cdm.')),
    role: Type.Optional(text('Role of the node.')),
    configurationStatus: Type.Optional(
      text('Whether the settings are in force: In-Sync, Applying or Sync-Failure.'),
    ),
    paramsGroupId: Type.Optional(textOrNull('Id of the group of parameters.')),
    subnetid: Type.Optional(text('Id of the subnet.')),
    securegroup: Type.Optional(text('Id of the security group.')),
    vpc: Type.Optional(text('Id of the network.')),
    azcode: Type.Optional(text('Zone of the node.')),
    region: Type.Optional(text('Region of the node.')),
    created: Type.Optional(text('When it was made, like 2018-09-05T08:38:25.')),
    updated: Type.Optional(text('When it was last changed, in the form of created.')),
    flavor: Type.Optional(NodeFlavor),
    datastore: Type.Optional(Datastore),
    dbuser: Type.Optional(text('Database user.')),
    payModel: Type.Optional(
      Type.Union([Type.Literal(0), Type.Literal(1)], { description: '0 by use, 1 by subscription.' }),
    ),
    publicIp: Type.Optional(textOrNull('Address from outside.')),
    trafficIp: Type.Optional(textOrNull('Address for data.')),
    trafficIpv6: Type.Optional(textOrNull('Address for data, IPv6.')),
  },
  'A node in full; its names differ from those in a cluster.',
);
export type InstanceDetail = Static<typeof InstanceDetail>;

export const ShowInstanceDetailResponse = answer(
  'ShowInstanceDetailResponse',
  {
    instance: InstanceDetail,
  },
  'A node.',
);
export type ShowInstanceDetailResponse = Static<typeof ShowInstanceDetailResponse>;
