import Type, { type Static } from 'typebox';
import { Datastore } from './catalogue.ts';
import { answer, int64, listOf, oneOfTexts, orNull, text, textOrNull } from './wire-types.ts';

export const ClusterLink = answer('ClusterLink', {
  rel: Type.Optional(text()),
  href: Type.Optional(text()),
});
export type ClusterLink = Static<typeof ClusterLink>;

export const NodeFlavor = answer('NodeFlavor', {
  id: Type.Optional(text()),
  links: Type.Optional(orNull(listOf(ClusterLink))),
});
export type NodeFlavor = Static<typeof NodeFlavor>;

export const NodeVolume = answer('NodeVolume', {
  type: Type.Optional(text()),
  size: Type.Optional(int64()),
});
export type NodeVolume = Static<typeof NodeVolume>;

export const NodeResource = answer('NodeResource', {
  resource_id: Type.Optional(text()),
  resource_type: Type.Optional(text()),
});
export type NodeResource = Static<typeof NodeResource>;

export const ClusterNode = answer('ClusterNode', {
  id: text(),
  name: text(),
  type: text(),
  status: oneOfTexts(['100', '200', '300', '303', '400', '800']),
  isFrozen: oneOfTexts(['0', '1']),
  flavor: orNull(NodeFlavor),
  volume: orNull(NodeVolume),
  actions: Type.Optional(orNull(listOf(oneOfTexts(['REBOOTING', 'RESTORING', 'REBOOT_FAILURE'])))),
  config_status: Type.Optional(textOrNull()),
  components: Type.Optional(textOrNull()),
  role: Type.Optional(textOrNull()),
  group: Type.Optional(textOrNull()),
  links: Type.Optional(orNull(listOf(ClusterLink))),
  paramsGroupId: Type.Optional(textOrNull()),
  publicIp: Type.Optional(textOrNull()),
  manageIp: Type.Optional(textOrNull()),
  trafficIp: Type.Optional(textOrNull()),
  shard_id: Type.Optional(textOrNull()),
  manage_fix_ip: Type.Optional(textOrNull()),
  private_ip: Type.Optional(textOrNull()),
  internal_ip: Type.Optional(textOrNull()),
  resource: Type.Optional(orNull(listOf(NodeResource))),
});
export type ClusterNode = Static<typeof ClusterNode>;

export const ClusterNodeRef = answer('ClusterNodeRef', {
  id: Type.Optional(text()),
  name: Type.Optional(text()),
  type: Type.Optional(text()),
  shard_id: Type.Optional(text()),
});
export type ClusterNodeRef = Static<typeof ClusterNodeRef>;

export const InstanceDetail = answer('InstanceDetail', {
  id: text(),
  name: text(),
  cluster_id: text(),
  type: Type.Optional(text()),
  role: Type.Optional(text()),
  configurationStatus: Type.Optional(text()),
  paramsGroupId: Type.Optional(textOrNull()),
  subnetid: Type.Optional(text()),
  securegroup: Type.Optional(text()),
  vpc: Type.Optional(text()),
  azcode: Type.Optional(text()),
  region: Type.Optional(text()),
  created: Type.Optional(text()),
  updated: Type.Optional(text()),
  flavor: Type.Optional(NodeFlavor),
  datastore: Type.Optional(Datastore),
  dbuser: Type.Optional(text()),
  payModel: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(1)], { description: '' })),
  publicIp: Type.Optional(textOrNull()),
  trafficIp: Type.Optional(textOrNull()),
  trafficIpv6: Type.Optional(textOrNull()),
});
export type InstanceDetail = Static<typeof InstanceDetail>;

export const ShowInstanceDetailResponse = answer('ShowInstanceDetailResponse', {
  instance: InstanceDetail,
});
export type ShowInstanceDetailResponse = Static<typeof ShowInstanceDetailResponse>;
