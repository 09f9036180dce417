import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditEvent } from './audit-event.ts';

/** What a change of the store says about itself: the thing it is about. */
export interface TrailSubject {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly clusterId: string | null;
}

/** An event that is to be written with the change it tells of; `isWritten` once that change is committed. */
export interface PendingEvent {
  event: AuditEvent;
  isWritten: boolean;
}

/**
 * The events of one call, from its start to its answer. The call's changes take them along: the first change of the store
 * that is worth an event writes the first of them, in its own transaction, the second the second.
 */
export class TrailScope {
  readonly #pending: readonly PendingEvent[];
  #isOpen = true;

  constructor(events: readonly AuditEvent[]) {
    this.#pending = events.map((event) => ({ event, isWritten: false }));
  }

  /** The event that the next change is to write, told what the change is about; null: none. It counts as written until `putBack`. */
  take(subject: TrailSubject): PendingEvent | null {
    const next = this.#isOpen ? this.#pending.find(({ isWritten }) => !isWritten) : undefined;
    if (next === undefined) return null;
    next.isWritten = true;
    // A change to something else than the call is about, an import's single jobs say, leaves the call's own words.
    const isOfIt = next.event.resourceType === subject.type;
    if (isOfIt) {
      const { id, name, clusterId } = subject;
      next.event = {
        ...next.event,
        resourceId: id,
        resourceName: name,
        clusterId: clusterId ?? next.event.clusterId,
      };
    }
    return next;
  }

  /** The transaction in which these were written is rolled back. */
  putBack(events: readonly PendingEvent[]): void {
    for (const each of events) each.isWritten = false;
  }

  /** Whether the next change has an event to write. */
  get isWaiting(): boolean {
    return this.#isOpen && this.#pending.some(({ isWritten }) => !isWritten);
  }

  /** The call is over: what it left running writes no events any more. @returns what no change has written. */
  close(): readonly AuditEvent[] {
    this.#isOpen = false;
    return this.#pending.filter(({ isWritten }) => !isWritten).map(({ event }) => event);
  }
}

const scopes = new AsyncLocalStorage<TrailScope>();

/** Runs a call's work with its events at hand. */
export function withTrail<T>(scope: TrailScope, work: () => Promise<T>): Promise<T> {
  return scopes.run(scope, work);
}

/** The scope of the call under way, if it still has an event to write. */
export function waitingTrail(): TrailScope | null {
  const scope = scopes.getStore();
  return scope?.isWaiting === true ? scope : null;
}
