import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';

// Files as the published service exports them: the same objects, several at once, odd parts and all.

let sample: SampleApp;
let clusterId: string;
beforeEach(async () => {
  sample = await sampleApp({ registry: new ConnectorRegistry(bundle) });
  clusterId = await sample.makeCluster(projectA);
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const inputs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

const link = (name: string, connector: string, values: Readonly<Record<string, unknown>>) => ({
  name,
  'connector-name': connector,
  enabled: true,
  'creation-user': null,
  'creation-date': 1496654788622,
  'link-config-values': {
    configs: [{ name: 'linkConfig', inputs: inputs(values) }],
    'extended-configs': {},
    validators: [],
  },
});

const jdbc = { 'linkConfig.usingNative': 'false', 'linkConfig.useSSL': 'false' };

const links = [
  link('mysql_link', 'generic-jdbc-connector', {
    ...jdbc,
    'linkConfig.databaseType': 'MYSQL',
    'linkConfig.host': '192.168.0.11',
    'linkConfig.port': '3306',
    'linkConfig.database': 'shop',
    'linkConfig.username': 'cdm',
    'linkConfig.password': 'filled in',
    'linkConfig.fetchSize': '1000',
    'linkConfig.commitSize': '10000',
    'linkConfig.jdbcProperties': { socketTimeout: '300000', tinyInt1isBit: 'false' },
    'dialect.identifierEnclose': '`',
  }),
  link('pg_link', 'generic-jdbc-connector', {
    ...jdbc,
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': '192.168.0.12',
    'linkConfig.port': '5432',
    'linkConfig.database': 'sales',
    'linkConfig.username': 'cdm',
    'linkConfig.password': 'filled in',
    'dialect.identifierEnclose': '"',
  }),
  link('obs_link', 'obs-connector', {
    'linkConfig.server': 'obs.example.com',
    'linkConfig.port': '443',
    'linkConfig.accessKey': 'AK',
    'linkConfig.securityKey': 'Add password here.',
  }),
];

const job = (
  name: string,
  type: string,
  ends: { readonly to?: string },
  more: {
    readonly from?: Readonly<Record<string, unknown>>;
    readonly to?: Readonly<Record<string, unknown>>;
  } = {},
) => ({
  job_type: type,
  name,
  'from-connector-name': 'generic-jdbc-connector',
  'from-link-name': 'mysql_link',
  'to-connector-name': ends.to === 'obs_link' ? 'obs-connector' : 'generic-jdbc-connector',
  'to-link-name': ends.to ?? 'pg_link',
  'from-config-values': {
    configs: [
      {
        name: 'fromJobConfig',
        inputs: inputs({
          'fromJobConfig.schemaName': 'shop',
          ...(type === 'BATCH_JOB'
            ? {}
            : { 'fromJobConfig.tableName': 'orders', 'fromJobConfig.useSql': 'false' }),
          'fromJobConfig.incrMigration': 'false',
          ...more.from,
        }),
      },
      { name: 'incrementalRead', inputs: {} },
    ],
    'extended-configs': { name: 'fromJobConfig.extendedFields', value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' },
  },
  'to-config-values': {
    configs: [
      {
        name: 'toJobConfig',
        inputs: inputs({
          'toJobConfig.schemaName': 'public',
          ...(type === 'BATCH_JOB' ? {} : { 'toJobConfig.tableName': 'orders' }),
          'toJobConfig.tablePreparation': 'CREATE_WHEN_NOT_EXIST',
          'toJobConfig.beforeImportType': 'none',
          'toJobConfig.shouldClearTable': 'false',
          'toJobConfig.useStageTable': 'false',
          'toJobConfig.onConflict': 'EXCEPTION',
          ...more.to,
        }),
      },
    ],
    'extended-configs': {
      name: 'toJobConfig.extendedFields',
      value: 'eyLpbXBvcnRNb2RlIjoiQ09QWSIsImxvYWRlckNvbmN1cnLlbmN5IjoiMSL9',
    },
  },
  'driver-config-values': {
    configs: [
      {
        name: 'throttlingConfig',
        inputs: inputs({
          'throttlingConfig.numExtractors': '4',
          'throttlingConfig.concurrentSubJobs': '10',
          'throttlingConfig.recordDirtyData': 'false',
          'throttlingConfig.maxErrorRecords': '10',
        }),
      },
      { name: 'jarConfig', inputs: {} },
      { name: 'transformConfig', inputs: inputs({ 'transformConfig.trans': [] }) },
      { name: 'smnConfig', inputs: inputs({ 'smnConfig.isNeedNotification': 'false' }) },
      { name: 'retryJobConfig', inputs: inputs({ 'retryJobConfig.retryJobType': 'NONE' }) },
      {
        name: 'groupJobConfig',
        inputs: inputs({ 'groupJobConfig.groupId': '1', 'groupJobConfig.groupName': 'DEFAULT' }),
      },
      { name: 'partitionConfig', inputs: [] },
    ],
  },
});

async function importOf(payload: object): Promise<Readonly<Record<string, string>>> {
  const answer = await sample.app.inject({
    method: 'POST',
    url: `/api/v1/projects/${projectA}/clusters/${clusterId}/import`,
    headers: { 'x-auth-token': `alice@${projectA}`, 'x-language': 'en-us' },
    payload,
  });
  expect(answer.statusCode, answer.payload).toBe(200);
  const items = answer.json().items as {
    name: string;
    outcome: string;
    finding: { code: string; message: string } | null;
  }[];
  return Object.fromEntries(
    items.map(({ name, outcome, finding }) => [name, `${outcome} ${finding?.code ?? ''}`.trim()]),
  );
}

test('tables and whole databases import; what needs a connector or a setting that is not there says so', async () => {
  const jobs = [
    job(
      'mysql2pg',
      'NORMAL_JOB',
      {},
      { from: { 'fromJobConfig.columnList': 'id&amount' }, to: { 'toJobConfig.columnList': 'id&amount' } },
    ),
    job('mysql2pg_all', 'BATCH_JOB', {}),
    job('mysql2pg_staged', 'NORMAL_JOB', {}, { to: { 'toJobConfig.useStageTable': 'true' } }),
    job('mysql2pg_cdc', 'NORMAL_JOB', {}, { from: { 'fromJobConfig.cdc': 'true' } }),
    job('mysql2obs', 'NORMAL_JOB', { to: 'obs_link' }),
  ];
  expect(await importOf({ links, jobs })).toEqual({
    mysql_link: 'created',
    pg_link: 'created',
    obs_link: 'refused Cdm.0102',
    mysql2pg: 'created',
    mysql2pg_all: 'created',
    mysql2pg_staged: 'created',
    mysql2pg_cdc: 'refused Cdm.0014',
    mysql2obs: 'refused Cdm.0101',
  });
  const stored = await sample.store.jobs.find(clusterId, 'mysql2pg');
  expect(stored?.toOptions).toMatchObject({
    'toJobConfig.importMode': 'COPY',
    'toJobConfig.loaderConcurrency': '1',
    'toJobConfig.columnList': 'id&amount',
  });
});

test('an unknown setting is refused by name, and the rest of the file goes on', async () => {
  const jobs = [
    job('odd', 'NORMAL_JOB', {}, { to: { 'toJobConfig.fromLaterVersion': '1' } }),
    job('plain', 'NORMAL_JOB', {}),
  ];
  expect(await importOf({ links: { links }, jobs: { jobs } })).toMatchObject({
    odd: 'refused Cdm.0089',
    plain: 'created',
  });
});
