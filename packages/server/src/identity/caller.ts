import type { Rights } from './rights.ts';

/** Who calls, as proved by a token or a signature. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** The token's project; null with a domain-scoped token. With AK/SK null too: every enabled project of the domain may be named in the path. */
  readonly projectId: string | null;
  readonly via: 'token' | 'ak-sk';
  /** What the user may do, as old as the proof itself: at most as long as the authenticator remembers callers. */
  readonly rights: Rights;
}

/** The request exactly as it came, for verification. */
export interface RawRequest {
  readonly method: string;
  /** Request target with query, not decoded, doubled slashes kept. */
  readonly target: string;
  /** Lower-case name to value; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Authenticator {
  /** @throws APIGW.0301 (401) with the published text that fits. Works in constant time for unknown keys. */
  authenticate(request: RawRequest): Promise<Caller>;
  /**
   * Checks that the caller may use the project of the path.
   * @throws APIGW.0310 (403) when it is not theirs or they have no role in it, in the same words as when there is none; 400 with a sentence when the path holds `{project_id}` unreplaced.
   */
  requireProject(caller: Caller, projectId: string): Promise<void>;
}

/**
 * What an authenticator can tell at once from what it looked up a short while ago, under the same rules and bounds. Both say
 * yes or nothing: who gets nothing asks `Authenticator`, which looks again and finds the words for a refusal.
 */
export interface CallerMemory {
  /** The caller whom `authenticate` would prove; null: not to be told from memory. */
  recall(request: RawRequest): Caller | null;
  /** Whether `requireProject` would let the caller pass; false: not to be told from memory. */
  recallsProject(caller: Caller, projectId: string): boolean;
}
