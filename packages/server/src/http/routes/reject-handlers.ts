import type { RejectOperationId } from '@sluice/contract/reject-operations';
import {
  ReplayRejectsRequest,
  rejectStates,
  rejectsPageSizes,
  UpdateRejectRequest,
} from '@sluice/contract/reject-views';
import type { Column } from '@sluice/core/data/column';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import { runLimits } from '../../runs/limits.ts';
import type { Quarantine } from '../../runs/quarantine.ts';
import type { RunRecord } from '../../store/model.ts';
import type { RejectFilter } from '../../store/reject-record.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { Download } from '../download.ts';
import { csvLine, readValues, rejectFileHead, rejectLine, writeReject, writeReplay } from '../wire/reject.ts';
import { int32 } from '../wire/submission.ts';

export interface RejectHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly quarantine: Quarantine;
}

/** Rows that runs set aside. They may be looked at whatever state their cluster is in. */
export function rejectHandlers(deps: RejectHandlerDeps): Readonly<Record<RejectOperationId, Handler>> {
  const { clusters, jobs, quarantine } = deps;

  async function runOf(call: Call): Promise<RunRecord> {
    const { id } = await clusters.find(call.projectId, parameterOf(call, 'cluster_id'));
    return await jobs.run(id, parameterOf(call, 'job_name'), parameterOf(call, 'run_id'));
  }

  return {
    async ListRejects(call) {
      const run = await runOf(call);
      const pageNo = pageNumber(call);
      const pageSize = queryNumber(call, 'page_size', rejectsPageSizes);
      const found = await quarantine.list(run, filterOf(call), pageSize, (pageNo - 1) * pageSize);
      return {
        source_columns: columnsOf(run).map(({ name }) => name),
        destination_columns: run.plan?.target.columnNames ?? [],
        rejects: found.rows.map((row) => writeReject(row, call.language)),
        total: found.total,
        rows_skipped: run.counts.rowsSkipped,
        rows_kept_max: runLimits.quarantineRowsMax,
        page_no: pageNo,
        page_size: pageSize,
      };
    },

    async DownloadRejects(call) {
      const run = await runOf(call);
      const filter = filterOf(call);
      async function* parts(): AsyncGenerator<string> {
        yield csvLine([...rejectFileHead, ...(run.plan?.target.columnNames ?? [])]);
        for (let offset = 0; ; offset += rejectsPageSizes.max) {
          const { rows } = await quarantine.list(run, filter, rejectsPageSizes.max, offset);
          yield rows.map((row) => rejectLine(writeReject(row, call.language))).join('');
          if (rows.length < rejectsPageSizes.max) return;
        }
      }
      return new Download('text/csv', `rejects-${run.submissionId}.csv`, parts());
    },

    async UpdateReject(call) {
      const run = await runOf(call);
      const { values } = checkedBody(call, UpdateRejectRequest);
      const id = parameterOf(call, 'reject_id');
      // A row that is not there is told ahead of values that do not fit.
      await quarantine.find(run, id);
      const changed = readValues(values, columnsOf(run));
      return writeReject(await quarantine.edit(run, id, changed, call.caller.userName), call.language);
    },

    async DeleteReject(call) {
      const run = await runOf(call);
      const id = parameterOf(call, 'reject_id');
      await quarantine.find(run, id);
      return { deleted: int32(await quarantine.remove(run, [id])) };
    },

    async DeleteRejects(call) {
      return { deleted: int32(await quarantine.remove(await runOf(call), null)) };
    },

    async ReplayRejects(call) {
      await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
      const run = await runOf(call);
      const { reject_ids: ids = null } = checkedBody(call, ReplayRejectsRequest);
      return writeReplay(await quarantine.replay(run, ids, call.caller.userName), call.language);
    },

    async ListReplays(call) {
      const replays = await quarantine.replaysOf(await runOf(call));
      return { replays: replays.map((replay) => writeReplay(replay, call.language)) };
    },

    async ShowReplay(call) {
      const run = await runOf(call);
      return writeReplay(await quarantine.replayOf(run, parameterOf(call, 'replay_id')), call.language);
    },
  };
}

/** @throws Cdm.0014 for a state that there is not. */
function filterOf(call: Call): RejectFilter {
  const text = queryText(call, 'state');
  const state = rejectStates.find((each) => each === text) ?? null;
  if (text !== null && state === null) {
    const allowed = rejectStates.join(', ');
    const why = { en: `It must be one of: ${allowed}.`, zh: `只能是：${allowed}。` };
    throw new SluiceError('Cdm.0014', { name: 'state', ...explained(why) }, { status: 400 });
  }
  const isOfOne = queryText(call, 'slice') !== null;
  const bounds = { min: 0, max: 2_147_483_647, default: 0 };
  return { sliceNo: isOfOne ? queryNumber(call, 'slice', bounds) : null, state };
}

/** What the values of a row are of. */
function columnsOf(run: RunRecord): readonly Column[] {
  return run.plan?.target.sourceColumns ?? [];
}
