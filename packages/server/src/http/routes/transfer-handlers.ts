import type { TransferOperationId } from '@sluice/contract/transfer-operations';
import { ExportRequest, ExportSealedRequest } from '@sluice/contract/transfer-views';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { ImportOutcome, Selection, TransferService } from '../../jobs/transfer-service.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { flagMember, isDocument } from '../wire/documents.ts';
import { readFile, writeFile, writeImported, writeSealedFile } from '../wire/transfer.ts';

export interface TransferHandlerDeps {
  readonly clusters: ClusterService;
  readonly transfer: TransferService;
}

/** Links and jobs as files. */
export function transferHandlers(deps: TransferHandlerDeps): Readonly<Record<TransferOperationId, Handler>> {
  const { clusters, transfer } = deps;

  async function clusterOf(call: Call): Promise<string> {
    return (await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'))).id;
  }

  return {
    async ExportObjects(call) {
      const clusterId = await clusterOf(call);
      return writeFile(
        await transfer.select(clusterId, selectionOf(checkedBody(call, ExportRequest)), false),
      );
    },

    async ExportSealedObjects(call) {
      const clusterId = await clusterOf(call);
      const body = checkedBody(call, ExportSealedRequest);
      const exported = await transfer.select(clusterId, selectionOf(body), true);
      return await writeSealedFile(exported, body.passphrase);
    },

    async ImportObjects(call) {
      const clusterId = await clusterOf(call);
      const body = call.json();
      const items = await readFile(body);
      const isDryRun = isDocument(body) && flagMember(body, 'dry_run', false);
      const outcomes = await transfer.import(clusterId, items, call.caller.userName, isDryRun);
      return {
        is_dry_run: isDryRun,
        created: count(outcomes, 'created'),
        skipped: count(outcomes, 'skipped'),
        refused: count(outcomes, 'refused'),
        items: outcomes.map((outcome) => writeImported(outcome, call.language)),
      };
    },
  };
}

function count(outcomes: readonly ImportOutcome[], of: ImportOutcome['outcome']): number {
  return outcomes.filter(({ outcome }) => outcome === of).length;
}

function selectionOf(body: ExportRequest): Selection {
  return {
    kinds: body.kinds ?? 'all',
    jobNames: body.job_names ?? null,
    jobGroups: body.job_groups ?? null,
    linkNames: body.link_names ?? null,
  };
}
