import type { Command } from '../measure/command-run.ts';
import type { Endpoint } from '../stage.ts';
import type { BenchTable } from '../tables/bench-table.ts';

/** What a peer is asked to copy. */
export interface PeerOrder {
  readonly source: Endpoint;
  readonly target: Endpoint;
  readonly table: BenchTable;
  /** Of the run; removed at its end. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** Where a peer's files are, once they are there. */
export interface PeerFiles {
  /** Its own folder in the cache; for packages of the system, the root. */
  readonly folder: string;
  /** What is installed, where that is not ours to choose. */
  readonly version?: string;
}

/** Another tool that copies tables, with all we know of it. */
export interface Peer {
  readonly name: string;
  /** As pinned; null when it is the system's. */
  readonly version: string | null;
  /** How it is set up here, in a line. */
  readonly how: string;
  readonly makesTarget: boolean;
  /** Why it cannot copy this pair; null when it can. */
  unableFor(order: PeerOrder): string | null;
  /** @throws CandidateUnavailable when it is missing and may not be, or cannot be, installed */
  install(isAllowed: boolean, say: (line: string) => void): Promise<PeerFiles>;
  /** @param specPath a file with the order as JSON, for programs of ours that drive it */
  command(order: PeerOrder, files: PeerFiles, specPath: string): Promise<Command>;
}
