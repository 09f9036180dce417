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

export const Datastore = request(
  'Datastore',
  {
    type: Type.Optional(text('Always cdm.')),
    version: Type.Optional(text('Version of the software.')),
  },
  'Software of a cluster.',
);
export type Datastore = Static<typeof Datastore>;

export const SysTag = request(
  'SysTag',
  {
    key: oneOfTexts(
      ['_sys_enterprise_project_id'],
      'The one key that binds a cluster to an enterprise project.',
    ),
    value: text('Id of the enterprise project, as text; 0 is the default one.'),
  },
  'Binding to an enterprise project.',
);
export type SysTag = Static<typeof SysTag>;

export const DatastoreVersion = answer(
  'DatastoreVersion',
  {
    id: Type.Optional(text('Id of the version.')),
    name: Type.Optional(text('Name of the version.')),
    active: Type.Optional(text('1 when clusters can be made with it, as text.')),
    image: Type.Optional(textOrNull('Image.')),
    packages: Type.Optional(textOrNull('Packages.')),
    datastore: Type.Optional(text('Id of its datastore.')),
    links: Type.Optional(orNull(listOf(ClusterLink), 'Addresses that belong to the version.')),
  },
  'A version of the software.',
);
export type DatastoreVersion = Static<typeof DatastoreVersion>;

export const DatastoreInfo = answer(
  'DatastoreInfo',
  {
    id: text('Id of the datastore.'),
    name: text('Always cdm.'),
    bigclusterEnable: flag('Whether large clusters are possible.'),
    defaultVersion: text('Version taken when none is named.'),
    versions: listOf(DatastoreVersion, 'Its versions.'),
    links: Type.Optional(orNull(listOf(ClusterLink), 'Addresses that belong to the datastore.')),
  },
  'Software that clusters can be made with.',
);
export type DatastoreInfo = Static<typeof DatastoreInfo>;

export const ShowDatastoresResponse = answer(
  'ShowDatastoresResponse',
  {
    datastores: listOf(DatastoreInfo, 'The datastores.', { minItems: 1 }),
  },
  'The datastores.',
);
export type ShowDatastoresResponse = Static<typeof ShowDatastoresResponse>;

export const Flavor = answer(
  'Flavor',
  {
    str_id: text('Id of the flavor.'),
    name: text('Name of the flavor.'),
    cpu: int32('Processors, a number.'),
    ram: int32('Memory in GB, a number.'),
    region: Type.Optional(text('Region that has it, or all.')),
    typename: Type.Optional(text('Always cdm.')),
    clusterMode: Type.Optional(text('Mode of the cluster: sharding.')),
    status: Type.Optional(text('normal, or abandon when no longer offered.')),
  },
  'A size that clusters can have.',
);
export type Flavor = Static<typeof Flavor>;

export const ShowFlavorsResponse = answer(
  'ShowFlavorsResponse',
  {
    id: text('Id of the datastore.'),
    dbname: text('Always cdm.'),
    versions: listOf(
      part({
        id: text('Id of the version.'),
        name: text('Name of the version.'),
        flavors: listOf(Flavor, 'What clusters of this version can be made of.'),
      }),
      'Flavors by version, never none.',
      { minItems: 1 },
    ),
  },
  'The flavors of a datastore.',
);
export type ShowFlavorsResponse = Static<typeof ShowFlavorsResponse>;

export const ShowFlavorDetailResponse = answer(
  'ShowFlavorDetailResponse',
  {
    str_id: text('Id of the flavor.'),
    name: text('Name of the flavor.'),
    flavor_detail: listOf(
      part({
        name: text('cpu, mem, volumeType or flavor.'),
        value: text('The value, always text.'),
      }),
      'Its attributes.',
    ),
  },
  'A flavor in full.',
);
export type ShowFlavorDetailResponse = Static<typeof ShowFlavorDetailResponse>;

export const AvailabilityZone = answer(
  'AvailabilityZone',
  {
    availableZoneId: Type.Optional(text('Id of the zone.')),
    availableZoneName: Type.Optional(text('Name of the zone.')),
    availableZoneCode: Type.Optional(text('What to send as availability_zone.')),
    azStatus: Type.Optional(text('Available when it can be used.')),
    type: Type.Optional(textOrNull('Kind of zone.')),
    tags: Type.Optional(
      orNull(Type.Record(Type.String(), Type.Unknown(), { description: '' }), 'Further attributes.'),
    ),
  },
  'A zone.',
);
export type AvailabilityZone = Static<typeof AvailabilityZone>;

export const ShowAvailabilityZonesResponse = answer(
  'ShowAvailabilityZonesResponse',
  {
    regionId: text('Name of the region.'),
    defaultAZ: Type.Optional(text('Zone taken when none is named.')),
    availableZones: listOf(AvailabilityZone, 'Its zones.'),
  },
  'The zones of a region.',
);
export type ShowAvailabilityZonesResponse = Static<typeof ShowAvailabilityZonesResponse>;

export const ShowEnterpriseProjectsResponse = answer(
  'ShowEnterpriseProjectsResponse',
  {
    resources: listOf(
      part({
        cluster_id: text('Id of the cluster.'),
        sys_tags: listOf(SysTag, 'Binding to an enterprise project.'),
      }),
      'One entry for each cluster.',
    ),
  },
  'The enterprise project of every cluster.',
);
export type ShowEnterpriseProjectsResponse = Static<typeof ShowEnterpriseProjectsResponse>;

export const ShowClusterEnterpriseProjectsResponse = answer(
  'ShowClusterEnterpriseProjectsResponse',
  {
    sys_tags: listOf(SysTag, 'Binding to an enterprise project.'),
  },
  'The enterprise project of a cluster.',
);
export type ShowClusterEnterpriseProjectsResponse = Static<typeof ShowClusterEnterpriseProjectsResponse>;
