/** A size of cluster. */
export interface Flavor {
  /** Published where the published id is known, so that existing configurations name the same size here. */
  readonly id: string;
  readonly name: string;
  readonly cpuCount: number;
  readonly ramGb: number;
  /** Slices that may be read at once over all jobs of the cluster. */
  readonly extractorsMax: number;
}

export const flavors: readonly Flavor[] = [
  {
    id: 'a79fd5ae-1833-448a-88e8-3ea2b913e1f6',
    name: 'cdm.small',
    cpuCount: 2,
    ramGb: 4,
    extractorsMax: 4,
  },
  {
    id: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
    name: 'cdm.medium',
    cpuCount: 4,
    ramGb: 8,
    extractorsMax: 8,
  },
  {
    id: '5ddb1071-c5d7-40e0-a874-8a032e81a697',
    name: 'cdm.large',
    cpuCount: 8,
    ramGb: 16,
    extractorsMax: 16,
  },
  {
    id: '6ddb1072-c5d7-40e0-a874-8a032e81a698',
    name: 'cdm.xlarge',
    cpuCount: 16,
    ramGb: 32,
    extractorsMax: 32,
  },
  {
    id: '3f0c52b7-9d64-4e0b-8a7e-51c2f6d8b094',
    name: 'cdm.4xlarge',
    cpuCount: 64,
    ramGb: 128,
    extractorsMax: 128,
  },
];

/** @returns the flavor, or null when there is none of this id. */
export function findFlavor(id: string): Flavor | null {
  return flavors.find((flavor) => flavor.id === id) ?? null;
}

/** The one datastore and its one version. */
export const datastore = {
  id: '2d5a8c1e-7b3f-4a96-8e0d-c4f1b6a29570',
  name: 'cdm',
  version: { id: '81f6d0b4-3c2a-4e7d-9b58-06a7e3d1c9f2', name: '2.10.0.300' },
} as const;
