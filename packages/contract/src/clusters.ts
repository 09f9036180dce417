import Type, { type Static } from 'typebox';
import { Datastore } from './catalogue.ts';
import { ClusterLink, ClusterNode, ClusterNodeRef } from './cluster-nodes.ts';
import { answer, flag, int32, listOf, oneOfTexts, orNull, part, text, textOrNull } from './wire-types.ts';

export const TaskRef = answer(
  'TaskRef',
  {
    id: Type.Optional(text('Id of the task.')),
    name: Type.Optional(text('Name of the task.')),
  },
  'A task that goes on after the answer.',
);
export type TaskRef = Static<typeof TaskRef>;

export const CreateClusterResponse = answer(
  'CreateClusterResponse',
  {
    id: text('Id of the new cluster.'),
    name: text('Its name.'),
    task: Type.Optional(TaskRef),
    datastore: Type.Optional(Datastore),
    instances: Type.Optional(listOf(ClusterNodeRef, 'The nodes that are being made.')),
  },
  'The cluster that is being made.',
);
export type CreateClusterResponse = Static<typeof CreateClusterResponse>;

export const CustomerConfig = answer(
  'CustomerConfig',
  {
    failureRemind: Type.Optional(text('Notices on or off, as text.')),
    clusterName: Type.Optional(text('Label of the kind of cluster.')),
    serviceProvider: Type.Optional(text('Who provides the machine.')),
    localDisk: Type.Optional(text('Local disk or not, as text.')),
    ssl: Type.Optional(text('TLS or not, as text.')),
    createFrom: Type.Optional(text('Where the order came from.')),
    resourceId: Type.Optional(text('Id of a resource; kept and given back.')),
    flavorType: Type.Optional(text('Family of flavors.')),
    workSpaceId: Type.Optional(text('Id of a workspace; kept and given back.')),
    trial: Type.Optional(text('Trial order or not, as text.')),
  },
  'Settings of the owner; switches are text.',
);
export type CustomerConfig = Static<typeof CustomerConfig>;

export const ActionProgress = answer(
  'ActionProgress',
  {
    CREATING: Type.Optional(text('Per cent done, as text: 29%.')),
    GROWING: Type.Optional(text('Per cent done, as text: 29%.')),
    RESTORING: Type.Optional(text('Per cent done, as text: 29%.')),
    SNAPSHOTTING: Type.Optional(text('Per cent done, as text: 29%.')),
    REPAIRING: Type.Optional(text('Per cent done, as text: 29%.')),
  },
  'How far the present actions have come; empty when there are none.',
);
export type ActionProgress = Static<typeof ActionProgress>;

export const ClusterTask = answer(
  'ClusterTask',
  {
    id: Type.Optional(text('Id of the task.')),
    name: Type.Optional(text('Name of the task.')),
    description: Type.Optional(text('What the task does.')),
  },
  'The present task of a cluster.',
);
export type ClusterTask = Static<typeof ClusterTask>;

export const FailedReasons = answer(
  'FailedReasons',
  {
    CREATE_FAILED: Type.Optional(
      part(
        {
          errorCode: Type.Optional(text('Code of the cause.')),
          errorMsg: Type.Optional(text('The cause.')),
        },
        'Why the cluster could not be made.',
      ),
    ),
  },
  'Why something failed.',
);
export type FailedReasons = Static<typeof FailedReasons>;

export const ClusterTag = answer(
  'ClusterTag',
  {
    key: text('Key of the tag.'),
    value: Type.Optional(text('Value of the tag.')),
  },
  'A tag.',
);
export type ClusterTag = Static<typeof ClusterTag>;

