import Type, { type Static } from 'typebox';
import { Datastore } from './catalogue.ts';
import { ClusterLink, ClusterNode, ClusterNodeRef } from './cluster-nodes.ts';
import { answer, flag, int32, listOf, oneOfTexts, orNull, part, text, textOrNull } from './wire-types.ts';

export const TaskRef = answer('TaskRef', {
  id: Type.Optional(text()),
  name: Type.Optional(text()),
});
export type TaskRef = Static<typeof TaskRef>;

export const CreateClusterResponse = answer('CreateClusterResponse', {
  id: text(),
  name: text(),
  task: Type.Optional(TaskRef),
  datastore: Type.Optional(Datastore),
  instances: Type.Optional(listOf(ClusterNodeRef)),
});
export type CreateClusterResponse = Static<typeof CreateClusterResponse>;

export const CustomerConfig = answer('CustomerConfig', {
  failureRemind: Type.Optional(text()),
  clusterName: Type.Optional(text()),
  serviceProvider: Type.Optional(text()),
  localDisk: Type.Optional(text()),
  ssl: Type.Optional(text()),
  createFrom: Type.Optional(text()),
  resourceId: Type.Optional(text()),
  flavorType: Type.Optional(text()),
  workSpaceId: Type.Optional(text()),
  trial: Type.Optional(text()),
});
export type CustomerConfig = Static<typeof CustomerConfig>;

export const ActionProgress = answer('ActionProgress', {
  CREATING: Type.Optional(text()),
  GROWING: Type.Optional(text()),
  RESTORING: Type.Optional(text()),
  SNAPSHOTTING: Type.Optional(text()),
  REPAIRING: Type.Optional(text()),
});
export type ActionProgress = Static<typeof ActionProgress>;

export const ClusterTask = answer('ClusterTask', {
  id: Type.Optional(text()),
  name: Type.Optional(text()),
  description: Type.Optional(text()),
});
export type ClusterTask = Static<typeof ClusterTask>;

export const FailedReasons = answer('FailedReasons', {
  CREATE_FAILED: Type.Optional(
    part({
      errorCode: Type.Optional(text()),
      errorMsg: Type.Optional(text()),
    }),
  ),
});
export type FailedReasons = Static<typeof FailedReasons>;

export const ClusterTag = answer('ClusterTag', {
  key: text(),
  value: Type.Optional(text()),
});
export type ClusterTag = Static<typeof ClusterTag>;

export const ClusterSummary = answer('ClusterSummary', {
  id: text(),
  name: text(),
  status: oneOfTexts(['100', '200', '300', '303', '500', '800', '900', '910', '920']),
  statusDetail: Type.Optional(text()),
  isFrozen: oneOfTexts(['0', '1']),
  created: text(),
  updated: text(),
  azName: Type.Optional(text()),
  flavorName: Type.Optional(text()),
  dbuser: Type.Optional(text()),
  namespace: Type.Optional(text()),
  clusterMode: Type.Optional(text()),
  datastore: Type.Optional(Datastore),
  customerConfig: Type.Optional(CustomerConfig),
  instances: Type.Optional(listOf(ClusterNode)),
  isAutoOff: Type.Optional(flag()),
  isScheduleBootOff: Type.Optional(flag()),
  scheduleBootTime: Type.Optional(text()),
  scheduleOffTime: Type.Optional(text()),
  publicEndpoint: Type.Optional(textOrNull()),
  recentEvent: Type.Optional(int32()),
  bakExpectedStartTime: Type.Optional(textOrNull()),
  bakKeepDay: Type.Optional(orNull(int32())),
  task: Type.Optional(ClusterTask),
  actionProgress: Type.Optional(ActionProgress),
  failedReasons: Type.Optional(orNull(FailedReasons)),
  config_status: Type.Optional(textOrNull()),
  version: Type.Optional(text('', { deprecated: true })),
});
export type ClusterSummary = Static<typeof ClusterSummary>;

export const ClusterDetail = answer('ClusterDetail', {
  id: text(),
  name: text(),
  status: oneOfTexts(['100', '200', '300', '303', '500', '800', '900', '910', '920']),
  statusDetail: Type.Optional(text()),
  isFrozen: oneOfTexts(['0', '1']),
  created: text(),
  updated: text(),
  azName: Type.Optional(text()),
  flavorName: Type.Optional(text()),
  dbuser: Type.Optional(text()),
  namespace: Type.Optional(text()),
  clusterMode: Type.Optional(text()),
  datastore: Type.Optional(Datastore),
  customerConfig: Type.Optional(CustomerConfig),
  instances: listOf(ClusterNode),
  isAutoOff: Type.Optional(flag()),
  isScheduleBootOff: Type.Optional(flag()),
  scheduleBootTime: Type.Optional(text()),
  scheduleOffTime: Type.Optional(text()),
  publicEndpoint: Type.Optional(textOrNull()),
  recentEvent: Type.Optional(int32()),
  bakExpectedStartTime: Type.Optional(textOrNull()),
  bakKeepDay: Type.Optional(orNull(int32())),
  task: Type.Optional(ClusterTask),
  actionProgress: Type.Optional(ActionProgress),
  failedReasons: Type.Optional(orNull(FailedReasons)),
  config_status: Type.Optional(textOrNull()),
  version: Type.Optional(text('', { deprecated: true })),
  actions: Type.Optional(orNull(listOf(oneOfTexts(['REBOOTING', 'RESTORING', 'REBOOT_FAILURE'])))),
  links: Type.Optional(orNull(listOf(ClusterLink))),
  security_group_id: Type.Optional(text()),
  subnet_id: Type.Optional(text()),
  vpc_id: Type.Optional(text()),
  publicEndpointDomainName: Type.Optional(textOrNull()),
  endpointDomainName: Type.Optional(textOrNull()),
  publicEndpointStatus: Type.Optional(
    part({
      status: Type.Optional(text()),
      errorMessage: Type.Optional(text()),
    }),
  ),
  eipId: Type.Optional(textOrNull()),
  maintainWindow: Type.Optional(
    part({
      day: Type.Optional(text()),
      startTime: Type.Optional(text()),
      endTime: Type.Optional(text()),
    }),
  ),
  eps_id: Type.Optional(text()),
  tags: Type.Optional(orNull(listOf(ClusterTag))),
});
export type ClusterDetail = Static<typeof ClusterDetail>;

export const ListClustersResponse = answer('ListClustersResponse', {
  clusters: listOf(ClusterSummary),
});
export type ListClustersResponse = Static<typeof ListClustersResponse>;

export const JobIdText = answer('JobIdText', {
  jobId: text(),
});
export type JobIdText = Static<typeof JobIdText>;

export const JobIdArray = answer('JobIdArray', {
  jobId: listOf(text(), '', { minItems: 1 }),
});
export type JobIdArray = Static<typeof JobIdArray>;
