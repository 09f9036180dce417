import {
  ListLinkColumnsResponse,
  ListLinkSchemasResponse,
  ListLinkTablesResponse,
  PreviewTableRequest,
  PreviewTableResponse,
  TestLinkDraftRequest,
  TestLinkRequest,
  TestLinkResponse,
} from './link-views.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';

export type LinkOperationId =
  | 'TestLink'
  | 'TestLinkDraft'
  | 'ListLinkSchemas'
  | 'ListLinkTables'
  | 'ListLinkColumns'
  | 'PreviewTable';

const links = '/api/v1/projects/{project_id}/clusters/{cluster_id}/links';
const errorStatuses = [400, ...lookUpErrors, 429];
const page = ['NamesFilter', 'NamesPageNo', 'NamesPageSize'] as const;

/** What our own API can do with links. */
export const linkOperations: readonly Operation<LinkOperationId>[] = [
  row({
    operationId: 'TestLink',
    tag: 'link-tools',
    method: 'POST',
    path: `${links}/{link_name}/test`,
    parameters: ['ProjectId', 'ClusterId', 'OwnLinkName', 'XLanguage'],
    request: TestLinkRequest,
    isRequestOptional: true,
    response: TestLinkResponse,
    errorStatuses,
    summary: {
      en: 'Test a link by stages: name, TCP, TLS, sign-in, rights, each with its time and what to do',
      zh: '分阶段测试连接：名称解析、TCP、TLS、登录、权限，每一阶段给出耗时与处理建议',
    },
  }),
  row({
    operationId: 'TestLinkDraft',
    tag: 'link-tools',
    method: 'POST',
    path: `${links}/test`,
    parameters: ['ProjectId', 'ClusterId', 'XLanguage'],
    request: TestLinkDraftRequest,
    response: TestLinkResponse,
    errorStatuses,
    summary: {
      en: 'The same for a link that is not saved; with the name of a saved one it goes on with that one’s secrets',
      zh: '对尚未保存的连接进行同样的测试；名称与已保存的连接相同时沿用其密钥',
    },
  }),
  row({
    operationId: 'ListLinkSchemas',
    tag: 'link-tools',
    method: 'GET',
    path: `${links}/{link_name}/schemas`,
    parameters: ['ProjectId', 'ClusterId', 'OwnLinkName', ...page],
    response: ListLinkSchemasResponse,
    errorStatuses,
    summary: { en: 'List the schemas behind a link', zh: '查询连接可见的模式' },
  }),
  row({
    operationId: 'ListLinkTables',
    tag: 'link-tools',
    method: 'GET',
    path: `${links}/{link_name}/tables`,
    parameters: ['ProjectId', 'ClusterId', 'OwnLinkName', 'SchemaName', ...page],
    response: ListLinkTablesResponse,
    errorStatuses,
    summary: {
      en: 'List the tables and views of a schema behind a link',
      zh: '查询连接某一模式下的表和视图',
    },
  }),
  row({
    operationId: 'ListLinkColumns',
    tag: 'link-tools',
    method: 'GET',
    path: `${links}/{link_name}/columns`,
    parameters: ['ProjectId', 'ClusterId', 'OwnLinkName', 'SchemaName', 'TableName'],
    response: ListLinkColumnsResponse,
    errorStatuses,
    summary: { en: 'List the columns of a table behind a link', zh: '查询连接某张表的字段' },
  }),
  row({
    operationId: 'PreviewTable',
    tag: 'link-tools',
    method: 'POST',
    path: `${links}/{link_name}/preview`,
    parameters: ['ProjectId', 'ClusterId', 'OwnLinkName'],
    request: PreviewTableRequest,
    response: PreviewTableResponse,
    errorStatuses,
    summary: {
      en: 'Show the first rows of a table behind a link, 1,000 at most, read in a transaction that cannot write',
      zh: '预览连接某张表的前若干行（最多 1,000 行），在只读事务中读取',
    },
  }),
];
