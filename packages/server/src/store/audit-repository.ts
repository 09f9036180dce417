import type { ExpressionBuilder } from 'kysely';
import type { Db } from './adapter.ts';
import { type AuditEvent, type AuditFilter, type AuditRepository, auditTextMax } from './audit-event.ts';
import type { AuditEventRow, Tables } from './schema.ts';

/** Statements on the audit trail. Events are added and, when their time is over, removed; never changed. */
export class SqlAuditRepository implements AuditRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async record(event: AuditEvent): Promise<void> {
    await this.#db.insertInto('audit_events').values(rowOf(event)).execute();
  }

  async list(
    filter: AuditFilter,
    limit: number,
    offset: number,
  ): Promise<{ readonly events: readonly AuditEvent[]; readonly total: number }> {
    const isWanted = conditionsOf(filter);
    const { total } = await this.#db
      .selectFrom('audit_events')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where(isWanted)
      .executeTakeFirstOrThrow();
    const rows = await this.#db
      .selectFrom('audit_events')
      .selectAll()
      .where(isWanted)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute();
    return { events: rows.map(eventOf), total };
  }
}

function conditionsOf(filter: AuditFilter) {
  const { domainId, projectId, from, to, userName, event, resource, result } = filter;
  return ({ and, or, eb }: ExpressionBuilder<Tables, 'audit_events'>) =>
    and([
      // A sign-in with a name that nobody has belongs to no account, and whoever administers one may see it.
      projectId === null
        ? or([eb('domain_id', '=', domainId), eb('domain_id', 'is', null)])
        : eb('project_id', '=', projectId),
      ...(from === null ? [] : [eb('at', '>=', from)]),
      ...(to === null ? [] : [eb('at', '<', to)]),
      ...(userName === null ? [] : [eb('user_name', '=', userName)]),
      ...(event === null ? [] : [eb('event', '=', event)]),
      ...(result === null ? [] : [eb('result', '=', result)]),
      ...(resource === null
        ? []
        : [or([eb('resource_name', '=', resource), eb('resource_id', '=', resource)])]),
    ]);
}

/** Texts are cut, and bytes that a database refuses are taken out: an event must not fail on a name. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed().slice(0, auditTextMax);
}

function rowOf(event: AuditEvent): AuditEventRow {
  return {
    id: event.id,
    at: event.at,
    domain_id: event.domainId,
    project_id: event.projectId === null ? null : storable(event.projectId),
    cluster_id: event.clusterId === null ? null : storable(event.clusterId),
    user_id: event.userId,
    user_name: storable(event.userName),
    source: storable(event.source),
    event: event.event,
    operation: event.operation,
    resource_type: event.resourceType,
    resource_id: storable(event.resourceId),
    resource_name: storable(event.resourceName),
    result: event.result,
    error_code: event.errorCode,
    request_id: storable(event.requestId),
    repeats: event.repeats,
  };
}

function eventOf(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    domainId: row.domain_id,
    projectId: row.project_id,
    clusterId: row.cluster_id,
    userId: row.user_id,
    userName: row.user_name,
    source: row.source,
    event: row.event,
    operation: row.operation,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    resourceName: row.resource_name,
    result: row.result === 'success' ? 'success' : 'failure',
    errorCode: row.error_code,
    requestId: row.request_id,
    repeats: row.repeats,
  };
}
