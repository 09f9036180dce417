import { randomBytes } from 'node:crypto';
import type { OperationId } from '@sluice/contract/operation';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import { type Handler, parameterOf } from '../call.ts';
import {
  type ClusterSurroundings,
  readCluster,
  writeClusterDetail,
  writeClusterSummary,
  writeCreatedCluster,
} from '../wire/cluster.ts';

export interface ClusterHandlerDeps {
  readonly clusters: ClusterService;
  readonly surroundings: ClusterSurroundings;
}

export function clusterHandlers(deps: ClusterHandlerDeps): Partial<Record<OperationId, Handler>> {
  const { clusters, surroundings } = deps;
  return {
    async ListClusters({ projectId }) {
      const found = await clusters.list(projectId);
      return { clusters: found.map((cluster) => writeClusterSummary(cluster, surroundings)) };
    },

    async CreateCluster(call) {
      const cluster = await clusters.create(call.projectId, readCluster(call.json()), call.caller.userName);
      return writeCreatedCluster(cluster, randomBytes(16).toString('hex'));
    },

    async ShowClusterDetail(call) {
      const cluster = await clusters.find(call.projectId, parameterOf(call, 'cluster_id'));
      return writeClusterDetail(cluster, surroundings);
    },

    // The body has one legal content, so it is not looked at.
    async DeleteCluster(call) {
      const clusterId = parameterOf(call, 'cluster_id');
      return { jobId: await clusters.delete(call.projectId, clusterId, call.caller.userName) };
    },
  };
}
