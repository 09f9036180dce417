import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer } from '../servers/running-server.ts';
import type { SignedClient } from './signed-client.ts';

const CLUSTER_LIMIT_MS = 60_000;
const RUN_LIMIT_MS = 5 * 60_000;
const POLL_MS = 250;
const JOB = 'lineitem_copy';
const CONNECTOR = 'generic-jdbc-connector';
/** The service's smallest flavor. */
const FLAVOR_ID = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';

/** The run object of the API: its members are the reader's to interpret. */
export type RunStatus = Readonly<Record<string, unknown>>;

const input = (name: string, value: string) => ({ name, value });
const configs = (name: string, ...inputs: ReturnType<typeof input>[]) => ({ configs: [{ name, inputs }] });

/** Creates a cluster and waits until it can be used. @returns its path in the API */
export async function createCluster(client: SignedClient): Promise<string> {
  const clusters = `/v1.1/${client.projectId}/clusters`;
  const { id } = await client.call('POST', clusters, {
    cluster: {
      name: 'cdm-demo',
      vpcId: 'demo-vpc',
      datastore: { type: 'cdm', version: '2.9.1.100' },
      instances: [
        {
          type: 'cdm',
          flavorRef: FLAVOR_ID,
          availability_zone: 'az1',
          nics: [{ securityGroupId: 'demo-group', 'net-id': 'demo-net' }],
        },
      ],
    },
  });
  const deadline = Date.now() + CLUSTER_LIMIT_MS;
  while (Date.now() < deadline) {
    const { status } = await client.call('GET', `${clusters}/${id}`);
    if (status === '200') return `${clusters}/${id}/cdm`;
    await sleep(POLL_MS);
  }
  throw new Error(`the cluster is not ready after ${CLUSTER_LIMIT_MS / 1_000} s`);
}

/** A link to one database of a server, tried by the service before it is made. */
export async function createLink(
  client: SignedClient,
  clusterPath: string,
  name: string,
  server: RunningServer,
  database: string,
): Promise<void> {
  const linkConfig = configs(
    'linkConfig',
    input('linkConfig.databaseType', 'POSTGRESQL'),
    input('linkConfig.host', server.host),
    input('linkConfig.port', String(server.port)),
    input('linkConfig.database', database),
    input('linkConfig.username', server.user),
    input('linkConfig.password', server.password),
  );
  const body = { links: [{ name, 'connector-name': CONNECTOR, 'link-config-values': linkConfig }] };
  // With `validate` the service only tries the link; without, it keeps it.
  await client.call('POST', `${clusterPath}/link?validate=true`, body);
  await client.call('POST', `${clusterPath}/link`, body);
}

/** The job that copies `lineitem`, whose target table it makes. */
export async function createJob(
  client: SignedClient,
  clusterPath: string,
  from: string,
  to: string,
): Promise<void> {
  await client.call('POST', `${clusterPath}/job`, {
    jobs: [
      {
        name: JOB,
        job_type: 'NORMAL_JOB',
        'from-connector-name': CONNECTOR,
        'from-link-name': from,
        'to-connector-name': CONNECTOR,
        'to-link-name': to,
        'from-config-values': configs(
          'fromJobConfig',
          input('fromJobConfig.schemaName', 'public'),
          input('fromJobConfig.tableName', 'lineitem'),
        ),
        'to-config-values': configs(
          'toJobConfig',
          input('toJobConfig.schemaName', 'public'),
          input('toJobConfig.tableName', 'lineitem'),
          input('toJobConfig.tablePreparation', 'DROP_AND_CREATE'),
        ),
        'driver-config-values': configs('throttlingConfig', input('throttlingConfig.numExtractors', '2')),
      },
    ],
  });
}

/**
 * Starts the job and polls its run as any client would.
 *
 * @param onPoll gets the run object of each poll
 * @returns the run object of the end, SUCCEEDED or not
 */
export async function runJob(
  client: SignedClient,
  clusterPath: string,
  onPoll: (run: RunStatus) => Promise<void>,
): Promise<RunStatus> {
  await client.call('PUT', `${clusterPath}/job/${JOB}/start`);
  const deadline = Date.now() + RUN_LIMIT_MS;
  while (Date.now() < deadline) {
    const { submissions } = await client.call('GET', `${clusterPath}/job/${JOB}/status`);
    const run: RunStatus | undefined = Array.isArray(submissions) ? submissions[0] : undefined;
    if (run) {
      await onPoll(run);
      if (!['BOOTING', 'RUNNING'].includes(String(run.status))) return run;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`the run has not ended after ${RUN_LIMIT_MS / 1_000} s`);
}
