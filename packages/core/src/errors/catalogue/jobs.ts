import type { CataloguePart } from '../catalogue-entry.ts';

/** Jobs: making, changing, starting and stopping them. */
export const jobsErrors = {
  'Cdm.0031': {
    status: 400,
    facts: ['job'],
    text: {
      en: 'The record of a run of job {job} could not be made.',
      zh: '未能为作业 {job} 创建运行记录。',
    },
    remedy: {
      en: 'Start the job again; if it fails again, whoever runs the service should check its store.',
      zh: '请重新启动作业；若仍失败，请服务管理员检查服务存储的状态。',
    },
  },
  'Cdm.0037': {
    status: 400,
    facts: ['job', 'cause'],
    text: {
      en: 'The job {job} could not be handed to the engine: {cause}.',
      zh: '作业 {job} 未能提交到执行引擎：{cause}。',
    },
    remedy: {
      en: 'Start it again; if it fails again, whoever runs the service should look into the worker processes.',
      zh: '请重新启动作业；若仍失败，请服务管理员检查工作进程。',
    },
  },
  'Cdm.0051': {
    status: 400,
    facts: ['name'],
    text: { en: 'The submission engine {name} does not exist.', zh: '提交引擎 {name} 不存在。' },
    remedy: {
      en: 'Leave the engine out of the job; this service has one of its own.',
      zh: '请从作业中去掉引擎设置，本服务使用自带的引擎。',
    },
  },
  'Cdm.0052': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} is running.', zh: '作业 {job} 正在运行。' },
    remedy: {
      en: 'Wait for the run to end or stop it, then repeat the call.',
      zh: '请等待本次运行结束或先停止作业，然后重试。',
    },
  },
  'Cdm.0053': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} is not running.', zh: '作业 {job} 未在运行。' },
    remedy: {
      en: "There is nothing to stop; ask for the job's status to see how its last run ended.",
      zh: '无需停止；可查询作业状态了解最近一次运行的结果。',
    },
  },
  'Cdm.0054': {
    status: 400,
    facts: ['job'],
    text: { en: 'There is no job {job} in this cluster.', zh: '集群中没有作业 {job}。' },
    remedy: {
      en: 'List the jobs of the cluster and use one of their names; upper and lower case count.',
      zh: '请查询集群中的作业列表并使用其中的名称（区分大小写）。',
    },
  },
  'Cdm.0055': {
    status: 400,
    facts: ['type'],
    text: { en: 'Jobs of this type {type} cannot be run.', zh: '不支持运行该类型 {type} 的作业。' },
    remedy: {
      en: 'Use NORMAL_JOB for a table or files, or BATCH_JOB for a whole database.',
      zh: '表或文件迁移请使用 NORMAL_JOB，整库迁移请使用 BATCH_JOB。',
    },
  },
  'Cdm.0056': {
    status: 400,
    facts: ['job', 'cause'],
    text: { en: 'The job {job} could not be submitted: {cause}.', zh: '作业 {job} 提交失败：{cause}。' },
    remedy: {
      en: 'Remove the cause that is named and start the job again.',
      zh: '请排除所述原因后重新启动作业。',
    },
  },
  'Cdm.0057': {
    status: 400,
    facts: ['name'],
    text: { en: 'The execution engine {name} does not exist.', zh: '执行引擎 {name} 不存在。' },
    remedy: {
      en: 'Leave the engine out of the job, or choose one that the documentation names.',
      zh: '请从作业中去掉引擎设置，或选择文档中列出的引擎。',
    },
  },
  'Cdm.0058': {
    status: 400,
    facts: [],
    text: {
      en: 'The submission engine and the execution engine do not work together.',
      zh: '提交引擎与执行引擎不匹配。',
    },
    remedy: {
      en: 'Leave both out of the job, so that the service chooses.',
      zh: '请在作业中去掉这两项设置，由服务自行选择。',
    },
  },
  'Cdm.0059': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} is disabled and cannot be started.', zh: '作业 {job} 已禁用，不能启动。' },
    remedy: { en: 'Enable the job, then start it.', zh: '请先启用作业，再启动。' },
  },
  'Cdm.0060': {
    status: 400,
    facts: ['link'],
    text: {
      en: 'The job cannot be started, for it uses the disabled link {link}.',
      zh: '作业使用了已禁用的连接 {link}，不能启动。',
    },
    remedy: { en: 'Enable the link, or give the job another one.', zh: '请启用该连接，或为作业更换连接。' },
  },
  'Cdm.0061': {
    status: 400,
    facts: ['connector'],
    text: {
      en: 'The connector {connector} cannot work in this direction.',
      zh: '连接器 {connector} 不支持该方向的迁移。',
    },
    remedy: {
      en: 'Use it on the other side of the job, or choose a connector that can read or write as needed.',
      zh: '请将其用于作业的另一端，或选择支持所需读写方向的连接器。',
    },
  },
  'Cdm.0062': {
    status: 400,
    facts: [],
    text: {
      en: 'Files can be copied unchanged only between SFTP, FTP, HDFS and OBS.',
      zh: '二进制格式仅支持在 SFTP、FTP、HDFS 与 OBS 之间迁移。',
    },
    remedy: {
      en: 'Choose another file format, or a source and a destination that are both file systems.',
      zh: '请更换文件格式，或使源端与目的端均为文件类数据源。',
    },
  },
  'Cdm.0065': {
    status: 400,
    facts: ['job', 'cause'],
    text: {
      en: 'The schedule of job {job} could not be started: {cause}.',
      zh: '作业 {job} 的定时计划启动失败：{cause}。',
    },
    remedy: {
      en: 'Check start, end and interval of the schedule and save the job again.',
      zh: '请检查定时计划的开始时间、结束时间与周期，然后重新保存作业。',
    },
  },
  'Cdm.0066': {
    status: 400,
    facts: ['cause'],
    text: { en: 'No sample rows could be read: {cause}.', zh: '未能读取样例数据：{cause}。' },
    remedy: {
      en: 'Check that the user of the link may read the table or the files.',
      zh: '请确认连接的用户有权读取该表或文件。',
    },
  },
  'Cdm.0067': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The list of fields could not be read: {cause}.', zh: '未能读取字段列表：{cause}。' },
    remedy: {
      en: 'Check that the table or file exists and that the user of the link may read it.',
      zh: '请确认该表或文件存在，且连接的用户有权读取。',
    },
  },
  'Cdm.00095': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} that is to be changed does not exist.', zh: '要修改的作业 {job} 不存在。' },
    remedy: {
      en: 'Create the job first, or correct the name in the address.',
      zh: '请先创建该作业，或修正地址中的名称。',
    },
  },
  'Cdm.0095': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} to be changed is not there.', zh: '待修改的作业 {job} 不存在。' },
    remedy: {
      en: 'Create the job first, or correct the name in the address.',
      zh: '请先创建该作业，或修正地址中的名称。',
    },
  },
  'Cdm.0100': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} does not exist.', zh: '作业 {job} 不存在。' },
    remedy: {
      en: 'List the jobs of the cluster and use one of their names; upper and lower case count.',
      zh: '请查询集群中的作业列表并使用其中的名称（区分大小写）。',
    },
  },
  'Cdm.0104': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job name {job} is taken already.', zh: '作业名称 {job} 已被使用。' },
    remedy: {
      en: "Choose another name, or change the job that has it; other users' jobs count too.",
      zh: '请更换名称，或修改已有的同名作业；其他用户创建的作业也计算在内。',
    },
  },
  'Cdm.0202': {
    status: 400,
    facts: ['job'],
    text: { en: 'The state of job {job} cannot be told at present.', zh: '暂时无法获知作业 {job} 的状态。' },
    remedy: {
      en: 'Ask again in a minute; the run itself is not disturbed.',
      zh: '请一分钟后再次查询；运行本身不受影响。',
    },
  },
  'Cdm.0318': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} exists already.', zh: '作业 {job} 已存在。' },
    remedy: {
      en: 'Choose another name, or change the job that has it.',
      zh: '请更换名称，或修改已有的同名作业。',
    },
  },
  'Cdm.0319': {
    status: 400,
    facts: ['job'],
    text: { en: 'There is no job {job} to change.', zh: '没有可修改的作业 {job}。' },
    remedy: {
      en: 'Create the job first, or correct the name in the address.',
      zh: '请先创建该作业，或修正地址中的名称。',
    },
  },
  'Cdm.0320': {
    status: 400,
    facts: ['job', 'cause'],
    text: { en: 'The job {job} is not valid: {cause}.', zh: '作业 {job} 无效：{cause}。' },
    remedy: {
      en: 'Send exactly one job with a name, both links and the settings of both sides.',
      zh: '请提交且仅提交一个作业，包含名称、两端的连接及参数。',
    },
  },
  'Cdm.0322': {
    status: 400,
    facts: ['job'],
    text: { en: 'The job {job} is in use.', zh: '作业 {job} 正被使用。' },
    remedy: {
      en: 'Remove what refers to it, then repeat the call.',
      zh: '请先解除对该作业的引用，然后重试。',
    },
  },
  'Cdm.0323': {
    status: 400,
    facts: ['job'],
    text: { en: 'This run of job {job} exists already.', zh: '作业 {job} 的本次运行已存在。' },
    remedy: {
      en: "Ask for the job's status instead of starting it once more.",
      zh: '请直接查询作业状态，无需再次启动。',
    },
  },
} as const satisfies CataloguePart;
