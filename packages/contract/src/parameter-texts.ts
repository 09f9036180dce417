import type { ParameterId } from './parameters.ts';

/** What the parameters mean, in Chinese; the English sentence stands beside the parameter itself. */
export const parameterTextsZh: Readonly<Partial<Record<ParameterId, string>>> = {
  ProjectId: '项目 ID；调用者须属于该项目。',
  ClusterId: '集群 ID。job 不能作为 ID：/clusters/job 是另一个操作。',
  LinkName: '连接名称。查询时，all 表示集群下的全部连接。',
  JobName: '作业名称。查询时，all 表示集群下的全部作业。',
  RunJobName: '作业名称。',
  RunId: '运行 ID，取自运行记录列表。',
  RunsPageNo: '页码，从 1 开始。',
  RunsPageSize: '每页的运行记录数；超出范围时取最近的边界值。',
  OperationId: 'CDM API 的操作 ID，与其接口描述一致。',
  ManagedProject: '要修改的项目 ID。',
  UserId: '用户 ID，取自用户列表。',
  RoleScope: '角色生效的项目 ID；all 表示账号下的全部项目，包括之后创建的项目。',
  Ak: '访问密钥（AK）。',
  InstanceId: '集群节点 ID，取自集群查询结果。',
  DatastoreId: '数据存储（软件版本）ID，取自版本列表。',
  FlavorId: '规格 ID（规格列表中的 str_id）。',
  RegionId: '区域名称。',
  XLanguage: '响应文本的语言：en-us 或 zh-cn，连字符或下划线均可。缺省为英文。',
  Validate: '取值为 true 时仅校验连接，不保存。',
  Filter: '仅列出名称包含该文本的作业。仅在 job_name 为 all 时有效。',
  PageNo: '页码，从 1 开始。仅在 job_name 为 all 时有效。',
  PageSize: '每页的作业数；超出范围时取最近的边界值。仅在 job_name 为 all 时有效。',
  JobType: '要列出的作业类型；缺省仅列出 NORMAL_JOB。仅在 job_name 为 all 时有效。',
  Jname: '要查询运行历史的作业名称。',
};
