/** What requests may name, carried on from answer to answer. */
export interface FuzzWorld {
  readonly projectId: string;
  /** Stays usable: nothing that ends a cluster is sent to it. */
  readonly clusterId: string;
  /** Clusters that requests made and may stop or delete. */
  readonly mortals: string[];
  /** Ids of runs that answers told of; a few of the newest. */
  readonly runIds: string[];
  /** Of what is not made by requests, by the name of its path parameter. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
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

/** Takes ids out of an answer. */
export function learn(world: FuzzWorld, operationId: string | null, body: unknown): void {
  const document = body as Readonly<Record<string, unknown>>;
  if (operationId === 'CreateCluster' && typeof document.id === 'string') world.mortals.push(document.id);
  if (operationId !== 'ListRuns' || !Array.isArray(document.runs)) return;
  for (const { id } of document.runs as { id: string }[]) {
    if (!world.runIds.includes(id)) world.runIds.push(id);
  }
  world.runIds.splice(0, world.runIds.length - runIdsMax);
}
