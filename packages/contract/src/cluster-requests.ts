import Type, { type Static } from 'typebox';
import { Datastore, SysTag } from './cluster-parts.ts';
import {
  effectKeyword,
  flag,
  int32,
  listOf,
  notLookedAt,
  oneOfTexts,
  request,
  requestPart,
  text,
} from './wire-types.ts';

/** No notices are sent. */
const noEffect = { [effectKeyword]: 'none' };

export const ExtendedProperties = request(
  'ExtendedProperties',
  {
    workSpaceId: Type.Optional(text('Id of a workspace; kept and given back.')),
    resourceId: Type.Optional(text('Id of a resource; kept and given back.')),
    trial: Type.Optional(text('Trial order or not, as text.')),
  },
  'Further attributes of a new cluster.',
);
export type ExtendedProperties = Static<typeof ExtendedProperties>;

export const Nic = request(
  'Nic',
  {
    securityGroupId: text('Id of the security group; kept and given back.'),
    'net-id': text('Id of the subnet; kept and given back.'),
  },
  'A network card.',
);
export type Nic = Static<typeof Nic>;

export const ClusterInstanceSpec = request(
  'ClusterInstanceSpec',
  {
    availability_zone: text('Zone to place the node in.'),
    nics: listOf(Nic, 'Network cards.', { minItems: 1, maxItems: 2 }),
    flavorRef: text('Id of the flavor, str_id in the flavor list.'),
    type: text('Always cdm.'),
  },
  'A node to make.',
);
export type ClusterInstanceSpec = Static<typeof ClusterInstanceSpec>;

export const ClusterSpec = request(
  'ClusterSpec',
  {
    name: text('Name of the new cluster.'),
    vpcId: text('Id of the network; kept and given back.'),
    instances: listOf(ClusterInstanceSpec, 'The nodes; in practice one.', { minItems: 1 }),
    datastore: Type.Optional(Datastore),
    extended_properties: Type.Optional(ExtendedProperties),
    sys_tags: Type.Optional(listOf(SysTag, 'Binding to an enterprise project.')),
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
  },
  'A cluster to make.',
);
export type ClusterSpec = Static<typeof ClusterSpec>;

export const CreateClusterRequest = request(
  'CreateClusterRequest',
  {
    cluster: ClusterSpec,
    auto_remind: Type.Optional(flag('Send a notice when a job fails.', noEffect)),
    phone_num: Type.Optional(text('Telephone numbers for notices, with commas between them.', noEffect)),
    email: Type.Optional(text('Mail addresses for notices, with commas between them.', noEffect)),
    autoRemind: Type.Optional(flag('Older spelling of auto_remind.', { ...noEffect, deprecated: true })),
    phoneNum: Type.Optional(text('Older spelling of phone_num.', { ...noEffect, deprecated: true })),
  },
  'A cluster to make and whom to tell of failures.',
);
export type CreateClusterRequest = Static<typeof CreateClusterRequest>;

export const ModifyClusterRequest = request(
  'ModifyClusterRequest',
  {
    autoOff: Type.Optional(flag('As isAutoOff of the create call.')),
    scheduleBootOff: Type.Optional(flag('As isScheduleBootOff of the create call.')),
    scheduleBootTime: Type.Optional(
      text('Daily start, HH:mm:ss. Empty text, the text null and absence all mean none.'),
    ),
    scheduleOffTime: Type.Optional(
      text('Daily stop, HH:mm:ss. Empty text, the text null and absence all mean none.'),
    ),
    autoRemind: Type.Optional(flag('Send a notice when a job fails.', noEffect)),
    phoneNum: Type.Optional(text('Telephone numbers for notices, with commas between them.', noEffect)),
    email: Type.Optional(text('Mail addresses for notices, with commas between them.', noEffect)),
  },
  'What to change; members left out stay as they are.',
);
export type ModifyClusterRequest = Static<typeof ModifyClusterRequest>;

export const DeleteClusterRequest = request(
  'DeleteClusterRequest',
  {
    keep_last_manual_backup: notLookedAt(),
  },
  'May be absent; nothing in it changes what is done.',
);
export type DeleteClusterRequest = Static<typeof DeleteClusterRequest>;

export const RestartClusterRequest = request(
  'RestartClusterRequest',
  {
    restart: requestPart({
      type: Type.Optional(text('Always cdm.', { default: 'cdm' })),
      restartMode: Type.Optional(
        text('IMMEDIATELY, FORCELY (also FORCIBLY) or SOFTLY (also GRACEFULL).', { default: 'IMMEDIATELY' }),
      ),
      restartLevel: Type.Optional(
        oneOfTexts(['SERVICE', 'VM'], 'SERVICE restarts the processes, VM the machine too.', {
          default: 'SERVICE',
        }),
      ),
      restartDelayTime: Type.Optional(int32('Seconds to wait first.')),
      instance: Type.Optional(text('Reserved.')),
      group: Type.Optional(text('Reserved.')),
    }),
  },
  'Restart a cluster.',
);
export type RestartClusterRequest = Static<typeof RestartClusterRequest>;

export const StartClusterRequest = request(
  'StartClusterRequest',
  {
    start: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Empty; what it holds is not looked at.',
    }),
  },
  'Start a cluster.',
);
export type StartClusterRequest = Static<typeof StartClusterRequest>;

export const StopClusterRequest = request(
  'StopClusterRequest',
  {
    stop: requestPart({
      stopMode: Type.Optional(
        oneOfTexts(['IMMEDIATELY', 'GRACEFULLY'], 'Stop at once, or let jobs end; at once when absent.'),
      ),
      delayTime: Type.Optional(int32('Seconds to let jobs end, with GRACEFULLY; -1 waits for all of them.')),
    }),
  },
  'Stop a cluster.',
);
export type StopClusterRequest = Static<typeof StopClusterRequest>;
