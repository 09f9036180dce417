/**
 * What every SDK program is told: a few environment variables, and one JSON file (`Scenario`) with the names and
 * parameters of the links and jobs. Programs build the SDK's typed objects out of it, so all of them ask for the same.
 */
export type Input = { readonly name: string; readonly value: string };
export type Group = { readonly name: string; readonly inputs: readonly Input[] };

export type LinkScenario = {
  readonly name: string;
  readonly connector: string;
  readonly configs: readonly Group[];
  /** The value of the secret input, which must never come back. */
  readonly secret: string;
};

export type JobScenario = {
  readonly name: string;
  readonly fromConnector: string;
  readonly fromLink: string;
  readonly from: readonly Group[];
  readonly toConnector: string;
  readonly toLink: string;
  readonly to: readonly Group[];
  readonly driver: readonly Group[];
  /** Rows that a run moves; 0 for jobs that never succeed. */
  readonly rows: number;
};

/** A job of two tables, one of which is not there; clients ask for each under `{job}_{table}`. */
export type BatchScenario = {
  /** Its rows are those of the table that is moved. */
  readonly job: JobScenario;
  readonly moved: string;
  readonly absent: string;
};

export type Scenario = {
  readonly unknownId: string;
  readonly cluster: {
    readonly name: string;
    /** Of the cluster that is led through all its states. */
    readonly secondName: string;
    readonly version: string;
    readonly flavorId: string;
    readonly availabilityZone: string;
    readonly vpcId: string;
    readonly subnetId: string;
    readonly securityGroupId: string;
  };
  readonly links: {
    readonly source: LinkScenario;
    readonly target: LinkScenario;
    readonly unreachable: LinkScenario;
    /** Used by no job. */
    readonly spare: LinkScenario;
  };
  readonly jobs: {
    readonly copy: JobScenario;
    /** Its source table does not exist. */
    readonly failing: JobScenario;
    /** Ends when it is stopped. */
    readonly slow: JobScenario;
    /** Its column lists, of which one holds a macro, differ in length, so that no work can be made of it once it is started. */
    readonly unfit: JobScenario;
  };
  /** More copies of the same table: enough that a list of jobs has a second page. */
  readonly pageJobs: readonly JobScenario[];
  /** The job that is made and started in one of several clusters. */
  readonly randomJob: JobScenario;
  /** null: there is but one database, or a stand-in that knows no such jobs. */
  readonly batch: BatchScenario | null;
};

export type DatabaseAddress = {
  readonly type: 'MYSQL' | 'POSTGRESQL';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The schema the tables are in: the database itself for MySQL. */
  readonly schema: string;
  readonly user: string;
  readonly password: string;
};

export type ScenarioOptions = {
  readonly sdk: string;
  readonly source: DatabaseAddress;
  readonly target: DatabaseAddress;
  /** A loopback port at which nothing listens. */
  readonly closedPort: number;
  readonly rows: number;
  /** With an entire-database job; source and target must be two databases. */
  readonly withBatch?: boolean;
};

const CONNECTOR = 'generic-jdbc-connector';
/** With the four of the walk they fill one page of ten and begin another one. */
const PAGE_JOBS = 8;
const COLUMNS = 'id&name&amount&created_at';

/** Table names of one SDK's walk; the names differ per SDK, since two programs run at once. */
export function tableNames(sdk: string): { source: string; copied: string; slow: string } {
  return { source: `conf_${sdk}_source`, copied: `conf_${sdk}_copied`, slow: `conf_${sdk}_slow` };
}

/** Two columns where the source has more: a job that names its columns so is accepted, and no work can be made of it. */
export const unfitColumns = { name: 'unfit_columns', value: 'id&nobody' } as const;

