import { setTimeout as sleep } from 'node:timers/promises';
import type { OrdersDatabase } from '../../tools/docs/orders-database.ts';
import { configValues, TokenClient } from '../../tools/docs/token-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';

const waitMs = 60_000;
const pollMs = 100;

/** Made at the first start; the names are the defaults. */
export const account = { account: 'sluice', user: 'admin', password: 'a-password-for-the-explorer' } as const;

export function accountOf({ region }: SluiceProcess) {
  const { account: domain, user, password } = account;
  return { domain, user, password, project: region };
}

/** What the page is asked to show. */
export interface MigratedOrders {
  readonly projectId: string;
  readonly clusterId: string;
  readonly jobName: string;
}

/** Makes a cluster with two links and a job on a server, and runs the job to its end. */
export async function migrateOrders(
  server: SluiceProcess,
  database: OrdersDatabase,
): Promise<MigratedOrders> {
  const client = await TokenClient.signOn(server.endpoint, accountOf(server));
  const clusterId = await client.createCluster('warehouse');
  const cdm = `/clusters/${clusterId}/cdm`;
  const { url } = database;
  for (const name of ['orders_source', 'orders_copy']) {
    await client.call('POST', `${cdm}/link`, {
      links: [
        {
          name,
          'connector-name': 'generic-jdbc-connector',
          'link-config-values': configValues([
            {
              name: 'linkConfig',
              values: {
                databaseType: 'POSTGRESQL',
                host: url.hostname,
                port: url.port,
                database: database.name,
                username: decodeURIComponent(url.username),
                password: decodeURIComponent(url.password),
              },
            },
          ]),
        },
      ],
    });
  }
  const jobName = 'orders_to_copy';
  await client.call('POST', `${cdm}/job`, {
    jobs: [
      {
        name: jobName,
        job_type: 'NORMAL_JOB',
        'from-connector-name': 'generic-jdbc-connector',
        'from-link-name': 'orders_source',
        'to-connector-name': 'generic-jdbc-connector',
        'to-link-name': 'orders_copy',
        'from-config-values': configValues([
          { name: 'fromJobConfig', values: { schemaName: 'public', tableName: 'orders' } },
        ]),
        'to-config-values': configValues([
          { name: 'toJobConfig', values: { schemaName: 'public', tableName: 'orders_copy' } },
        ]),
        'driver-config-values': configValues([{ name: 'throttlingConfig', values: { numExtractors: '1' } }]),
      },
    ],
  });
  await client.call('PUT', `${cdm}/job/${jobName}/start`);
  const deadline = Date.now() + waitMs;
  for (;;) {
    const { submissions } = (await client.call('GET', `${cdm}/job/${jobName}/status`)) as {
      readonly submissions: readonly { readonly status: string }[];
    };
    const status = submissions[0]?.status;
    if (status === 'SUCCEEDED') break;
    if (status === 'FAILED' || Date.now() > deadline) throw new Error(`the job is ${status}`);
    await sleep(pollMs);
  }
  return { projectId: client.projectId, clusterId, jobName };
}
