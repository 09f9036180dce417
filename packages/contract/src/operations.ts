import type { Text } from '@sluice/core/data/text';
import type { TSchema } from 'typebox';
import {
  ShowAvailabilityZonesResponse,
  ShowClusterEnterpriseProjectsResponse,
  ShowDatastoresResponse,
  ShowEnterpriseProjectsResponse,
  ShowFlavorDetailResponse,
  ShowFlavorsResponse,
} from './catalogue.ts';
import { ShowInstanceDetailResponse } from './cluster-nodes.ts';
import {
  CreateClusterRequest,
  DeleteClusterRequest,
  ModifyClusterRequest,
  RestartClusterRequest,
  StartClusterRequest,
  StopClusterRequest,
} from './cluster-requests.ts';
import {
  ClusterDetail,
  CreateClusterResponse,
  JobIdArray,
  JobIdText,
  ListClustersResponse,
} from './clusters.ts';
import {
  CreateJobResponse,
  JobsRequest,
  RandomJobRequest,
  ShowJobsResponse,
  StartJobRequest,
  StopJobResponse,
  UpdateJobResponse,
} from './jobs.ts';
import { CreateLinkResponse, LinksRequest, ShowLinkResponse, UpdateLinkResponse } from './links.ts';
import type { ParameterId } from './parameters.ts';
import { ShowJobStatusResponse, ShowSubmissionsResponse, StartJobResponse } from './submissions.ts';
import { part } from './wire-types.ts';

/** The operations of the API, under the names that the published clients give them. */
export type OperationId =
  | 'ListClusters'
  | 'CreateCluster'
  | 'ShowClusterDetail'
  | 'DeleteCluster'
  | 'RestartCluster'
  | 'StartCluster'
  | 'StopCluster'
  | 'ModifyCluster'
  | 'ShowInstanceDetail'
  | 'ShowDatastores'
  | 'ShowFlavors'
  | 'ShowFlavorDetail'
  | 'ShowAvailabilityZones'
  | 'ShowEnterpriseProjects'
  | 'ShowClusterEnterpriseProjects'
  | 'CreateLink'
  | 'ShowLink'
  | 'UpdateLink'
  | 'DeleteLink'
  | 'CreateJob'
  | 'ShowJobs'
  | 'UpdateJob'
  | 'DeleteJob'
  | 'StartJob'
  | 'StopJob'
  | 'ShowJobStatus'
  | 'ShowSubmissions'
  | 'CreateAndStartRandomClusterJob'
  /** Not among the 28 that clients know: an alias of ShowLink with the name `all`. */
  | 'ListLinksUnnamed';

export type OperationTag = 'clusters' | 'catalogue' | 'links' | 'jobs';

export interface Operation {
  readonly operationId: OperationId;
  readonly tag: OperationTag;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces: `/v1.1/{project_id}/clusters`. */
  readonly path: string;
  readonly parameters: readonly ParameterId[];
  /** null: the operation reads no body. */
  readonly request: TSchema | null;
  /** May the body be absent? Clients differ; where it may be, an empty body is no error. */
  readonly isRequestOptional: boolean;
  readonly successStatus: 200 | 202;
  readonly response: TSchema;
  /** What may be answered instead, each with the error body. */
  readonly errorStatuses: readonly number[];
  /** Requests per user and minute, each operation counted apart; null: no limit of its own. */
  readonly requestsPerMinute: number | null;
  /** The answer comes before the work is done. */
  readonly isAsync: boolean;
  /** Set for operations that share method and path: the member of the body that tells them apart. */
  readonly variant: { readonly sharedId: 'ClusterAction'; readonly bodyMember: string } | null;
  readonly summary: Text;
}

/** Every read that cannot go wrong on account of what was sent. */
const readErrors = [401, 403, 429, 500, 503];
const lookUpErrors = [401, 403, 404, 429, 500, 503];
const changeErrors = [400, 401, 403, 404, 429, 500, 503];

const project = '/v1.1/{project_id}';
const cluster = `${project}/clusters/{cluster_id}`;
const link = `${cluster}/cdm/link`;
const job = `${cluster}/cdm/job`;

type Row = Pick<
  Operation,
  'operationId' | 'tag' | 'method' | 'path' | 'response' | 'requestsPerMinute' | 'summary'
