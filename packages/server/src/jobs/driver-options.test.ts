import { validateOptions } from '@sluice/core/options/validate';
import { expect, test } from 'vitest';
import { driverGroups } from './driver-options.ts';
import { ownGroup } from './own-options.ts';

/** Names of the published reference and of recorded jobs. */
const recorded = {
  'throttlingConfig.concurrentSubJobs': '10',
  'throttlingConfig.numExtractors': '4',
  'throttlingConfig.numSplits': '1',
  'throttlingConfig.splitRetryTime': '0',
  'throttlingConfig.submitToCluster': 'false',
  'throttlingConfig.numLoaders': '1',
  'throttlingConfig.recordDirtyData': 'false',
  'throttlingConfig.writeToLink': 'obs_link',
  'throttlingConfig.obsBucket': 'dirtydata',
  'throttlingConfig.dirtyDataDirectory': '/jdbc2hive/',
  'throttlingConfig.maxErrorRecords': '10',
  'throttlingConfig.throttling': 'false',
  'throttlingConfig.byteRate': '20',
  'throttlingConfig.recordRate': '100000',
  'throttlingConfig.channelCapacityMb': '64',
  'schedulerConfig.isSchedulerJob': 'false',
  'schedulerConfig.cycleType': 'day',
  'schedulerConfig.cycle': '1',
  'schedulerConfig.runAt': '',
  'schedulerConfig.startDate': '2024-03-01 01:30:00',
  'schedulerConfig.stopDate': '',
  'schedulerConfig.disposableType': 'NONE',
  'transformConfig.trans': [],
  'smnConfig.isNeedNotification': 'false',
  'retryJobConfig.retryJobType': 'NONE',
  'groupJobConfig.groupId': '1',
  'groupJobConfig.groupName': 'DEFAULT',
  'jarConfig.extraJars': {},
};

test('a job as recorded passes, and every published name is known', () => {
  const { values } = validateOptions(driverGroups, recorded);
  expect(Object.keys(values)).toEqual(Object.keys(recorded));
  // Options of our own stand in a group of their own.
  const published = driverGroups.filter((group) => group !== ownGroup);
  const names = published.flatMap((group) => group.options.map(({ name }) => name));
  expect(new Set(names)).toEqual(new Set(Object.keys(recorded)));
});

test('groups stand in recorded order and own their options', () => {
  expect(driverGroups.map(({ name }) => name)).toEqual([
    'throttlingConfig',
    'jarConfig',
    'schedulerConfig',
    'transformConfig',
    'smnConfig',
    'retryJobConfig',
    'groupJobConfig',
    'partitionConfig',
    'sluiceConfig',
  ]);
  for (const group of driverGroups) {
    for (const option of group.options) {
      expect(option.name.startsWith(`${group.name}.`)).toBe(true);
      for (const text of [option.title, option.help]) {
        expect(text.en).not.toBe('');
        expect(text.zh).toMatch(/\p{Script=Han}|^OBS|^（/u);
      }
    }
  }
});

test.each([{ 'throttlingConfig.submitToCluster': true }, { 'smnConfig.isNeedNotification': 'true' }])(
  'what would change the result and is not built is refused: %j',
  (given) => {
    expect(() => validateOptions(driverGroups, given)).toThrow('Cdm.0014');
  },
);

test.each(['0', '301'])('%s extractors are too few or too many', (count) => {
  expect(() => validateOptions(driverGroups, { 'throttlingConfig.numExtractors': count })).toThrow(
    'Cdm.0024',
  );
});