/** The links and jobs of one SDK's walk. */
export function buildScenario(options: ScenarioOptions): Scenario {
  const { sdk, source, target, rows } = options;
  const tables = tableNames(sdk);
  const sourceLink = link(`${sdk}_source`, source);
  const targetLink = link(`${sdk}_target`, target);
  const job = (
    name: string,
    from: string,
    to: string,
    rowsMoved = 0,
    targetColumns = COLUMNS,
  ): JobScenario => ({
    name: `${sdk}_${name}`,
    fromConnector: CONNECTOR,
    fromLink: sourceLink.name,
    from: [
      group('fromJobConfig', {
        useSql: 'false',
        schemaName: source.schema,
        tableName: from,
        columnList: COLUMNS,
        incrMigration: 'false',
      }),
    ],
    toConnector: CONNECTOR,
    toLink: targetLink.name,
    to: [
      group('toJobConfig', {
        schemaName: target.schema,
        tablePreparation: 'DO_NOTHING',
        tableName: to,
        columnList: targetColumns,
        beforeImportType: 'shouldClearTable',
        shouldClearTable: 'true',
        useStageTable: 'false',
      }),
    ],
    driver: [group('throttlingConfig', { numExtractors: '1', recordDirtyData: 'false' })],
    rows: rowsMoved,
  });
  return {
    unknownId: '00000000-0000-4000-8000-000000000000',
    cluster: {
      name: `conformance-${sdk}`,
      secondName: `conformance-${sdk}-second`,
      version: '2.10.0.300',
      flavorId: 'a79fd5ae-1833-448a-88e8-3ea2b913e1f6',
      availabilityZone: 'az1',
      vpcId: '67c06084-2212-4242-bcd4-d2144c2385a9',
      subnetId: '7a5d7f14-1c52-4be3-9a8b-2b6f6e1e5a01',
      securityGroupId: '0d8c5b0a-6e9c-4a53-8c4e-6a6e6d0b7f10',
    },
    links: {
      source: sourceLink,
      target: targetLink,
      unreachable: link(`${sdk}_unreachable`, { ...source, port: options.closedPort }),
      spare: link(`${sdk}_spare`, target),
    },
    jobs: {
      copy: job('copy', tables.source, tables.copied, rows),
      failing: job('failing', 'conf_no_such_table', tables.copied),
      slow: job('slow', tables.source, tables.slow),
      // Lists that could be read would be refused when the job is saved, or started.
      unfit: job('unfit', tables.source, tables.copied, 0, `\${${unfitColumns.name}}`),
    },
    pageJobs: Array.from({ length: PAGE_JOBS }, (_, index) =>
      job(`page_${index + 1}`, tables.source, tables.copied, rows),
    ),
    randomJob: job('random', tables.source, tables.copied, rows),
    batch: options.withBatch === true ? batchOf(job('whole', '', '', rows), options) : null,
  };
}

function batchOf(like: JobScenario, { sdk, source, target }: ScenarioOptions): BatchScenario {
  const moved = tableNames(sdk).source;
  const absent = `conf_${sdk}_absent`;
  const preparation = { tablePreparation: 'CREATE_WHEN_NOT_EXIST', beforeImportType: 'shouldClearTable' };
  const job = {
    ...like,
    from: [group('fromJobConfig', { schemaName: source.schema, tableList: `${moved}&${absent}` })],
    to: [group('toJobConfig', { schemaName: target.schema, ...preparation })],
    driver: [group('throttlingConfig', { numExtractors: '1', concurrentSubJobs: '2' })],
  };
  return { job, moved, absent };
}

function link(name: string, database: DatabaseAddress): LinkScenario {
  return {
    name,
    connector: CONNECTOR,
    configs: [
      group('linkConfig', {
        databaseType: database.type,
        host: database.host,
        port: String(database.port),
        database: database.database,
        username: database.user,
        password: database.password,
        useSSL: 'false',
      }),
    ],
    secret: database.password,
  };
}

function group(name: string, values: Readonly<Record<string, string>>): Group {
  return { name, inputs: Object.entries(values).map(([key, value]) => ({ name: `${name}.${key}`, value })) };
}
