import type { WatermarkOperationId } from '@sluice/contract/watermark-operations';
import { PutWatermarkRequest, type Watermark } from '@sluice/contract/watermark-views';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { WatermarkService, WatermarkView } from '../../jobs/watermark-service.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { checkedBody } from '../checked-body.ts';
import { writeBound } from '../wire/run.ts';

export interface WatermarkHandlerDeps {
  readonly clusters: ClusterService;
  readonly watermarks: WatermarkService;
}

/** How far incremental jobs have come. */
export function watermarkHandlers(
  deps: WatermarkHandlerDeps,
): Readonly<Record<WatermarkOperationId, Handler>> {
  const { clusters, watermarks } = deps;

  async function jobOf(call: Call): Promise<readonly [clusterId: string, jobName: string]> {
    const { id } = await clusters.requireReadable(call.projectId, parameterOf(call, 'cluster_id'));
    return [id, parameterOf(call, 'job_name')];
  }

  return {
    async ShowWatermark(call) {
      return writeWatermark(await watermarks.show(...(await jobOf(call))));
    },

    async PutWatermark(call) {
      const [clusterId, jobName] = await jobOf(call);
      const { value, is_included: isIncluded = true } = checkedBody(call, PutWatermarkRequest);
      const { userName } = call.caller;
      return writeWatermark(await watermarks.put(clusterId, jobName, { value, isIncluded }, userName));
    },

    async ResetWatermark(call) {
      await watermarks.reset(...(await jobOf(call)));
      return {};
    },
  };
}

function writeWatermark({ column, mark }: WatermarkView): Watermark {
  return {
    column,
    bound: mark === null ? null : writeBound(mark.bound),
    run_id: mark?.runId ?? null,
    updated_by: mark?.updatedBy ?? null,
    updated_at: mark?.updatedAt ?? null,
  };
}
