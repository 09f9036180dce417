/** Bodies as clients send them, for tests. */

export function linkBody(
  name: string,
  more: Readonly<Record<string, unknown>> = {},
  connector = 'generic-jdbc-connector',
) {
  const inputs = {
    'linkConfig.databaseType': 'POSTGRESQL',
    'linkConfig.host': '127.0.0.1',
    'linkConfig.port': 5432,
    'linkConfig.username': 'cdm',
    'linkConfig.password': 'Mig#2024%',
    ...more,
  };
  return {
    links: [
      {
        name,
        'connector-name': connector,
        'creation-user': null,
        'creation-date': 1496654788622,
        enabled: true,
        'link-config-values': { configs: [{ name: 'linkConfig', inputs: inputsOf(inputs) }] },
      },
    ],
  };
}

export interface JobParts {
  readonly from?: Readonly<Record<string, unknown>>;
  readonly to?: Readonly<Record<string, unknown>>;
  readonly driver?: Readonly<Record<string, unknown>>;
  /** Members of the job itself. */
  readonly frame?: Readonly<Record<string, unknown>>;
}

export function jobBody(name: string, { from, to, driver, frame }: JobParts = {}) {
  const block = (group: string, inputs: Readonly<Record<string, unknown>>) => ({
    configs: [{ name: group, inputs: inputsOf(inputs) }],
  });
  return {
    jobs: [
      {
        name,
        job_type: 'NORMAL_JOB',
        'from-connector-name': 'generic-jdbc-connector',
        'from-link-name': 'source',
        'to-connector-name': 'generic-jdbc-connector',
        'to-link-name': 'target',
        'from-config-values': block('fromJobConfig', { 'fromJobConfig.tableName': 'a', ...from }),
        'to-config-values': block('toJobConfig', { 'toJobConfig.tableName': 'b', ...to }),
        'driver-config-values': {
          configs: [
            {
              name: 'throttlingConfig',
              inputs: inputsOf({ 'throttlingConfig.numExtractors': '3', ...driver }),
            },
            { name: 'jarConfig', inputs: {} },
          ],
        },
        ...frame,
      },
    ],
  };
}

function inputsOf(values: Readonly<Record<string, unknown>>) {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value }));
}
