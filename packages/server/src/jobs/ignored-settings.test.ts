// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import type { Option } from '@sluice/core/options/option';
import { expect, test } from 'vitest';
import { sampleJob } from '../store/sample-records.ts';
import { ignoredSettings, type SavedSettings } from './ignored-settings.ts';

const text = { en: 'sample', zh: '示例' };
const option = (name: string, support: Option['support']): Option => ({
  name,
  type: 'string',
  title: text,
  help: text,
  support,
});
const connectors = [
  {
    name: 'made-up-connector',
    from: { name: 'fromJobConfig', options: [option('fromJobConfig.table', 'honoured')] },
    to: {
      name: 'toJobConfig',
      options: [option('toJobConfig.table', 'honoured'), option('toJobConfig.orientation', 'ignored')],
    },
  },
];

const job = {
  ...sampleJob('c', 'j'),
  fromConnector: 'made-up-connector',
  toConnector: 'made-up-connector',
  fromOptions: { 'fromJobConfig.table': 't' },
  toOptions: { 'toJobConfig.table': 't' },
  driverOptions: {},
};
const told = (change: Partial<SavedSettings>) =>
  ignoredSettings({ ...job, ...change }, connectors).map(({ en }) => en);

test('what a job says in vain is told, of both ends and of the job as a whole', () => {
  expect(told({})).toEqual([]);
  const toOptions = { 'toJobConfig.table': 't', 'toJobConfig.orientation': 'ROW' };
  const driverOptions = {
    'throttlingConfig.numSplits': '7',
    'throttlingConfig.numExtractors': '${n}',
    // As recorded jobs have them: nothing is said with a default.
    'throttlingConfig.numLoaders': '1',
    'throttlingConfig.splitRetryTime': '2',
  };
  expect(told({ toOptions, driverOptions })).toEqual([
    'toJobConfig.orientation is kept but has no effect here.',
    'throttlingConfig.numSplits is kept but has no effect here.',
  ]);
});

test('of what cannot be read any more nothing is said', () => {
  expect(told({ toOptions: { 'toJobConfig.orientation': 'ROW', 'toJobConfig.gone': '1' } })).toEqual([]);
  expect(told({ toConnector: 'gone-connector', toOptions: { 'toJobConfig.orientation': 'ROW' } })).toEqual(
    [],
  );
});
