import { bundle } from '@sluice/connectors/bundle';
import { ConnectorRegistry } from '@sluice/core/connector/registry';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';

// Documents as published guides and recorded jobs have them, against the connectors that ship.

let sample: SampleApp;
let url: string;
beforeEach(async () => {
  sample = await sampleApp({ registry: new ConnectorRegistry(bundle) });
  url = `/v1.1/${projectA}/clusters/${await sample.makeCluster(projectA)}/cdm`;
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

async function send(method: 'GET' | 'POST', path: string, payload?: object) {
  const answer = await sample.app.inject({
    method,
    url: `${url}${path}`,
    headers: { 'x-auth-token': `u@${projectA}`, 'content-type': 'application/json;charset=UTF-8' },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const input = (name: string, value: unknown) => ({ name, value });

function link(name: string, inputs: readonly object[]) {
  return {
    links: [
      {
        'link-config-values': { configs: [{ inputs, name: 'linkConfig' }] },
        name,
        'creation-date': 1496654788622,
        'connector-name': 'generic-jdbc-connector',
        'update-date': 1496654788622,
        enabled: true,
      },
    ],
  };
}

const mysqlLink = link('mysql_link', [
  input('linkConfig.databaseType', 'MYSQL'),
  input('linkConfig.host', '192.168.0.11'),
  input('linkConfig.port', '3306'),
  input('linkConfig.database', 'shop'),
  input('linkConfig.username', 'cdm'),
  input('linkConfig.password', 'Mig#2024'),
  input('linkConfig.fetchSize', '100000'),
  input('linkConfig.commitSize', '10000'),
  input('linkConfig.usingNative', false),
  input('linkConfig.useSSL', 'false'),
  input('dialect.identifierEnclose', '`'),
]);

const pgLink = link('pg_link', [
  input('linkConfig.databaseType', 'POSTGRESQL'),
  input('linkConfig.host', '192.168.0.12'),
  input('linkConfig.port', '5432'),
  input('linkConfig.database', 'sales'),
  input('linkConfig.username', 'cdm'),
  input('linkConfig.password', 'Mig#2024'),
  input('linkConfig.fetchSize', '1000'),
  input('linkConfig.useSSL', 'false'),
  input('dialect.identifierEnclose', '"'),
]);

const driver = {
  configs: [
    {
      name: 'throttlingConfig',
      inputs: [
        input('throttlingConfig.numExtractors', '4'),
        input('throttlingConfig.numLoaders', '1'),
        input('throttlingConfig.submitToCluster', 'false'),
        input('throttlingConfig.recordDirtyData', 'false'),
        input('throttlingConfig.maxErrorRecords', '10'),
      ],
    },
    { name: 'jarConfig', inputs: {} },
    {
      name: 'schedulerConfig',
      inputs: [
        input('schedulerConfig.isSchedulerJob', 'false'),
        input('schedulerConfig.disposableType', 'NONE'),
      ],
    },
    { name: 'transformConfig', inputs: {} },
    { name: 'smnConfig', inputs: [input('smnConfig.isNeedNotification', 'false')] },
    { name: 'retryJobConfig', inputs: [input('retryJobConfig.retryJobType', 'NONE')] },
    {
      name: 'groupJobConfig',
      inputs: [input('groupJobConfig.groupId', '1'), input('groupJobConfig.groupName', 'DEFAULT')],
    },
    { name: 'partitionConfig', inputs: [] },
  ],
};

const job = {
  job_type: 'NORMAL_JOB',
  name: 'mysql2pg',
  'from-connector-name': 'generic-jdbc-connector',
  'from-link-name': 'mysql_link',
  'to-connector-name': 'generic-jdbc-connector',
  'to-link-name': 'pg_link',
  'from-config-values': {
    configs: [
      {
        name: 'fromJobConfig',
        inputs: [
          input('fromJobConfig.useSql', 'false'),
          input('fromJobConfig.schemaName', 'shop'),
          input('fromJobConfig.tableName', 'orders'),
          input('fromJobConfig.columnList', 'id&customer_id&amount&created_at'),
          input('fromJobConfig.partitionColumn', 'id'),
          input('fromJobConfig.incrMigration', 'false'),
        ],
      },
      { name: 'incrementalRead', inputs: [] },
    ],
    'extended-configs': { name: 'fromJobConfig.extendedFields', value: 'eyLCYXRjaEpvYiI6ImZhbHNlIn0=' },
  },
  'to-config-values': {
    configs: [
      {
        name: 'toJobConfig',
        inputs: [
          input('toJobConfig.schemaName', 'public'),
          input('toJobConfig.tablePreparation', 'CREATE_WHEN_NOT_EXIST'),
          input('toJobConfig.tableName', 'orders'),
          input('toJobConfig.columnList', 'id&customer_id&amount&created_at'),
          input('toJobConfig.beforeImportType', 'shouldClearTable'),
          input('toJobConfig.shouldClearTable', 'false'),
          input('toJobConfig.useStageTable', 'false'),
          input('toJobConfig.onConflict', 'EXCEPTION'),
          input('toJobConfig.useNullable', 'true'),
        ],
      },
    ],
    'extended-configs': {
      name: 'toJobConfig.extendedFields',
      value: 'eyLpbXBvcnRNb2RlIjoiQ09QWSIsImxvYWRlckNvbmN1cnLlbmN5IjoiMSL9',
    },
  },
  'driver-config-values': driver,
};

test('links and a job as recorded are taken, and come back as they were', async () => {
  for (const body of [mysqlLink, pgLink]) {
    expect(await send('POST', '/link', body)).toMatchObject({ status: 200 });
  }
  expect(await send('POST', '/job', { jobs: [job] })).toEqual({
    status: 200,
    body: { name: 'mysql2pg', 'validation-result': [] },
  });
  const { body } = await send('GET', '/job/mysql2pg');
  const [read] = body.jobs;
  expect(read['from-config-values'].configs[0]).toEqual(job['from-config-values'].configs[0]);
  expect(read['from-config-values']['extended-configs']).toEqual(
    job['from-config-values']['extended-configs'],
  );
  expect(read['to-config-values']).toEqual(job['to-config-values']);
});

test.each([
  ['linkConfig.host', 'Cdm.0962'],
  ['linkConfig.port', 'Cdm.0963'],
  ['linkConfig.database', 'Cdm.0964'],
  ['linkConfig.username', 'Cdm.0238'],
  ['linkConfig.password', 'Cdm.0238'],
])('a database link without %s: %s', async (name, code) => {
  const [{ 'link-config-values': values }] = pgLink.links as [(typeof pgLink.links)[0]];
  const inputs = (values.configs[0]?.inputs ?? []).filter(
    (entry) => (entry as { name: string }).name !== name,
  );
  const { status, body } = await send('POST', '/link', link('l', inputs));
  expect([status, body.errCode]).toEqual([400, code]);
});
