import type { Json } from './json.ts';

/** One moment of a source that slices in several processes can read. Plain JSON, handed to every worker. */
export interface Snapshot {
  /** Names the moment; no two are alike. */
  readonly id: string;
  /** What the source needs to find it again, in its own words. */
  readonly token: Json;
  /**
   * True: a session that joined the moment can read it, and no other, so each process joins before it reads.
   * False: any session of any process can enter it, for as long as the connection that took it is open.
   */
  readonly isJoined: boolean;
}
