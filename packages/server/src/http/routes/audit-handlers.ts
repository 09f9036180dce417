import { auditEventTexts } from '@sluice/contract/audit-events';
import type { AuditOperationId } from '@sluice/contract/audit-operations';
import { type AuditEventView, auditResults } from '@sluice/contract/audit-views';
import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import { auditPageSizes } from '@sluice/contract/parameters';
import type { Language } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { AuditEvent, AuditRepository } from '../../store/audit-event.ts';
import { type Call, type Handler, pageNumber, queryNumber, queryText } from '../call.ts';

const titles = auditEventTexts([...operations, ...ownOperations]);

/** Questions to the audit trail. */
export function auditHandlers(audit: AuditRepository): Readonly<Record<AuditOperationId, Handler>> {
  async function list(call: Call, projectId: string | null): Promise<object> {
    const pageNo = pageNumber(call);
    const pageSize = queryNumber(call, 'page_size', auditPageSizes);
    const filter = {
      domainId: call.caller.domainId,
      projectId,
      from: timeOf(call, 'from'),
      to: timeOf(call, 'to'),
      userName: queryText(call, 'user'),
      event: queryText(call, 'event'),
      resource: queryText(call, 'resource'),
      result: resultOf(call),
    };
    const { events, total } = await audit.list(filter, pageSize, (pageNo - 1) * pageSize);
    return {
      events: events.map((event) => writeEvent(event, call.language)),
      total,
      page_no: pageNo,
      page_size: pageSize,
    };
  }

  return {
    ListAuditEvents: (call) => list(call, null),
    ListProjectAuditEvents: (call) => list(call, call.projectId),
  };
}

function writeEvent(event: AuditEvent, language: Language): AuditEventView {
  return {
    id: event.id,
    at: event.at,
    event: event.event,
    // An event of another version of this program has its name only.
    title: titles.get(event.event)?.[language] ?? event.event,
    operation: event.operation,
    user_name: event.userName,
    user_id: event.userId,
    source: event.source,
    project_id: event.projectId,
    cluster_id: event.clusterId,
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    resource_name: event.resourceName,
    result: event.result,
    error_code: event.errorCode,
    request_id: event.requestId,
    repeats: event.repeats,
  };
}

function timeOf(call: Call, name: 'from' | 'to'): number | null {
  const text = queryText(call, name);
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw refused(name, { en: 'It is a time in Unix milliseconds.', zh: '须为 Unix 毫秒时间。' });
}

function resultOf(call: Call): AuditEvent['result'] | null {
  const text = queryText(call, 'result');
  if (text === null) return null;
  const found = auditResults.find((result) => result === text);
  if (found !== undefined) return found;
  const list = auditResults.join(', ');
  throw refused('result', { en: `It is one of ${list}.`, zh: `须为以下之一：${list}。` });
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) }, { status: 400 });
}
