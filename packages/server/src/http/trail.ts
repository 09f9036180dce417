import { randomUUID } from 'node:crypto';
import { type AuditedOperation, auditEventsOf, auditResourceOf } from '@sluice/contract/audit-events';
import type { Caller } from '../identity/caller.ts';
import type { AuditEvent, AuditRepository } from '../store/audit-event.ts';
import { TrailScope, withTrail } from '../store/trail-scope.ts';
import type { Call } from './call.ts';
import { queryText } from './call.ts';
import { errorReply } from './error-reply.ts';
import { RefusalTally } from './refusal-tally.ts';

/** Where a request came from. */
export interface RequestOrigin {
  /** Address of the caller's end of the connection. */
  readonly source: string;
  readonly requestId: string;
}

export interface TrailDeps {
  readonly audit: AuditRepository;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Writes the audit trail. It hangs on the one place that all calls pass, so an operation that changes something has its
 * event without a word of its own; what it is about, the store's change itself says.
 */
export class Trail {
  readonly #deps: TrailDeps;
  readonly #tally: RefusalTally;

  constructor(deps: TrailDeps) {
    this.#deps = deps;
    this.#tally = new RefusalTally((event) => this.#write(event), randomUUID);
  }

  /**
   * Does the work of a call that changes something. Its event is written in the transaction of the change where there is
   * one, else behind it; a call that fails leaves an event with its error code.
   * @throws what the work throws.
   */
  async follow<T>(
    operation: AuditedOperation,
    call: Pick<Call, 'caller' | 'projectId' | 'parameters' | 'query'>,
    origin: RequestOrigin,
    work: () => Promise<T>,
  ): Promise<T> {
    const names = eventsOf(operation, call);
    if (names.length === 0) return work();
    const frame = this.#frame(origin, call.caller, call.projectId);
    const about = { operation: operation.operationId, ...resourceOf(operation, call.parameters) };
    const events = names.map((event): AuditEvent => ({ ...frame, ...about, event, id: randomUUID() }));
    const scope = new TrailScope(events);
    try {
      const answer = await withTrail(scope, work);
      for (const event of scope.close()) await this.#write(event);
      return answer;
    } catch (error) {
      const left = scope.close();
      // What was stored before the failure stays told; that the call failed all the same is told too.
      const failed =
        left.length > 0 ? left : events.slice(-1).map((event) => ({ ...event, id: randomUUID() }));
      for (const event of failed)
        await this.#tally.add({ ...event, result: 'failure', errorCode: codeOf(error, origin) });
      throw error;
    }
  }

  /** Somebody proved may not do this. */
  async denied(
    operation: AuditedOperation,
    call: Pick<Call, 'caller' | 'projectId' | 'parameters'>,
    origin: RequestOrigin,
    error: unknown,
  ): Promise<void> {
    await this.#tally.add({
      ...this.#frame(origin, call.caller, call.projectId),
      ...resourceOf(operation, call.parameters),
      event: 'accessDenied',
      operation: operation.operationId,
      result: 'failure',
      errorCode: codeOf(error, origin),
    });
  }

  /**
   * Somebody could not prove who he is.
   * @param claim the user whose password was wrong, if there is such a user: a name that nobody has may be a password in the
   * wrong field, and is not written down. Or the access key that was named.
   */
  async signInFailed(
    claim: {
      readonly user?: { readonly id: string; readonly name: string; readonly domainId: string } | null;
      readonly ak?: string | null;
    },
    origin: RequestOrigin,
    error: unknown,
  ): Promise<void> {
    const { user = null, ak = null } = claim;
    await this.#tally.add({
      ...this.#frame(origin, null, ''),
      domainId: user?.domainId ?? null,
      userId: user?.id ?? null,
      userName: user?.name ?? '',
      event: 'signInFailed',
      resourceType: ak === null ? 'user' : 'access_key',
      resourceId: ak ?? '',
      result: 'failure',
      errorCode: codeOf(error, origin),
    });
  }

  /** Writes what was only counted so far. */
  close(): Promise<void> {
    return this.#tally.flush();
  }

  #frame({ source, requestId }: RequestOrigin, caller: Caller | null, projectId: string): AuditEvent {
    return {
      id: randomUUID(),
      at: this.#deps.now(),
      domainId: caller?.domainId ?? null,
      projectId: projectId === '' ? null : projectId,
      clusterId: null,
      userId: caller?.userId ?? null,
      userName: caller?.userName ?? '',
      source,
      event: '',
      operation: '',
      resourceType: '',
      resourceId: '',
      resourceName: '',
      result: 'success',
      errorCode: null,
      requestId,
      repeats: 1,
    };
  }

  async #write(event: AuditEvent): Promise<void> {
    try {
      await this.#deps.audit.record(event);
    } catch (error) {
      // What was done is done; the log has the event in place of the trail.
      this.#deps.log('audit.failed', { audit: event, error });
    }
  }
}

/** A link that is only checked is not stored, so its event has a name of its own. */
function eventsOf(operation: AuditedOperation, call: Pick<Call, 'query'>): readonly string[] {
  const isLink = operation.operationId === 'CreateLink' || operation.operationId === 'UpdateLink';
  const isCheck = isLink && queryText(call, 'validate')?.trim().toLowerCase() === 'true';
  return isCheck ? ['verifyLink'] : auditEventsOf(operation);
}

/** The thing that the path names last; for one that is being made the store says it. */
function resourceOf(
  operation: AuditedOperation,
  parameters: Readonly<Record<string, string>>,
): Pick<AuditEvent, 'resourceType' | 'resourceId' | 'resourceName' | 'clusterId'> {
  const resourceType = auditResourceOf(operation);
  const id =
    parameters[`${resourceType}_id`] ?? parameters[resourceType === 'access_key' ? 'ak' : resourceType];
  return {
    resourceType,
    resourceId: id ?? '',
    resourceName: parameters[`${resourceType}_name`] ?? '',
    clusterId: parameters.cluster_id ?? null,
  };
}

/** The code under which the caller hears of it. */
function codeOf(error: unknown, { requestId }: RequestOrigin): string {
  const { status, body } = errorReply(error, 'en', requestId, false);
  const code: unknown = Reflect.get(body, 'errCode');
  return typeof code === 'string' ? code : String(status);
}
