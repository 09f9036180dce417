import Type, { type Static } from 'typebox';
import { Datastore, SysTag } from './catalogue.ts';
import { flag, int32, listOf, notLookedAt, oneOfTexts, request, requestPart, text } from './wire-types.ts';

export const ExtendedProperties = request('ExtendedProperties', {
  workSpaceId: Type.Optional(text()),
  resourceId: Type.Optional(text()),
  trial: Type.Optional(text()),
});
export type ExtendedProperties = Static<typeof ExtendedProperties>;

export const Nic = request('Nic', {
  securityGroupId: text(),
  'net-id': text(),
});
export type Nic = Static<typeof Nic>;

export const ClusterInstanceSpec = request('ClusterInstanceSpec', {
  availability_zone: text(),
  nics: listOf(Nic, '', { minItems: 1, maxItems: 2 }),
  flavorRef: text(),
  type: text(),
});
export type ClusterInstanceSpec = Static<typeof ClusterInstanceSpec>;

export const ClusterSpec = request('ClusterSpec', {
  name: text(),
  vpcId: text(),
  instances: listOf(ClusterInstanceSpec, '', { minItems: 1 }),
  datastore: Type.Optional(Datastore),
  extended_properties: Type.Optional(ExtendedProperties),
  sys_tags: Type.Optional(listOf(SysTag)),
  isAutoOff: Type.Optional(flag()),
  isScheduleBootOff: Type.Optional(flag()),
  scheduleBootTime: Type.Optional(text()),
  scheduleOffTime: Type.Optional(text()),
});
export type ClusterSpec = Static<typeof ClusterSpec>;

export const CreateClusterRequest = request('CreateClusterRequest', {
  cluster: ClusterSpec,
  auto_remind: Type.Optional(flag()),
  phone_num: Type.Optional(text()),
  email: Type.Optional(text()),
  autoRemind: Type.Optional(flag('', { deprecated: true })),
  phoneNum: Type.Optional(text('', { deprecated: true })),
});
export type CreateClusterRequest = Static<typeof CreateClusterRequest>;

export const ModifyClusterRequest = request('ModifyClusterRequest', {
  autoOff: Type.Optional(flag()),
  scheduleBootOff: Type.Optional(flag()),
  scheduleBootTime: Type.Optional(text()),
  scheduleOffTime: Type.Optional(text()),
  autoRemind: Type.Optional(flag()),
  phoneNum: Type.Optional(text()),
  email: Type.Optional(text()),
});
export type ModifyClusterRequest = Static<typeof ModifyClusterRequest>;

export const DeleteClusterRequest = request('DeleteClusterRequest', {
  keep_last_manual_backup: notLookedAt(),
});
export type DeleteClusterRequest = Static<typeof DeleteClusterRequest>;

export const RestartClusterRequest = request('RestartClusterRequest', {
  restart: requestPart({
    type: Type.Optional(text('', { default: 'cdm' })),
    restartMode: Type.Optional(text('', { default: 'IMMEDIATELY' })),
    restartLevel: Type.Optional(oneOfTexts(['SERVICE', 'VM'], '', { default: 'SERVICE' })),
    restartDelayTime: Type.Optional(int32()),
    instance: Type.Optional(text()),
    group: Type.Optional(text()),
  }),
});
export type RestartClusterRequest = Static<typeof RestartClusterRequest>;

export const StartClusterRequest = request('StartClusterRequest', {
  start: Type.Record(Type.String(), Type.Unknown(), { description: '' }),
});
export type StartClusterRequest = Static<typeof StartClusterRequest>;

export const StopClusterRequest = request('StopClusterRequest', {
  stop: requestPart({
    stopMode: Type.Optional(oneOfTexts(['IMMEDIATELY', 'GRACEFULLY'])),
    delayTime: Type.Optional(int32()),
  }),
});
export type StopClusterRequest = Static<typeof StopClusterRequest>;
