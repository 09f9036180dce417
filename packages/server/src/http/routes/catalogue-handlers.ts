import type { OperationId } from '@sluice/contract/operation';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { datastore, type Flavor, findFlavor, flavors } from '../../clusters/flavors.ts';
import { type Handler, parameterOf } from '../call.ts';

export interface CatalogueDeps {
  readonly region: string;
  /** Zones of the region; the first is the default. */
  readonly zones: readonly [string, ...string[]];
}

export function catalogueHandlers({ region, zones }: CatalogueDeps): Partial<Record<OperationId, Handler>> {
  return {
    async ShowDatastores() {
      return {
        datastores: [
          {
            id: datastore.id,
            name: datastore.name,
            bigclusterEnable: false,
            defaultVersion: datastore.version.name,
            links: null,
            versions: [
              {
                id: datastore.version.id,
                name: datastore.version.name,
                active: '1',
                image: null,
                packages: null,
                datastore: datastore.id,
                links: null,
              },
            ],
          },
        ],
      };
    },

    async ShowFlavors(call) {
      // The parameter is called a version id in places, and clients send either.
      const id = parameterOf(call, 'datastore_id');
      if (id !== datastore.id && id !== datastore.version.id) throw notFound(id);
      return {
        id: datastore.id,
        dbname: datastore.name,
        versions: [
          {
            id: datastore.version.id,
            name: datastore.version.name,
            flavors: flavors.map((flavor) => flavorOf(flavor, region)),
          },
        ],
      };
    },

    async ShowFlavorDetail(call) {
      const id = parameterOf(call, 'flavor_id');
      const flavor = findFlavor(id);
      if (flavor === null) throw notFound(id);
      return {
        str_id: flavor.id,
        name: flavor.name,
        // Text, also where a number is meant: typed clients read text here.
        flavor_detail: [
          { name: 'cpu', value: String(flavor.cpuCount) },
          { name: 'mem', value: String(flavor.ramGb) },
          { name: 'volumeType', value: 'LOCAL_DISK' },
          { name: 'flavor', value: flavor.name },
        ],
      };
    },

    async ShowAvailabilityZones(call) {
      const asked = parameterOf(call, 'region_id');
      if (asked !== region) throw notFound(asked);
      return {
        regionId: region,
        defaultAZ: zones[0],
        availableZones: zones.map((zone) => ({
          availableZoneId: zone,
          availableZoneName: zone,
          availableZoneCode: zone,
          azStatus: 'Available',
          type: null,
          tags: null,
        })),
      };
    },
  };
}

function flavorOf(flavor: Flavor, region: string): object {
  return {
    str_id: flavor.id,
    name: flavor.name,
    cpu: flavor.cpuCount,
    ram: flavor.ramGb,
    region,
    typename: 'cdm',
    clusterMode: 'sharding',
    status: 'normal',
  };
}

function notFound(name: string): SluiceError {
  return new SluiceError('Cdm.0001', { name }, { status: 404 });
}