/** What the list and the detail of clusters have in common. */
const summaryMembers = {
  id: text('Id of the cluster.'),
  name: text('Name of the cluster.'),
  status: oneOfTexts(
    ['100', '200', '300', '303', '500', '800', '900', '910', '920'],
    'State: 100 being made, 200 normal, 300 failed, 303 could not be made, 500 restarting, 800 frozen, 900 stopped, 910 stopping, 920 starting.',
  ),
  statusDetail: Type.Optional(text('The state in words.')),
  isFrozen: oneOfTexts(['0', '1'], 'Frozen (1) or not (0), as text.'),
  created: text('When it was made, like 2018-09-05T08:38:25.'),
  updated: text('When it was last changed, in the form of created.'),
  azName: Type.Optional(text('Zone it stands in.')),
  flavorName: Type.Optional(text('Name of its flavor.')),
  dbuser: Type.Optional(text('Database user.')),
  namespace: Type.Optional(text('Namespace.')),
  clusterMode: Type.Optional(text('Mode of the cluster: sharding.')),
  datastore: Type.Optional(Datastore),
  customerConfig: Type.Optional(CustomerConfig),
  instances: Type.Optional(listOf(ClusterNode, 'The nodes.')),
  isAutoOff: Type.Optional(
    flag('Stop the cluster when it has been idle for a while. Excludes isScheduleBootOff.'),
  ),
  isScheduleBootOff: Type.Optional(
    flag('Start and stop the cluster every day at set times. Excludes isAutoOff.'),
  ),
  scheduleBootTime: Type.Optional(
    text('Daily start, HH:mm:ss. Empty text, the text null and absence all mean none.'),
  ),
  scheduleOffTime: Type.Optional(
    text('Daily stop, HH:mm:ss. Empty text, the text null and absence all mean none.'),
  ),
  publicEndpoint: Type.Optional(textOrNull('Address from outside, where there is one.')),
  recentEvent: Type.Optional(int32('Number of recent events.')),
  bakExpectedStartTime: Type.Optional(textOrNull('When backups begin.')),
  bakKeepDay: Type.Optional(
    orNull(int32(), 'Days that a backup is kept. Left out: clients disagree on its type.'),
  ),
  task: Type.Optional(ClusterTask),
  actionProgress: Type.Optional(ActionProgress),
  failedReasons: Type.Optional(orNull(FailedReasons, 'Only when something failed.')),
  config_status: Type.Optional(
    textOrNull('Whether the settings are in force: In-Sync, Applying or Sync-Failure.'),
  ),
  version: Type.Optional(text('Repeats datastore.version for old clients.', { deprecated: true })),
};

export const ClusterSummary = answer('ClusterSummary', summaryMembers, 'A cluster in the list.');
export type ClusterSummary = Static<typeof ClusterSummary>;

export const ClusterDetail = answer(
  'ClusterDetail',
  {
    ...summaryMembers,
    instances: listOf(ClusterNode, 'The nodes, never none: a client reads the first without looking.'),
    actions: Type.Optional(
      orNull(
        listOf(oneOfTexts(['REBOOTING', 'RESTORING', 'REBOOT_FAILURE'])),
        'What is being done to it at present.',
      ),
    ),
    links: Type.Optional(orNull(listOf(ClusterLink), 'Addresses that belong to the cluster.')),
    security_group_id: Type.Optional(text('Id of the security group, as given.')),
    subnet_id: Type.Optional(text('Id of the subnet, as given.')),
    vpc_id: Type.Optional(text('Id of the network, as given.')),
    publicEndpointDomainName: Type.Optional(textOrNull('Domain name from outside.')),
    endpointDomainName: Type.Optional(textOrNull('Domain name from within.')),
    publicEndpointStatus: Type.Optional(
      part(
        {
          status: Type.Optional(text('The state.')),
          errorMessage: Type.Optional(text('What went wrong with it.')),
        },
        'State of the address from outside.',
      ),
    ),
    eipId: Type.Optional(textOrNull('Id of the address from outside.')),
    maintainWindow: Type.Optional(
      part(
        {
          day: Type.Optional(text('Day of the week.')),
          startTime: Type.Optional(text('From.')),
          endTime: Type.Optional(text('To.')),
        },
        'When maintenance may take place.',
      ),
    ),
    eps_id: Type.Optional(text('Id of the enterprise project.')),
    tags: Type.Optional(orNull(listOf(ClusterTag), 'Tags of the cluster.')),
  },
  'A cluster in full.',
);
export type ClusterDetail = Static<typeof ClusterDetail>;

export const ListClustersResponse = answer(
  'ListClustersResponse',
  {
    clusters: listOf(ClusterSummary, 'Every cluster of the project; there are no pages.'),
  },
  'The clusters of a project.',
);
export type ListClustersResponse = Static<typeof ListClustersResponse>;

export const JobIdText = answer(
  'JobIdText',
  {
    jobId: text('Id of the task, opaque.'),
  },
  'The task, as text.',
);
export type JobIdText = Static<typeof JobIdText>;

export const JobIdArray = answer(
  'JobIdArray',
  {
    jobId: listOf(text(), 'Ids of the tasks, opaque.', { minItems: 1 }),
  },
  'The tasks, as a list.',
);
export type JobIdArray = Static<typeof JobIdArray>;
