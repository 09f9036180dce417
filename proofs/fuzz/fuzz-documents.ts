import { configValues } from '../../tools/docs/token-client.ts';

/** How a link reaches its database: settings of `linkConfig`. */
export type LinkSettings = Readonly<Record<string, string>>;

export function linkDocument(name: string, settings: LinkSettings): object {
  return {
    links: [
      {
        name,
        'connector-name': 'generic-jdbc-connector',
        'link-config-values': configValues([{ name: 'linkConfig', values: settings }]),
      },
    ],
  };
}

/** A job that copies the table `source` into a table of the job's own, which it makes and clears. */
export function jobDocument(name: string): object {
  const table = (group: string, tableName: string, more: Readonly<Record<string, string>> = {}) =>
    configValues([{ name: group, values: { schemaName: 'public', tableName, ...more } }]);
  return {
    jobs: [
      {
        name,
        job_type: 'NORMAL_JOB',
        'from-connector-name': 'generic-jdbc-connector',
        'from-link-name': 'source',
        'to-connector-name': 'generic-jdbc-connector',
        'to-link-name': 'target',
        'from-config-values': table('fromJobConfig', 'source'),
        'to-config-values': table('toJobConfig', `copy_${name}`, {
          tablePreparation: 'CREATE_WHEN_NOT_EXIST',
          shouldClearTable: 'true',
        }),
        'driver-config-values': configValues([{ name: 'throttlingConfig', values: { numExtractors: '1' } }]),
      },
    ],
  };
}
