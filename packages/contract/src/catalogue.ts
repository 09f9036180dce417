import Type, { type Static } from 'typebox';
import { ClusterLink } from './cluster-nodes.ts';
import {
  answer,
  flag,
  int32,
  listOf,
  oneOfTexts,
  orNull,
  part,
  request,
  text,
  textOrNull,
} from './wire-types.ts';

export const Datastore = request('Datastore', {
  type: Type.Optional(text()),
  version: Type.Optional(text()),
});
export type Datastore = Static<typeof Datastore>;

export const SysTag = request('SysTag', {
  key: oneOfTexts(['_sys_enterprise_project_id']),
  value: text(),
});
export type SysTag = Static<typeof SysTag>;

export const DatastoreVersion = answer('DatastoreVersion', {
  id: Type.Optional(text()),
  name: Type.Optional(text()),
  active: Type.Optional(text()),
  image: Type.Optional(textOrNull()),
  packages: Type.Optional(textOrNull()),
  datastore: Type.Optional(text()),
  links: Type.Optional(orNull(listOf(ClusterLink))),
});
export type DatastoreVersion = Static<typeof DatastoreVersion>;

export const DatastoreInfo = answer('DatastoreInfo', {
  id: text(),
  name: text(),
  bigclusterEnable: flag(),
  defaultVersion: text(),
  versions: listOf(DatastoreVersion),
  links: Type.Optional(orNull(listOf(ClusterLink))),
});
export type DatastoreInfo = Static<typeof DatastoreInfo>;

export const ShowDatastoresResponse = answer('ShowDatastoresResponse', {
  datastores: listOf(DatastoreInfo, '', { minItems: 1 }),
});
export type ShowDatastoresResponse = Static<typeof ShowDatastoresResponse>;

export const Flavor = answer('Flavor', {
  str_id: text(),
  name: text(),
  cpu: int32(),
  ram: int32(),
  region: Type.Optional(text()),
  typename: Type.Optional(text()),
  clusterMode: Type.Optional(text()),
  status: Type.Optional(text()),
});
export type Flavor = Static<typeof Flavor>;

export const ShowFlavorsResponse = answer('ShowFlavorsResponse', {
  id: text(),
  dbname: text(),
  versions: listOf(
    part({
      id: text(),
      name: text(),
      flavors: listOf(Flavor),
    }),
    '',
    { minItems: 1 },
  ),
});
export type ShowFlavorsResponse = Static<typeof ShowFlavorsResponse>;

export const ShowFlavorDetailResponse = answer('ShowFlavorDetailResponse', {
  str_id: text(),
  name: text(),
  flavor_detail: listOf(
    part({
      name: text(),
      value: text(),
    }),
  ),
});
export type ShowFlavorDetailResponse = Static<typeof ShowFlavorDetailResponse>;

export const AvailabilityZone = answer('AvailabilityZone', {
  availableZoneId: Type.Optional(text()),
  availableZoneName: Type.Optional(text()),
  availableZoneCode: Type.Optional(text()),
  azStatus: Type.Optional(text()),
  type: Type.Optional(textOrNull()),
  tags: Type.Optional(orNull(Type.Record(Type.String(), Type.Unknown(), { description: '' }))),
});
export type AvailabilityZone = Static<typeof AvailabilityZone>;

export const ShowAvailabilityZonesResponse = answer('ShowAvailabilityZonesResponse', {
  regionId: text(),
  defaultAZ: Type.Optional(text()),
  availableZones: listOf(AvailabilityZone),
});
export type ShowAvailabilityZonesResponse = Static<typeof ShowAvailabilityZonesResponse>;

export const ShowEnterpriseProjectsResponse = answer('ShowEnterpriseProjectsResponse', {
  resources: listOf(
    part({
      cluster_id: text(),
      sys_tags: listOf(SysTag),
    }),
  ),
});
export type ShowEnterpriseProjectsResponse = Static<typeof ShowEnterpriseProjectsResponse>;

export const ShowClusterEnterpriseProjectsResponse = answer('ShowClusterEnterpriseProjectsResponse', {
  sys_tags: listOf(SysTag),
});
export type ShowClusterEnterpriseProjectsResponse = Static<typeof ShowClusterEnterpriseProjectsResponse>;