> &
  Partial<Operation>;

/** Fills in what most operations have in common. */
function row(given: Row): Operation {
  return {
    parameters: ['ProjectId'],
    request: null,
    isRequestOptional: false,
    successStatus: 200,
    errorStatuses: given.method === 'GET' ? lookUpErrors : changeErrors,
    isAsync: false,
    variant: null,
    ...given,
  };
}

/** The whole API: routes, validation, the API description and the rate limits all come from this table. */
export const operations: readonly Operation[] = [
  row({
    operationId: 'ListClusters',
    tag: 'clusters',
    method: 'GET',
    path: `${project}/clusters`,
    response: ListClustersResponse,
    errorStatuses: readErrors,
    requestsPerMinute: 120,
    summary: { en: 'List the clusters of a project', zh: '查询项目下的集群列表' },
  }),
  row({
    operationId: 'CreateCluster',
    tag: 'clusters',
    method: 'POST',
    path: `${project}/clusters`,
    parameters: ['ProjectId', 'XLanguage'],
    request: CreateClusterRequest,
    successStatus: 202,
    response: CreateClusterResponse,
    requestsPerMinute: 5,
    isAsync: true,
    summary: { en: 'Create a cluster', zh: '创建集群' },
  }),
  row({
    operationId: 'ShowClusterDetail',
    tag: 'clusters',
    method: 'GET',
    path: cluster,
    parameters: ['ProjectId', 'ClusterId'],
    response: ClusterDetail,
    requestsPerMinute: 120,
    summary: { en: 'Show one cluster in full', zh: '查询集群详情' },
  }),
  row({
    operationId: 'DeleteCluster',
    tag: 'clusters',
    method: 'DELETE',
    path: cluster,
    parameters: ['ProjectId', 'ClusterId'],
    request: DeleteClusterRequest,
    isRequestOptional: true,
    successStatus: 202,
    response: JobIdText,
    requestsPerMinute: 20,
    isAsync: true,
    summary: { en: 'Delete a cluster', zh: '删除集群' },
  }),
  row({
    operationId: 'RestartCluster',
    tag: 'clusters',
    method: 'POST',
    path: `${cluster}/action`,
    parameters: ['ProjectId', 'ClusterId'],
    request: RestartClusterRequest,
    response: JobIdText,
    requestsPerMinute: 20,
    isAsync: true,
    variant: { sharedId: 'ClusterAction', bodyMember: 'restart' },
    summary: { en: 'Restart a cluster', zh: '重启集群' },
  }),
  row({
    operationId: 'StartCluster',
    tag: 'clusters',
    method: 'POST',
    path: `${cluster}/action`,
    parameters: ['ProjectId', 'ClusterId'],
    request: StartClusterRequest,
    response: JobIdArray,
    requestsPerMinute: 20,
    isAsync: true,
    variant: { sharedId: 'ClusterAction', bodyMember: 'start' },
    summary: { en: 'Start a stopped cluster', zh: '启动已关机的集群' },
  }),
  row({
    operationId: 'StopCluster',
    tag: 'clusters',
    method: 'POST',
    path: `${cluster}/action`,
    parameters: ['ProjectId', 'ClusterId'],
    request: StopClusterRequest,
    response: JobIdArray,
    requestsPerMinute: 20,
    isAsync: true,
    variant: { sharedId: 'ClusterAction', bodyMember: 'stop' },
    summary: { en: 'Stop a cluster', zh: '停止集群' },
  }),
  row({
    operationId: 'ModifyCluster',
    tag: 'clusters',
    method: 'POST',
    path: `${project}/cluster/modify/{cluster_id}`,
    parameters: ['ProjectId', 'ClusterId', 'XLanguage'],
    request: ModifyClusterRequest,
    successStatus: 202,
    response: part({}),
    requestsPerMinute: 20,
    summary: { en: "Change a cluster's schedule and reminders", zh: '修改集群的开关机计划与提醒设置' },
  }),
  row({
    operationId: 'ShowInstanceDetail',
    tag: 'clusters',
    method: 'GET',
    path: `${project}/instances/{instance_id}`,
    parameters: ['ProjectId', 'InstanceId'],
    response: ShowInstanceDetailResponse,
    requestsPerMinute: 20,
    summary: { en: 'Show one node of a cluster', zh: '查询集群节点详情' },
  }),
  row({
    operationId: 'ShowDatastores',
    tag: 'catalogue',
    method: 'GET',
    path: `${project}/datastores`,
    response: ShowDatastoresResponse,
    requestsPerMinute: 20,
    summary: { en: 'List the software versions a cluster can have', zh: '查询集群可用的软件版本' },
  }),
  row({
    operationId: 'ShowFlavors',
    tag: 'catalogue',
    method: 'GET',
    path: `${project}/datastores/{datastore_id}/flavors`,
    parameters: ['ProjectId', 'DatastoreId'],
    response: ShowFlavorsResponse,
    requestsPerMinute: 20,
    summary: { en: 'List the flavors of a datastore', zh: '查询指定版本支持的规格' },
  }),
  row({
    operationId: 'ShowFlavorDetail',
    tag: 'catalogue',
    method: 'GET',
    path: `${project}/flavors/{flavor_id}`,
    parameters: ['ProjectId', 'FlavorId'],
    response: ShowFlavorDetailResponse,
    requestsPerMinute: 20,
    summary: { en: 'Show one flavor', zh: '查询规格详情' },
  }),
  row({
    operationId: 'ShowAvailabilityZones',
    tag: 'catalogue',
    method: 'GET',
    path: `${project}/regions/{region_id}/availability_zones`,
    parameters: ['ProjectId', 'RegionId'],
    response: ShowAvailabilityZonesResponse,
    requestsPerMinute: 20,
    summary: { en: 'List the availability zones of a region', zh: '查询区域的可用区' },
  }),
  row({
    operationId: 'ShowEnterpriseProjects',
    tag: 'catalogue',
    method: 'GET',
    path: `${project}/enterprise-projects`,
    response: ShowEnterpriseProjectsResponse,
    requestsPerMinute: 20,
    summary: { en: 'List the enterprise project of every cluster', zh: '查询所有集群所属的企业项目' },
  }),
  row({
    operationId: 'ShowClusterEnterpriseProjects',
    tag: 'catalogue',
    method: 'GET',
    path: `${cluster}/enterprise-projects`,
    parameters: ['ProjectId', 'ClusterId'],
    response: ShowClusterEnterpriseProjectsResponse,
    requestsPerMinute: 20,
    summary: { en: 'Show the enterprise project of one cluster', zh: '查询指定集群所属的企业项目' },
  }),
  row({
    operationId: 'CreateLink',
    tag: 'links',
    method: 'POST',
    path: link,
    parameters: ['ProjectId', 'ClusterId', 'Validate'],
    request: LinksRequest,
    response: CreateLinkResponse,
    requestsPerMinute: 120,
    summary: { en: 'Create a link, or only check it', zh: '创建连接，或仅校验连接' },
  }),
  row({
    operationId: 'ListLinksUnnamed',
    tag: 'links',
    method: 'GET',
    path: link,
    parameters: ['ProjectId', 'ClusterId'],
    response: ShowLinkResponse,
    requestsPerMinute: null,
    summary: { en: 'List the links (short for the name all)', zh: '查询全部连接（等同于名称 all）' },
  }),
  row({
    operationId: 'ShowLink',
    tag: 'links',
    method: 'GET',
    path: `${link}/{link_name}`,
    parameters: ['ProjectId', 'ClusterId', 'LinkName'],
    response: ShowLinkResponse,
    errorStatuses: changeErrors,
    requestsPerMinute: 120,
    summary: { en: 'Show one link, or all of them', zh: '查询一个或全部连接' },
  }),
  row({
    operationId: 'UpdateLink',
    tag: 'links',
    method: 'PUT',
    path: `${link}/{link_name}`,
    parameters: ['ProjectId', 'ClusterId', 'LinkName'],
    request: LinksRequest,
    response: UpdateLinkResponse,
    requestsPerMinute: 120,
    summary: { en: 'Change a link', zh: '修改连接' },
  }),
  row({
    operationId: 'DeleteLink',
    tag: 'links',
    method: 'DELETE',
    path: `${link}/{link_name}`,
    parameters: ['ProjectId', 'ClusterId', 'LinkName'],
    response: part({}),
    requestsPerMinute: 120,
    summary: { en: 'Delete a link that no job uses', zh: '删除未被作业使用的连接' },
  }),
  row({
    operationId: 'CreateJob',
    tag: 'jobs',
    method: 'POST',
    path: job,
    parameters: ['ProjectId', 'ClusterId'],
    request: JobsRequest,
    response: CreateJobResponse,
    requestsPerMinute: 1200,
    summary: { en: 'Create a job', zh: '创建作业' },
  }),
  row({
    operationId: 'ShowJobs',
    tag: 'jobs',
    method: 'GET',
    path: `${job}/{job_name}`,
    parameters: ['ProjectId', 'ClusterId', 'JobName', 'Filter', 'PageNo', 'PageSize', 'JobType'],
    response: ShowJobsResponse,
    errorStatuses: changeErrors,
    requestsPerMinute: 120,
    summary: { en: 'Show one job, or list jobs', zh: '查询一个作业或作业列表' },
  }),
  row({
    operationId: 'UpdateJob',
    tag: 'jobs',
    method: 'PUT',
    path: `${job}/{job_name}`,
    parameters: ['ProjectId', 'ClusterId', 'JobName'],
    request: JobsRequest,
    response: UpdateJobResponse,
    requestsPerMinute: 120,
    summary: { en: 'Change a job', zh: '修改作业' },
  }),
  row({
    operationId: 'DeleteJob',
    tag: 'jobs',
    method: 'DELETE',
    path: `${job}/{job_name}`,
    parameters: ['ProjectId', 'ClusterId', 'JobName'],
    response: part({}),
    requestsPerMinute: 120,
    summary: { en: 'Delete a job', zh: '删除作业' },
  }),
  row({
    operationId: 'StartJob',
    tag: 'jobs',
    method: 'PUT',
    path: `${job}/{job_name}/start`,
    parameters: ['ProjectId', 'ClusterId', 'JobName'],
    request: StartJobRequest,
    isRequestOptional: true,
    response: StartJobResponse,
    requestsPerMinute: 1200,
    isAsync: true,
    summary: { en: 'Start a run of a job', zh: '启动作业' },
  }),
  row({
    operationId: 'StopJob',
    tag: 'jobs',
    method: 'PUT',
    path: `${job}/{job_name}/stop`,
    parameters: ['ProjectId', 'ClusterId', 'JobName'],
    response: StopJobResponse,
    requestsPerMinute: 1200,
    isAsync: true,
    summary: { en: 'Stop the run of a job', zh: '停止作业' },
  }),
  row({
    operationId: 'ShowJobStatus',
    tag: 'jobs',
    method: 'GET',
    path: `${job}/{job_name}/status`,
    parameters: ['ProjectId', 'ClusterId', 'JobName'],
    response: ShowJobStatusResponse,
    errorStatuses: changeErrors,
    requestsPerMinute: 120,
    summary: { en: 'Show the latest run of a job', zh: '查询作业最近一次运行的状态' },
  }),
  row({
    operationId: 'ShowSubmissions',
    tag: 'jobs',
    method: 'GET',
    path: `${cluster}/cdm/submissions`,
    parameters: ['ProjectId', 'ClusterId', 'Jname'],
    response: ShowSubmissionsResponse,
    errorStatuses: changeErrors,
    requestsPerMinute: 120,
    summary: { en: 'List the runs of a job, newest first', zh: '查询作业的运行历史（最新的在前）' },
  }),
  row({
    operationId: 'CreateAndStartRandomClusterJob',
    tag: 'jobs',
    method: 'POST',
    path: `${project}/clusters/job`,
    parameters: ['ProjectId', 'XLanguage'],
    request: RandomJobRequest,
    response: StartJobResponse,
    requestsPerMinute: 120,
    isAsync: true,
    summary: {
      en: 'Create a job in one of several clusters and start it',
      zh: '在多个集群中任选其一创建并启动作业',
    },
  }),
];

const byId = new Map(operations.map((operation) => [operation.operationId, operation]));

/** The row of one operation. */
export function operationOf(operationId: OperationId): Operation {
  const operation = byId.get(operationId);
  if (operation === undefined) throw new Error(`no operation ${operationId} in the table`);
  return operation;
}
