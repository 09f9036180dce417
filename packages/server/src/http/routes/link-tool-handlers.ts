import type { LinkOperationId } from '@sluice/contract/link-operations';
import { namesPageSizes } from '@sluice/contract/link-parameters';
import { PreviewTableRequest, previewRows, TestLinkRequest } from '@sluice/contract/link-views';
import type { CheckPurpose, ListPage, TableRef } from '@sluice/core/connector/inspection';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { LinkCatalog } from '../../jobs/link-catalog.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { flagMember, isDocument, textMember } from '../wire/documents.ts';
import { readLink } from '../wire/link.ts';
import { writeColumns, writeLinkTest, writePreview } from '../wire/link-tools.ts';

export interface LinkToolHandlerDeps {
  readonly clusters: ClusterService;
  readonly linkCatalog: LinkCatalog;
}

/** Tests of links by stages, and what is behind them. */
export function linkToolHandlers(deps: LinkToolHandlerDeps): Readonly<Record<LinkOperationId, Handler>> {
  const { clusters, linkCatalog } = deps;

  /** Id of the cluster and name of the link that the path names. */
  async function placeOf(call: Call): Promise<readonly [clusterId: string, link: string]> {
    const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
    return [cluster.id, call.parameters.link_name ?? ''];
  }

  return {
    async TestLink(call) {
      const [clusterId, name] = await placeOf(call);
      const { is_destination = false, schema = null } = checkedBody(call, TestLinkRequest);
      const purpose = { isDestination: is_destination, schema };
      return writeLinkTest(await linkCatalog.test(clusterId, name, purpose), call.language);
    },

    async TestLinkDraft(call) {
      const [clusterId] = await placeOf(call);
      const body = call.json();
      const draft = readLink(body);
      return writeLinkTest(await linkCatalog.testDraft(clusterId, draft, purposeOf(body)), call.language);
    },

    async ListLinkSchemas(call) {
      const [clusterId, name] = await placeOf(call);
      const page = pageOf(call);
      const { entries, total } = await linkCatalog.schemas(clusterId, name, page.list);
      return { schemas: entries, total, ...page.members };
    },

    async ListLinkTables(call) {
      const [clusterId, name] = await placeOf(call);
      const page = pageOf(call);
      const schema = requiredQuery(call, 'schema');
      const { entries, total } = await linkCatalog.tables(clusterId, name, schema, page.list);
      const tables = entries.map((entry) => ({
        name: entry.name,
        kind: entry.kind,
        rows_estimate: entry.rowsEstimate,
      }));
      return { tables, total, ...page.members };
    },

    async ListLinkColumns(call) {
      const [clusterId, name] = await placeOf(call);
      const table = requiredName('table', requiredQuery(call, 'table'));
      const schema = requiredName('schema', requiredQuery(call, 'schema'));
      return writeColumns(await linkCatalog.columns(clusterId, name, { schema, table }));
    },

    async PreviewTable(call) {
      const [clusterId, name] = await placeOf(call);
      const { schema, table, rows_max = previewRows.default } = checkedBody(call, PreviewTableRequest);
      const ref: TableRef = { schema: requiredName('schema', schema), table: requiredName('table', table) };
      const rowsMax = Math.min(previewRows.max, Math.max(previewRows.min, rows_max));
      return writePreview(await linkCatalog.preview(clusterId, name, ref, rowsMax), Date.now());
    },
  };
}

function purposeOf(body: unknown): CheckPurpose {
  const document = isDocument(body) ? body : {};
  const schema = textMember(document, 'schema');
  return {
    isDestination: flagMember(document, 'is_destination', false),
    schema: schema === null ? null : requiredName('schema', schema),
  };
}

function pageOf(call: Call): { readonly list: ListPage; readonly members: object } {
  const pageNo = pageNumber(call);
  const limit = queryNumber(call, 'page_size', namesPageSizes);
  const filter = requiredName('filter', queryText(call, 'filter') ?? '');
  return {
    list: { filter, offset: (pageNo - 1) * limit, limit },
    members: { page_no: pageNo, page_size: limit },
  };
}

function requiredQuery(call: Call, name: string): string {
  const value = queryText(call, name);
  if (value === null) throw new SluiceError('Cdm.0238', { name });
  return requiredName(name, value);
}

/** A NUL ends a text in the protocols of databases. @throws Cdm.0024 */
function requiredName(name: string, value: string): string {
  if (value.includes('\0')) throw new SluiceError('Cdm.0024', { name, range: 'text without NUL' });
  return value;
}
