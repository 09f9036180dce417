/** Something that was done, or refused: who, when, from where, on what, with which outcome. Never a body, never a secret. */
export interface AuditEvent {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Account; null: nobody was proved. */
  readonly domainId: string | null;
  /** null: a call of the account. */
  readonly projectId: string | null;
  readonly clusterId: string | null;
  readonly userId: string | null;
  readonly userName: string;
  /** Address of the caller. */
  readonly source: string;
  /** Name of the event. */
  readonly event: string;
  /** Operation of the contract; empty: none. */
  readonly operation: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly result: 'success' | 'failure';
  readonly errorCode: string | null;
  readonly requestId: string;
  /** How often the same happened; what is done is never put together. */
  readonly repeats: number;
}

/** What is looked for; null and absent: anything. */
export interface AuditFilter {
  readonly domainId: string;
  /** Only of this project; null: of the whole account, with what belongs to no account. */
  readonly projectId: string | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly userName: string | null;
  readonly event: string | null;
  /** Name or id of the resource. */
  readonly resource: string | null;
  readonly result: 'success' | 'failure' | null;
}

export interface AuditRepository {
  record(event: AuditEvent): Promise<void>;
  /** Newest first; `total` counts all pages. */
  list(
    filter: AuditFilter,
    limit: number,
    offset: number,
  ): Promise<{ readonly events: readonly AuditEvent[]; readonly total: number }>;
}

/** Longest text of a member, in characters: names in a trail come from callers. */
export const auditTextMax = 256;
