import { randomBytes } from 'node:crypto';
import type { OperationId } from '@sluice/contract/operation';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { PowerActionName } from '../../clusters/cluster-states.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import {
  type ClusterSurroundings,
  readCluster,
  writeClusterDetail,
  writeClusterSummary,
  writeCreatedCluster,
  writeEnterpriseProject,
  writeInstance,
} from '../wire/cluster.ts';
import { readAction, readClusterChange } from '../wire/cluster-change.ts';

export interface ClusterHandlerDeps {
  readonly clusters: ClusterService;
  readonly surroundings: ClusterSurroundings;
  /** Form of `jobId` in the answer to a restart: text, as the SDKs have it, or a list, as Terraform reads it. */
  readonly jobIdForm: 'sdk' | 'array';
}

export function clusterHandlers(deps: ClusterHandlerDeps): Partial<Record<OperationId, Handler>> {
  const { clusters, surroundings, jobIdForm } = deps;

  async function accept(call: Call, name: PowerActionName): Promise<string> {
    const wish = readAction(call.json(), name);
    const clusterId = parameterOf(call, 'cluster_id');
    return await clusters.actions.request(call.projectId, clusterId, wish, call.caller.userName);
  }

  return {
    async ListClusters({ projectId }) {
      const found = await clusters.list(projectId);
      return {
        clusters: found.map((cluster) =>
          writeClusterSummary(cluster, clusters.workers(cluster), surroundings),
        ),
      };
    },

    async CreateCluster(call) {
      const cluster = await clusters.create(call.projectId, readCluster(call.json()), call.caller.userName);
      return writeCreatedCluster(cluster, randomBytes(16).toString('hex'));
    },

    async ShowClusterDetail(call) {
      const cluster = await clusters.find(call.projectId, parameterOf(call, 'cluster_id'));
      return writeClusterDetail(cluster, clusters.workers(cluster), surroundings);
    },

    // The body has one legal content, so it is not looked at.
    async DeleteCluster(call) {
      const clusterId = parameterOf(call, 'cluster_id');
      return { jobId: await clusters.actions.delete(call.projectId, clusterId, call.caller.userName) };
    },

    async RestartCluster(call) {
      const taskId = await accept(call, 'restart');
      return { jobId: jobIdForm === 'array' ? [taskId] : taskId };
    },

    async StartCluster(call) {
      return { jobId: [await accept(call, 'start')] };
    },

    async StopCluster(call) {
      return { jobId: [await accept(call, 'stop')] };
    },

    async ModifyCluster(call) {
      await clusters.modify(call.projectId, parameterOf(call, 'cluster_id'), readClusterChange(call.json()));
      return {};
    },

    async ShowInstanceDetail(call) {
      const instanceId = parameterOf(call, 'instance_id');
      for (const cluster of await clusters.list(call.projectId)) {
        const instance = writeInstance(cluster, clusters.workers(cluster), instanceId, surroundings);
        if (instance !== null) return { instance };
      }
      throw noSuchInstance(instanceId);
    },

    async ShowEnterpriseProjects({ projectId }) {
      const found = await clusters.list(projectId);
      return {
        resources: found.map((cluster) => ({
          cluster_id: cluster.id,
          ...writeEnterpriseProject(cluster),
        })),
      };
    },

    async ShowClusterEnterpriseProjects(call) {
      return writeEnterpriseProject(await clusters.find(call.projectId, parameterOf(call, 'cluster_id')));
    },
  };
}

/** Published: the code of clusters that cannot be read, with 404. */
function noSuchInstance(instanceId: string): SluiceError {
  return new SluiceError(
    'Cdm.0201',
    explained({
      en: `There is no instance ${instanceId}.`,
      zh: `实例 ${instanceId} 不存在。`,
    }),
    { status: 404 },
  );
}
