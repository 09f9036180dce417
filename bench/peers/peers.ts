import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Candidate, CandidateUnavailable } from '../candidates/candidate.ts';
import { runCommand } from '../measure/command-run.ts';
import { connectorx } from './connectorx.ts';
import { dlt } from './dlt.ts';
import { duckdb } from './duckdb.ts';
import { ingestr } from './ingestr.ts';
import type { Peer, PeerOrder } from './peer.ts';
import { pgloader } from './pgloader.ts';
import { sling } from './sling.ts';
import { spark } from './spark.ts';

/** Which peers a run wants: none, those that are here already, or all, installing what is missing. */
export type PeersWanted = 'none' | 'installed' | 'install';

const peers: readonly Peer[] = [pgloader, sling, dlt, connectorx, ingestr, duckdb, spark];

/** Tools that one would compare and that cannot be had, with the reason. */
const unobtainable: Readonly<Record<string, string>> = {
  datax:
    'it is published as an archive and as source on its project site only; Maven Central does not carry it',
  seatunnel:
    'Maven Central carries its connectors, but neither its starter nor its distribution, which come with an archive of its project site only',
};

export const peerNames: readonly string[] = [...peers.map(({ name }) => name), ...Object.keys(unobtainable)];

/**
 * @param mayInstall whether a missing one may be brought from the package registries
 * @throws CandidateUnavailable with the reason
 */
export async function openPeer(name: string, order: PeerOrder, mayInstall: boolean): Promise<Candidate> {
  const reason = unobtainable[name];
  if (reason !== undefined) throw new CandidateUnavailable(reason);
  const peer = peers.find((one) => one.name === name);
  if (!peer) throw new Error(`there is no peer "${name}"`);
  const unable = peer.unableFor(order);
  if (unable !== null) throw new CandidateUnavailable(unable);
  const files = await peer.install(mayInstall, order.say);
  const specPath = path.join(order.folder, `${name}.json`);
  const { source, target, table } = order;
  const columns = table.columns.map((column) => ({ name: column.name, kind: column.kind }));
  const spec = { source, target, table: { name: table.name, columns, key: table.key } };
  // It holds passwords.
  await writeFile(specPath, JSON.stringify(spec), { mode: 0o600 });
  return {
    name,
    role: 'peer',
    how: peer.how,
    version: files.version ?? peer.version ?? 'unknown',
    makesTarget: peer.makesTarget,
    copy: async ({ limitMs }) => runCommand(await peer.command(order, files, specPath), limitMs),
  };
}
