/** What requests may name, carried on from answer to answer. */
export interface FuzzWorld {
  readonly projectId: string;
  /** Stays usable: nothing that ends a cluster is sent to it. */
  readonly clusterId: string;
  /** Clusters that requests made and may stop or delete. */
  readonly mortals: string[];
  /** Ids of runs that answers told of; a few of the newest. */
  readonly runIds: string[];
  /** What else paths may name, by the parameter: given at the start, or learned from answers. */
  readonly ids: Record<string, string[]>;
  readonly linkNames: readonly string[];
  readonly jobNames: readonly string[];
  readonly token: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** A link that passes its test, and a job that can be run. */
  readonly validLink: (name: string) => object;
  readonly validJob: (name: string) => object;
}

export const mortalsMax = 4;
const runIdsMax = 40;

const idsMax = 20;

/** Operations that make something which paths name afterwards: the parameter, and where the answer has its id. */
const makers: Readonly<Record<string, readonly [parameter: string, ...place: string[]]>> = {
  CreateUser: ['user_id', 'user', 'id'],
  CreateProject: ['project', 'project', 'id'],
  CreateAccessKey: ['ak', 'access_key', 'ak'],
};

/** Takes ids out of an answer. */
export function learn(world: FuzzWorld, operationId: string | null, body: unknown): void {
  const document = body as Readonly<Record<string, unknown>>;
  if (operationId === 'CreateCluster' && typeof document.id === 'string') world.mortals.push(document.id);
  const [parameter, ...place] = makers[operationId ?? ''] ?? [];
  if (parameter !== undefined) {
    const id = place.reduce<unknown>(
      (at, name) => (at as Record<string, unknown> | undefined)?.[name],
      document,
    );
    const known = world.ids[parameter] ?? [];
    world.ids[parameter] = known;
    if (typeof id === 'string' && known.length < idsMax) known.push(id);
  }
  if (operationId !== 'ListRuns' || !Array.isArray(document.runs)) return;
  for (const { id } of document.runs as { id: string }[]) {
    if (!world.runIds.includes(id)) world.runIds.push(id);
  }
  world.runIds.splice(0, world.runIds.length - runIdsMax);
}
