import { ListAuditEventsResponse } from './audit-views.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import type { ParameterId } from './parameters.ts';

export type AuditOperationId = 'ListAuditEvents' | 'ListProjectAuditEvents';

const filters: readonly ParameterId[] = [
  'AuditFrom',
  'AuditTo',
  'AuditUser',
  'AuditEvent',
  'AuditResource',
  'AuditResult',
  'RunsPageNo',
  'AuditPageSize',
];

const common = {
  tag: 'audit',
  access: 'administer',
  method: 'GET',
  response: ListAuditEventsResponse,
  errorStatuses: [400, ...lookUpErrors],
} as const;

export const auditOperations: readonly Operation<AuditOperationId>[] = [
  row({
    ...common,
    operationId: 'ListAuditEvents',
    path: '/api/v1/audit-events',
    parameters: filters,
    summary: {
      en: 'List the audit events of the account, newest first',
      zh: '查询账号的审计事件（最新的在前）',
    },
  }),
  row({
    ...common,
    operationId: 'ListProjectAuditEvents',
    path: '/api/v1/projects/{project_id}/audit-events',
    parameters: ['ProjectId', ...filters],
    summary: {
      en: 'List the audit events of a project, newest first',
      zh: '查询项目的审计事件（最新的在前）',
    },
  }),
];
