import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import {
  ExportRequest,
  ExportResponse,
  ExportSealedRequest,
  ImportRequest,
  ImportResponse,
  SealedFile,
} from './transfer-views.ts';

export type TransferOperationId = 'ExportObjects' | 'ExportSealedObjects' | 'ImportObjects';

const cluster = '/api/v1/projects/{project_id}/clusters/{cluster_id}';
const errorStatuses = [400, ...lookUpErrors];

/** Links and jobs as files. */
export const transferOperations: readonly Operation<TransferOperationId>[] = [
  row({
    operationId: 'ExportObjects',
    tag: 'transfer',
    // Nothing is changed by it, and no secret leaves.
    access: 'read',
    method: 'POST',
    path: `${cluster}/export`,
    parameters: ['ProjectId', 'ClusterId'],
    request: ExportRequest,
    isRequestOptional: true,
    response: ExportResponse,
    errorStatuses,
    summary: {
      en: 'Export links and jobs as JSON; in place of each secret stands "Add password here"',
      zh: '将连接和作业导出为 JSON，密钥替换为“Add password here”',
    },
  }),
  row({
    operationId: 'ExportSealedObjects',
    tag: 'transfer',
    // Whoever knows the passphrase can read the secrets.
    access: 'administer',
    method: 'POST',
    path: `${cluster}/export/sealed`,
    parameters: ['ProjectId', 'ClusterId'],
    request: ExportSealedRequest,
    response: SealedFile,
    errorStatuses,
    summary: {
      en: 'Export links and jobs with their secrets under a passphrase, so that an import needs no retyping',
      zh: '将连接和作业连同密钥用口令加密导出，导入时无需重新填写密钥',
    },
  }),
  row({
    operationId: 'ImportObjects',
    tag: 'transfer',
    method: 'POST',
    path: `${cluster}/import`,
    parameters: ['ProjectId', 'ClusterId', 'XLanguage'],
    request: ImportRequest,
    response: ImportResponse,
    errorStatuses,
    summary: {
      en: 'Import links and jobs from such a file, or only check it; nothing that is there is overwritten',
      zh: '从导出文件导入连接和作业，或仅做校验；已有的对象不会被覆盖',
    },
  }),
];
