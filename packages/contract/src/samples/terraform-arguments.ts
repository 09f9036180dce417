// The arguments of the vendor's Terraform provider, and the settings of CDM that each stands for.

/** Resources by their names without `huaweicloud_`; a test holds what is written against them. */
export const terraformArguments = {
  cdm_cluster: [
    'name',
    'availability_zone',
    'flavor_id',
    'vpc_id',
    'subnet_id',
    'security_group_id',
    'version',
    'enterprise_project_id',
    'is_auto_off',
    'schedule_boot_time',
    'schedule_off_time',
    'email',
    'phone_num',
  ],
  cdm_cluster_action: ['cluster_id', 'type', 'restart', 'level', 'mode', 'delay_time'],
  cdm_link: ['name', 'cluster_id', 'connector', 'config', 'password', 'access_key', 'secret_key', 'enabled'],
  cdm_job: [
    'name',
    'cluster_id',
    'job_type',
    'source_connector',
    'source_link_name',
    'source_job_config',
    'destination_connector',
    'destination_link_name',
    'destination_job_config',
    'config',
    'throttling_extractors_number',
    'throttling_loader_number',
    'throttling_record_dirty_data',
    'throttling_dirty_write_to_link',
    'throttling_dirty_write_to_bucket',
    'throttling_dirty_write_to_directory',
    'throttling_max_error_records',
    'scheduler_enabled',
    'scheduler_cycle_type',
    'scheduler_cycle',
    'scheduler_run_at',
    'scheduler_start_date',
    'scheduler_stop_date',
    'scheduler_disposable_type',
    'retry_type',
    'group_name',
  ],
} as const;

export type TerraformResource = keyof typeof terraformArguments;

interface DriverArgument {
  readonly argument: (typeof terraformArguments.cdm_job)[number];
  readonly type: 'text' | 'number' | 'flag';
}

/** What the `config` block of a job says, by the setting that it becomes. */
export const driverArguments: Readonly<Record<string, DriverArgument>> = {
  'throttlingConfig.numExtractors': { argument: 'throttling_extractors_number', type: 'number' },
  'throttlingConfig.numLoaders': { argument: 'throttling_loader_number', type: 'number' },
  'throttlingConfig.recordDirtyData': { argument: 'throttling_record_dirty_data', type: 'flag' },
  'throttlingConfig.writeToLink': { argument: 'throttling_dirty_write_to_link', type: 'text' },
  'throttlingConfig.obsBucket': { argument: 'throttling_dirty_write_to_bucket', type: 'text' },
  'throttlingConfig.dirtyDataDirectory': { argument: 'throttling_dirty_write_to_directory', type: 'text' },
  'throttlingConfig.maxErrorRecords': { argument: 'throttling_max_error_records', type: 'number' },
  'schedulerConfig.isSchedulerJob': { argument: 'scheduler_enabled', type: 'flag' },
  'schedulerConfig.cycleType': { argument: 'scheduler_cycle_type', type: 'text' },
  'schedulerConfig.cycle': { argument: 'scheduler_cycle', type: 'number' },
  'schedulerConfig.runAt': { argument: 'scheduler_run_at', type: 'text' },
  'schedulerConfig.startDate': { argument: 'scheduler_start_date', type: 'text' },
  'schedulerConfig.stopDate': { argument: 'scheduler_stop_date', type: 'text' },
  'schedulerConfig.disposableType': { argument: 'scheduler_disposable_type', type: 'text' },
  'retryJobConfig.retryJobType': { argument: 'retry_type', type: 'text' },
  'groupJobConfig.groupName': { argument: 'group_name', type: 'text' },
};

/** Secrets of links, which the provider takes beside the other settings; samples make variables of them. */
export const secretArguments: Readonly<Record<string, 'password' | 'access_key' | 'secret_key'>> = {
  password: 'password',
  accessKey: 'access_key',
  ak: 'access_key',
  securityKey: 'secret_key',
  sk: 'secret_key',
};
