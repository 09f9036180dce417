import type { AuditEvent } from '../store/audit-event.ts';

/** Limits on events of what was refused: anybody can cause those, so a flood of them must cost little and hide nothing. */
export const tallyLimits = {
  /** What is alike within this time, in milliseconds, is counted instead of written. */
  windowMs: 60_000,
  /** Kinds told apart within a window; what comes beyond is counted together, by the name of its event. */
  kindsMax: 200,
} as const;

interface Kind {
  /** The latest. */
  event: AuditEvent;
  /** How many were not written yet. */
  unwritten: number;
}

/**
 * Refusals on their way into the trail. The first of a kind is written at once, its likes are counted and written as one
 * when the window is over.
 */
export class RefusalTally {
  readonly #write: (event: AuditEvent) => Promise<void>;
  readonly #newId: () => string;
  #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (event: AuditEvent) => Promise<void>, newId: () => string) {
    this.#write = write;
    this.#newId = newId;
  }

  async add(event: AuditEvent): Promise<void> {
    const key = this.#keyOf(event);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.event = event;
      kind.unwritten++;
      return;
    }
    this.#kinds.set(key, { event, unwritten: 0 });
    this.#timer ??= setTimeout(() => void this.flush(), tallyLimits.windowMs).unref();
    await this.#write(event);
  }

  /** Writes what was only counted, and begins anew. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const kinds = this.#kinds;
    this.#kinds = new Map();
    for (const { event, unwritten } of kinds.values()) {
      if (unwritten > 0) await this.#write({ ...event, id: this.#newId(), repeats: unwritten });
    }
  }

  #keyOf(event: AuditEvent): string {
    const { userId, userName, source, operation, errorCode, projectId } = event;
    const key = JSON.stringify([event.event, userId, userName, source, operation, errorCode, projectId]);
    return this.#kinds.has(key) || this.#kinds.size < tallyLimits.kindsMax ? key : event.event;
  }
}
