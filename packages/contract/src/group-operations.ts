import {
  DeleteJobGroupResponse,
  JobGroup,
  JobGroupRequest,
  JobOutcomesResponse,
  ListClusterRunsResponse,
  ListJobGroupsResponse,
  ListJobsResponse,
  MoveJobsRequest,
  StartJobGroupRequest,
} from './group-views.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';

export type GroupOperationId =
  | 'ListJobs'
  | 'ListClusterRuns'
  | 'ListJobGroups'
  | 'CreateJobGroup'
  | 'RenameJobGroup'
  | 'DeleteJobGroup'
  | 'MoveJobsToGroup'
  | 'StartJobGroup'
  | 'StopJobGroup';

const cluster = '/api/v1/projects/{project_id}/clusters/{cluster_id}';
const group = `${cluster}/job-groups/{group_name}`;
const errorStatuses = [400, ...lookUpErrors];

/** Jobs as a list, their groups, and their history over all of them. */
export const groupOperations: readonly Operation<GroupOperationId>[] = [
  row({
    operationId: 'ListJobs',
    tag: 'job-groups',
    method: 'GET',
    path: `${cluster}/jobs`,
    parameters: [
      'ProjectId',
      'ClusterId',
      'GroupFilter',
      'TypeFilter',
      'NamesFilter',
      'NamesPageNo',
      'NamesPageSize',
    ],
    response: ListJobsResponse,
    errorStatuses,
    summary: {
      en: 'List the jobs of a cluster with their last runs, of one group or of all',
      zh: '查询集群的作业及其最近一次运行，可按分组筛选',
    },
  }),
  row({
    operationId: 'ListClusterRuns',
    tag: 'runs',
    method: 'GET',
    path: `${cluster}/runs`,
    parameters: [
      'ProjectId',
      'ClusterId',
      'JobNameFilter',
      'StateFilter',
      'FromTime',
      'UntilTime',
      'Before',
      'RunsPageSize',
    ],
    response: ListClusterRunsResponse,
    errorStatuses,
    summary: {
      en: 'List the runs of a cluster over all its jobs, by state, job and time',
      zh: '查询集群内全部作业的运行历史，可按状态、作业和时间筛选',
    },
  }),
  row({
    operationId: 'ListJobGroups',
    tag: 'job-groups',
    method: 'GET',
    path: `${cluster}/job-groups`,
    parameters: ['ProjectId', 'ClusterId'],
    response: ListJobGroupsResponse,
    summary: { en: 'List the groups of jobs', zh: '查询作业分组' },
  }),
  row({
    operationId: 'CreateJobGroup',
    tag: 'job-groups',
    method: 'POST',
    path: `${cluster}/job-groups`,
    parameters: ['ProjectId', 'ClusterId'],
    request: JobGroupRequest,
    response: JobGroup,
    errorStatuses,
    summary: { en: 'Make an empty group of jobs', zh: '新建作业分组' },
  }),
  row({
    operationId: 'RenameJobGroup',
    tag: 'job-groups',
    method: 'PUT',
    path: group,
    parameters: ['ProjectId', 'ClusterId', 'GroupName'],
    request: JobGroupRequest,
    response: JobGroup,
    errorStatuses,
    summary: { en: 'Rename a group; its jobs go with it', zh: '重命名作业分组，组内作业随之更新' },
  }),
  row({
    operationId: 'DeleteJobGroup',
    tag: 'job-groups',
    method: 'DELETE',
    path: group,
    parameters: ['ProjectId', 'ClusterId', 'GroupName'],
    response: DeleteJobGroupResponse,
    errorStatuses,
    summary: {
      en: 'Delete a group and its jobs; refused while one of them runs',
      zh: '删除作业分组及组内作业；有作业正在运行时拒绝',
    },
  }),
  row({
    operationId: 'MoveJobsToGroup',
    tag: 'job-groups',
    method: 'POST',
    path: `${group}/jobs`,
    parameters: ['ProjectId', 'ClusterId', 'GroupName'],
    request: MoveJobsRequest,
    response: JobGroup,
    errorStatuses,
    summary: { en: 'Move jobs into a group', zh: '将作业移动到分组' },
  }),
  row({
    operationId: 'StartJobGroup',
    tag: 'job-groups',
    method: 'POST',
    path: `${group}/start`,
    parameters: ['ProjectId', 'ClusterId', 'GroupName', 'XLanguage'],
    request: StartJobGroupRequest,
    isRequestOptional: true,
    response: JobOutcomesResponse,
    errorStatuses,
    summary: { en: 'Start every job of a group', zh: '启动分组内的全部作业' },
  }),
  row({
    operationId: 'StopJobGroup',
    tag: 'job-groups',
    method: 'POST',
    path: `${group}/stop`,
    parameters: ['ProjectId', 'ClusterId', 'GroupName', 'XLanguage'],
    response: JobOutcomesResponse,
    errorStatuses,
    summary: { en: 'Stop every job of a group that runs', zh: '停止分组内正在运行的作业' },
  }),
];
