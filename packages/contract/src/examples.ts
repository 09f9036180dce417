import type {
  CreateClusterRequest,
  ModifyClusterRequest,
  RestartClusterRequest,
  StartClusterRequest,
  StopClusterRequest,
} from './cluster-requests.ts';
import type { CreateClusterResponse } from './clusters.ts';
import type { JobsRequest, RandomJobRequest, StartJobRequest } from './jobs.ts';
import type { LinksRequest } from './links.ts';
import type { OperationId } from './operation.ts';
import type { OwnOperationId } from './own-operations.ts';
import { counterGroup, counterNotApplicable, type JobStatusAnswer } from './submissions.ts';

/** One body in and out, as the API description shows it. */
export interface Example {
  readonly request?: unknown;
  readonly response?: unknown;
}

const newCluster: CreateClusterRequest = {
  cluster: {
    name: 'warehouse',
    vpcId: 'vpc-1',
    datastore: { type: 'cdm', version: '2.10.0.100' },
    instances: [
      {
        availability_zone: 'zone-1',
        flavorRef: '9a6f7b2d-0c1e-4d8f-b3a5-1e2d3c4b5a69',
        type: 'cdm',
        nics: [{ securityGroupId: 'group-1', 'net-id': 'net-1' }],
      },
    ],
  },
};

const madeCluster: CreateClusterResponse = {
  id: '2b1c7c0e-2f6a-4a53-9e5d-0a1f5f6c9d11',
  name: 'warehouse',
  task: { id: '5d3c9a64d1b84c0f9c1b7ae0c5d2e871', name: 'createCluster' },
  datastore: { type: 'cdm', version: '2.10.0.100' },
  instances: [
    {
      id: '7d1f2a66-5b0e-4f0c-8a39-3f8f0a1d2c34',
      name: 'warehouse-cdm-dn-1-1',
      type: 'cdm',
      shard_id: 'dn-1',
    },
  ],
};

const newLink: LinksRequest = {
  links: [
    {
      name: 'orders_mysql',
      'connector-name': 'generic-jdbc-connector',
      'link-config-values': {
        configs: [
          {
            name: 'linkConfig',
            inputs: [
              { name: 'linkConfig.databaseType', value: 'MYSQL' },
              { name: 'linkConfig.host', value: '192.0.2.10' },
              { name: 'linkConfig.port', value: '3306' },
              { name: 'linkConfig.database', value: 'shop' },
              { name: 'linkConfig.username', value: 'reader' },
              { name: 'linkConfig.password', value: '********' },
            ],
          },
        ],
      },
    },
  ],
};

const newJob: JobsRequest = {
  jobs: [
    {
      name: 'orders_to_warehouse',
      job_type: 'NORMAL_JOB',
      'from-connector-name': 'generic-jdbc-connector',
      'from-link-name': 'orders_mysql',
      'from-config-values': {
        configs: [
          {
            name: 'fromJobConfig',
            inputs: [
              { name: 'fromJobConfig.schemaName', value: 'shop' },
              { name: 'fromJobConfig.tableName', value: 'orders' },
            ],
          },
        ],
      },
      'to-connector-name': 'generic-jdbc-connector',
      'to-link-name': 'warehouse_pg',
      'to-config-values': {
        configs: [
          {
            name: 'toJobConfig',
            inputs: [
              { name: 'toJobConfig.schemaName', value: 'public' },
              { name: 'toJobConfig.tableName', value: 'orders' },
            ],
          },
        ],
      },
      'driver-config-values': {
        configs: [
          { name: 'throttlingConfig', inputs: [{ name: 'throttlingConfig.numExtractors', value: '1' }] },
        ],
      },
    },
  ],
};

const randomJob: RandomJobRequest = { ...newJob, clusters: ['2b1c7c0e-2f6a-4a53-9e5d-0a1f5f6c9d11'] };

const restart: RestartClusterRequest = {
  restart: { type: 'cdm', restartMode: 'IMMEDIATELY', restartLevel: 'SERVICE', restartDelayTime: 0 },
};

const startCluster: StartClusterRequest = { start: {} };

const stopCluster: StopClusterRequest = { stop: { stopMode: 'GRACEFULLY', delayTime: 60 } };

const schedule: ModifyClusterRequest = {
  autoOff: false,
  scheduleBootOff: true,
  scheduleBootTime: '08:00:00',
  scheduleOffTime: '20:00:00',
};

const start: StartJobRequest = { variables: { day: '2024-01-31' } };

const succeeded: JobStatusAnswer = {
  submissions: [
    {
      'job-name': 'orders_to_warehouse',
      status: 'SUCCEEDED',
      progress: 100,
      'submission-id': 3,
      'creation-user': 'analyst',
      'creation-date': 1706684400000,
      'execute-date': 1706684401000,
      'last-update-date': 1706684460000,
      'last-update-user': 'analyst',
      'last-udpate-user': 'analyst',
      'is-execute-auto': false,
      isIncrementing: false,
      isStopingIncrement: '',
      isDeleteJob: false,
      'external-id': 'run-3',
      write_rows: 120_000,
      update_rows: 0,
      delete_rows: 0,
      counters: {
        [counterGroup]: {
          ROWS_READ: 120_000,
          ROWS_WRITTEN: 120_000,
          ROWS_WRITTEN_SKIPPED: 0,
          BYTES_READ: 9_600_000,
          BYTES_WRITTEN: 9_600_000,
          FILES_READ: counterNotApplicable,
          FILES_WRITTEN: counterNotApplicable,
          FILES_SKIPPED: counterNotApplicable,
          TOTAL_FILES: counterNotApplicable,
          TOTAL_SIZE: counterNotApplicable,
        },
      },
    },
  ],
};

/** Bodies for the way from an empty project to a finished run, and one for every operation that must have one. */
export const examples: Readonly<Partial<Record<OperationId | OwnOperationId, Example>>> = {
  CreateCluster: { request: newCluster, response: madeCluster },
  RestartCluster: { request: restart },
  StartCluster: { request: startCluster },
  StopCluster: { request: stopCluster },
  ModifyCluster: { request: schedule },
  CreateLink: { request: newLink, response: { name: 'orders_mysql', 'validation-result': [] } },
  UpdateLink: { request: newLink },
  CreateJob: { request: newJob, response: { name: 'orders_to_warehouse', 'validation-result': [] } },
  UpdateJob: { request: newJob },
  StartJob: { request: start },
  ShowJobStatus: { response: succeeded },
  CreateAndStartRandomClusterJob: { request: randomJob },
};
