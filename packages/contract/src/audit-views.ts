import type { Static } from 'typebox';
import { answer, int32, int64, listOf, oneOfTexts, text, textOrNull } from './wire-types.ts';

/** How a call ended that the trail tells of. */
export const auditResults = ['success', 'failure'] as const;

export const AuditEventView = answer(
  'AuditEvent',
  {
    id: text('Id of the event.'),
    at: int64('It was written at this time. Unix milliseconds.'),
    event: text('Name of the event, such as createLink.'),
    title: text('The same in words.'),
    operation: text('Operation that was called; empty: none, as with a sign-in.'),
    user_name: text('Who called; empty where nobody was proved.'),
    user_id: textOrNull('Id of the user; null: nobody was proved.'),
    source: text('Address from which the call came.'),
    project_id: textOrNull('Project of the call; null: it was one of the account.'),
    cluster_id: textOrNull('Cluster of the resource; null: it is in none.'),
    resource_type: text('Kind of the resource: cluster, link, job, run, user …'),
    resource_id: text('Id of the resource; empty: it has none, or there was none.'),
    resource_name: text('Name of the resource; empty: it has none.'),
    result: oneOfTexts(auditResults, 'Whether it was done.'),
    error_code: textOrNull('Why it was not; null: it was.'),
    request_id: text('Id of the request, as the answer had it in X-Request-Id.'),
    repeats: int32(
      'How often it happened alike within a minute; refusals are counted, not written one by one.',
    ),
  },
  'Something that was done, or refused. It never holds a body or a secret.',
);
export type AuditEventView = Static<typeof AuditEventView>;

export const ListAuditEventsResponse = answer(
  'ListAuditEventsResponse',
  {
    events: listOf(AuditEventView, 'Newest first.'),
    total: int32('Events on record that fit.'),
    page_no: int32('This page; the first is 1.'),
    page_size: int32('Entries on a page.'),
  },
  'Events of the audit trail.',
);
export type ListAuditEventsResponse = Static<typeof ListAuditEventsResponse>;
