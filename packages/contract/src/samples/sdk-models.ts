import type { OperationId } from '../operation.ts';

/**
 * The classes of the vendor's CDM packages that a request is made of, once for Java, Python, Go and PHP: they are all
 * generated from one source, so only the spelling differs (`names.ts`). Members are listed by their names on the wire.
 * The contract describes the same requests under our own names; a test holds the two against each other, and another
 * one holds this table against the packages themselves.
 *
 * A type is `text`, `flag`, `int32`, `int64`, `any` (free JSON), texts with `|` between them (an enumeration), or the
 * name of a class; `[]` behind it makes a list of it, `!` at the end says that the package marks the member as required,
 * which in Go means no pointer.
 */
const table = {
  ListClustersRequest: {},
  CreateClusterRequest: { 'X-Language': 'text!', body: 'CdmCreateClusterReq' },
  ShowClusterDetailRequest: { cluster_id: 'text!' },
  DeleteClusterRequest: { cluster_id: 'text!', body: 'CdmDeleteClusterReq' },
  RestartClusterRequest: { cluster_id: 'text!', body: 'CdmRestartClusterReq' },
  StartClusterRequest: { cluster_id: 'text!', body: 'CdmStartClusterReq' },
  StopClusterRequest: { cluster_id: 'text!', body: 'CdmStopClusterReq' },
  ModifyClusterRequest: {
    cluster_id: 'text!',
    'Content-Type': 'text!',
    'X-Language': 'text!',
    body: 'CdmModifyClusterReq',
  },
  ShowInstanceDetailRequest: { instance_id: 'text!' },
  ShowDatastoresRequest: {},
  ShowFlavorsRequest: { datastore_id: 'text!' },
  ShowFlavorDetailRequest: { flavor_id: 'text!' },
  ShowAvailabilityZonesRequest: { region_id: 'text!' },
  ShowEnterpriseProjectsRequest: {},
  ShowClusterEnterpriseProjectsRequest: { cluster_id: 'text!' },
  CreateLinkRequest: { cluster_id: 'text!', validate: 'text', body: 'CdmCreateAndUpdateLinkReq' },
  ShowLinkRequest: { cluster_id: 'text!', link_name: 'text!' },
  UpdateLinkRequest: { cluster_id: 'text!', link_name: 'text!', body: 'CdmCreateAndUpdateLinkReq' },
  DeleteLinkRequest: { cluster_id: 'text!', link_name: 'text!' },
  CreateJobRequest: { cluster_id: 'text!', body: 'CdmCreateJobJsonReq' },
  ShowJobsRequest: {
    cluster_id: 'text!',
    job_name: 'text!',
    filter: 'text',
    page_no: 'int32',
    page_size: 'int32',
    jobType: 'NORMAL_JOB|BATCH_JOB|SCENARIO_JOB',
  },
  UpdateJobRequest: { cluster_id: 'text!', job_name: 'text!', body: 'CdmUpdateJobJsonReq' },
  DeleteJobRequest: { cluster_id: 'text!', job_name: 'text!' },
  StartJobRequest: { cluster_id: 'text!', job_name: 'text!', body: 'CdmStartJobReq' },
  StopJobRequest: { cluster_id: 'text!', job_name: 'text!' },
  ShowJobStatusRequest: { cluster_id: 'text!', job_name: 'text!' },
  ShowSubmissionsRequest: { cluster_id: 'text!', jname: 'text!' },
  CreateAndStartRandomClusterJobRequest: { 'X-Language': 'text!', body: 'CdmRandomCreateAndStartJobJsonReq' },

  CdmCreateClusterReq: {
    cluster: 'CdmCreateClusterReqCluster!',
    auto_remind: 'flag',
    phone_num: 'text',
    email: 'text',
  },
  CdmCreateClusterReqCluster: {
    name: 'text!',
    vpcId: 'text!',
    instances: 'Instance[]',
    datastore: 'Datastore',
    extended_properties: 'ExtendedProperties',
    sys_tags: 'SysTags[]',
    isAutoOff: 'flag',
    isScheduleBootOff: 'flag',
    scheduleBootTime: 'text',
    scheduleOffTime: 'text',
  },
  Instance: { availability_zone: 'text!', nics: 'Nics[]!', flavorRef: 'text!', type: 'text!' },
  Nics: { securityGroupId: 'text!', 'net-id': 'text!' },
  Datastore: { type: 'text', version: 'text' },
  ExtendedProperties: { workSpaceId: 'text', resourceId: 'text', trial: 'text' },
  SysTags: { value: 'text!', key: 'text!' },
  CdmDeleteClusterReq: { keep_last_manual_backup: 'int32!' },
  CdmRestartClusterReq: { restart: 'CdmRestartClusterReqRestart!' },
  CdmRestartClusterReqRestart: {
    type: 'text!',
    restartMode: 'text',
    restartLevel: 'text',
    restartDelayTime: 'int32',
    instance: 'text',
    group: 'text',
  },
  CdmStartClusterReq: { start: 'any!' },
  CdmStopClusterReq: { stop: 'CdmStopClusterReqStop!' },
  CdmStopClusterReqStop: { stopMode: 'IMMEDIATELY|GRACEFULLY!', delayTime: 'int32' },
  CdmModifyClusterReq: {
    autoOff: 'flag',
    scheduleBootOff: 'flag',
    scheduleBootTime: 'text',
    scheduleOffTime: 'text',
    autoRemind: 'flag',
    phoneNum: 'text',
    email: 'text',
  },

  CdmCreateAndUpdateLinkReq: { links: 'Links[]!' },
  Links: {
    name: 'text!',
    'connector-name': 'text!',
    'link-config-values': 'LinksLinkconfigvalues!',
    enabled: 'flag',
    id: 'int32',
    'creation-user': 'text',
    'creation-date': 'int64',
    'update-user': 'text',
    'update-date': 'int64',
  },
  LinksLinkconfigvalues: {
    configs: 'Configs[]!',
    'extended-configs': 'LinksLinkconfigvaluesExtendedconfigs',
    validators: 'text[]',
  },
  LinksLinkconfigvaluesExtendedconfigs: { name: 'text', value: 'text' },

  CdmCreateJobJsonReq: { jobs: 'Job[]!' },
  CdmUpdateJobJsonReq: { jobs: 'Job[]!' },
  CdmRandomCreateAndStartJobJsonReq: { jobs: 'Job[]!', clusters: 'text[]!' },
  CdmStartJobReq: { variables: 'any' },
  Job: {
    name: 'text!',
    job_type: 'NORMAL_JOB|BATCH_JOB|SCENARIO_JOB!',
    'from-connector-name': 'text!',
    'from-link-name': 'text!',
    'from-config-values': 'ConfigValues!',
    'to-connector-name': 'text!',
    'to-link-name': 'text!',
    'to-config-values': 'ConfigValues!',
    'driver-config-values': 'ConfigValues!',
    'creation-user': 'text',
    'creation-date': 'int64',
    'update-user': 'text',
    'update-date': 'int64',
    id: 'int32',
    external_id: 'text',
    type: 'text',
    flag: 'int32',
    enabled: 'flag',
    group_name: 'text',
    is_incre_job: 'flag',
    is_incrementing: 'flag',
    is_use_sql: 'flag',
    status: 'text',
    execute_create_date: 'int64',
    execute_start_date: 'int64',
    execute_update_date: 'int64',
    bytes_read: 'int64',
    bytes_written: 'int64',
    rows_read: 'int64',
    rows_written: 'int32',
    write_rows: 'int32',
    update_rows: 'int32',
    delete_rows: 'int32',
    files_read: 'int32',
    files_written: 'int32',
  },
  ConfigValues: { configs: 'Configs[]!', 'extended-configs': 'ExtendedConfigs' },
  ExtendedConfigs: { name: 'text', value: 'text' },
  Configs: { name: 'text!', inputs: 'Input[]!', id: 'int32', type: 'text' },
  Input: { name: 'text!', value: 'any!', type: 'text' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type SdkType =
  | { readonly kind: 'text' | 'flag' | 'int32' | 'int64' | 'any' }
  | { readonly kind: 'enumeration'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly of: SdkType }
  | { readonly kind: 'model'; readonly name: string };

export interface SdkMember {
  /** As it stands on the wire; of a request class: the name of the parameter, or `body`. */
  readonly wire: string;
  readonly type: SdkType;
  /** The package marks it as required. */
  readonly isRequired: boolean;
}

const simple = ['text', 'flag', 'int32', 'int64', 'any'] as const;

function typeOf(written: string): SdkType {
  if (written.endsWith('[]')) return { kind: 'list', of: typeOf(written.slice(0, -2)) };
  if (written.includes('|')) return { kind: 'enumeration', values: written.split('|') };
  const kind = simple.find((name) => name === written);
  return kind === undefined ? { kind: 'model', name: written } : { kind };
}

const models: ReadonlyMap<string, readonly SdkMember[]> = new Map(
  Object.entries(table).map(([name, members]) => [
    name,
    Object.entries(members).map(([wire, written]) => ({
      wire,
      type: typeOf(written.replace(/!$/, '')),
      isRequired: written.endsWith('!'),
    })),
  ]),
);

/** Every class of the table by name, with its members. */
export function sdkModels(): ReadonlyMap<string, readonly SdkMember[]> {
  return models;
}

/** The members of one class, in the order in which samples show them. */
export function membersOf(model: string): readonly SdkMember[] {
  const members = models.get(model);
  if (members === undefined) throw new Error(`no class ${model} in the table`);
  return members;
}

/** The operations that the packages have a method for: all but our alias of ShowLink. */
export type SdkOperationId = Exclude<OperationId, 'ListLinksUnnamed'>;

/** Name of the class that an operation's request is an object of. */
export function requestModelOf(operationId: SdkOperationId): string {
  return `${operationId}Request`;
}
