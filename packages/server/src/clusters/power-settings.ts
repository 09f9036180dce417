import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterRecord } from '../store/model.ts';

/** When a cluster is switched on and off by itself. */
export interface PowerSettings {
  /** Off after it has been idle for a while. */
  readonly isAutoOff: boolean;
  /** On and off every day, at the two times. */
  readonly isScheduleBootOff: boolean;
  /** `HH:mm:ss` by the server's clock; empty: none. */
  readonly scheduleBootTime: string;
  readonly scheduleOffTime: string;
}

/** Nothing happens by itself. */
export const noPowerSettings: PowerSettings = {
  isAutoOff: false,
  isScheduleBootOff: false,
  scheduleBootTime: '',
  scheduleOffTime: '',
};

/** Those of a stored cluster; clusters of older versions have none. */
export function powerSettingsOf({ settings }: ClusterRecord): PowerSettings {
  const text = (name: string) => (typeof settings[name] === 'string' ? String(settings[name]) : '');
  return {
    isAutoOff: settings.isAutoOff === true,
    isScheduleBootOff: settings.isScheduleBootOff === true,
    scheduleBootTime: text('scheduleBootTime'),
    scheduleOffTime: text('scheduleOffTime'),
  };
}

/** @throws Cdm.0014 settings that exclude each other; Cdm.0238 a schedule without a time. */
export function requirePowerSettings(power: PowerSettings): void {
  const { isAutoOff, isScheduleBootOff, scheduleBootTime, scheduleOffTime } = power;
  if (isAutoOff && isScheduleBootOff) {
    throw refused('isAutoOff', {
      en: 'A cluster is switched off either when it is idle or by a schedule, not both.',
      zh: '空闲自动关机与定时开关机互斥，不能同时启用。',
    });
  }
  if (!isScheduleBootOff) return;
  if (scheduleBootTime === '' && scheduleOffTime === '') {
    throw new SluiceError('Cdm.0238', { name: 'scheduleBootTime, scheduleOffTime' });
  }
  if (scheduleBootTime === scheduleOffTime) {
    throw refused('scheduleOffTime', {
      en: 'The times of switching on and off are the same.',
      zh: '定时开机与定时关机的时间相同。',
    });
  }
}

function refused(name: string, text: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(text) });
}
