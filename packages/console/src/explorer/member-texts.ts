import type { Language } from './model/operation-entry.ts';

/**
 * What the descriptions say of members and answers, in Chinese, by the English sentence: the contract has them in English. A
 * sentence that is not here is shown in English.
 */
const chinese: Readonly<Record<string, string>> = {
  // Answers
  'Done.': '成功。',
  'Accepted.': '已受理。',
  'Token or signature is missing, wrong or expired.': 'Token 或签名缺失、错误或已过期。',
  'The caller is known but may not do this.': '调用者身份有效，但无权执行此操作。',
  'The caller has used up the calls of this minute.': '调用者已用完本分钟的请求数。',
  'The service met a failure of its own.': '服务内部错误。',
  'The service cannot do its work at present.': '服务暂时不可用。',
  'The request cannot be carried out as it was sent.': '请求无法按所发送的内容执行。',
  'Something that the address names does not exist.': '路径中指定的资源不存在。',
  'The link did not pass its check, or the service met a failure of its own.':
    '连接未通过校验，或服务内部错误。',
  'Something else is in the way.': '与其他内容冲突。',

  // Clusters
  'A cluster to make and whom to tell of failures.': '要创建的集群，以及失败时通知的对象。',
  'A cluster to make.': '要创建的集群。',
  'Name of the new cluster.': '新集群的名称。',
  'Id of the network; kept and given back.': '网络 ID；原样保存并返回。',
  'The nodes; in practice one.': '节点列表；实际为一个。',
  'A node to make.': '要创建的节点。',
  'Zone to place the node in.': '节点所在的可用区。',
  'Network cards.': '网卡列表。',
  'A network card.': '网卡。',
  'Id of the security group; kept and given back.': '安全组 ID；原样保存并返回。',
  'Id of the subnet; kept and given back.': '子网 ID；原样保存并返回。',
  'Id of the flavor, str_id in the flavor list.': '规格 ID，即规格列表中的 str_id。',
  'Always cdm.': '固定为 cdm。',
  'Software of a cluster.': '集群的软件。',
  'Version of the software.': '软件版本。',
  'Further attributes of a new cluster.': '新集群的扩展属性。',
  'Id of a workspace; kept and given back.': '工作空间 ID；原样保存并返回。',
  'Id of a resource; kept and given back.': '资源 ID；原样保存并返回。',
  'Trial order or not, as text.': '是否为试用订单，文本形式。',
  'Binding to an enterprise project.': '与企业项目的绑定。',
  'The one key that binds a cluster to an enterprise project.': '将集群绑定到企业项目的唯一键。',
  'Id of the enterprise project, as text; 0 is the default one.':
    '企业项目 ID，文本形式；0 表示默认企业项目。',
  'Stop the cluster when it has been idle for a while. Excludes isScheduleBootOff.':
    '集群空闲一段时间后自动关机。与 isScheduleBootOff 互斥。',
  'Start and stop the cluster every day at set times. Excludes isAutoOff.':
    '每天在设定时间开机和关机。与 isAutoOff 互斥。',
  'Daily start, HH:mm:ss. Empty text, the text null and absence all mean none.':
    '每日开机时间，HH:mm:ss。空文本、文本 null 或缺省均表示不设置。',
  'Daily stop, HH:mm:ss. Empty text, the text null and absence all mean none.':
    '每日关机时间，HH:mm:ss。空文本、文本 null 或缺省均表示不设置。',
  'Send a notice when a job fails.': '作业失败时发送通知。',
  'Telephone numbers for notices, with commas between them.': '接收通知的手机号码，以逗号分隔。',
  'Mail addresses for notices, with commas between them.': '接收通知的邮箱，以逗号分隔。',
  'Older spelling of auto_remind.': 'auto_remind 的旧写法。',
  'Older spelling of phone_num.': 'phone_num 的旧写法。',
  'May be absent; nothing in it changes what is done.': '可缺省；其内容不影响执行。',
  'Restart a cluster.': '重启集群。',
  'IMMEDIATELY, FORCELY (also FORCIBLY) or SOFTLY (also GRACEFULL).':
    'IMMEDIATELY、FORCELY（或 FORCIBLY）或 SOFTLY（或 GRACEFULL）。',
  'SERVICE restarts the processes, VM the machine too.': 'SERVICE 仅重启进程，VM 同时重启机器。',
  'Seconds to wait first.': '重启前等待的秒数。',
  'Reserved.': '保留。',
  'Start a cluster.': '启动集群。',
  'Empty; what it holds is not looked at.': '空对象；其内容不做检查。',
  'Stop a cluster.': '停止集群。',
  'Stop at once, or let jobs end; at once when absent.': '立即停止，或等待作业结束；缺省为立即停止。',
  'Seconds to let jobs end, with GRACEFULLY; -1 waits for all of them.':
    'GRACEFULLY 时等待作业结束的秒数；-1 表示一直等待。',
  'What to change; members left out stay as they are.': '要修改的内容；未给出的成员保持不变。',
  'As isAutoOff of the create call.': '同创建接口的 isAutoOff。',
  'As isScheduleBootOff of the create call.': '同创建接口的 isScheduleBootOff。',
  'The clusters of a project.': '项目下的集群。',
  'Every cluster of the project; there are no pages.': '项目下的全部集群，不分页。',
  'A cluster in the list.': '列表中的集群。',
  'Id of the cluster.': '集群 ID。',
  'Name of the cluster.': '集群名称。',
  'State: 100 being made, 200 normal, 300 failed, 303 could not be made, 500 restarting, 800 frozen, 900 stopped, 910 stopping, 920 starting.':
    '状态：100 创建中，200 正常，300 失败，303 创建失败，500 重启中，800 冻结，900 已关机，910 正在关机，920 正在开机。',
  'The state in words.': '状态的文字说明。',
  'When it was made, like 2018-09-05T08:38:25.': '创建时间，形如 2018-09-05T08:38:25。',
  'When it was last changed, in the form of created.': '最近修改时间，格式同 created。',
  'The nodes.': '节点列表。',
  'Id of the node.': '节点 ID。',
  'Name of the node.': '节点名称。',
  'How far the present actions have come; empty when there are none.': '当前操作的进度；没有操作时为空。',
  'Per cent done, as text: 29%.': '完成百分比，文本形式：29%。',
  'Id of the new cluster.': '新集群的 ID。',
  'A task that goes on after the answer.': '在响应返回后继续执行的任务。',
  'Id of the task.': '任务 ID。',
  'Name of the task.': '任务名称。',

  // Links
  'A link to make or to change.': '要创建或修改的连接。',
  'The link; one in a call.': '连接；每次调用一个。',
  'A link as sent.': '请求中的连接。',
  'Name of the link.': '连接名称。',
  'Name of a connector: generic-jdbc-connector, obs-connector and others.':
    '连接器名称：generic-jdbc-connector、obs-connector 等。',
  'The groups of settings.': '配置组列表。',
  'A group of settings as sent.': '请求中的配置组。',
  'Name of the group: linkConfig, fromJobConfig, toJobConfig, throttlingConfig, schedulerConfig, retryJobConfig, groupJobConfig.':
    '配置组名称：linkConfig、fromJobConfig、toJobConfig、throttlingConfig、schedulerConfig、retryJobConfig、groupJobConfig。',
  'The settings; an empty object stands for none.': '配置项列表；空对象表示没有。',
  'A setting as sent.': '请求中的配置项。',
  'Full name of the setting: linkConfig.host.': '配置项的完整名称：linkConfig.host。',
  'Text, number, boolean or object.': '文本、数字、布尔值或对象。',
  'A further attribute, in any form.': '扩展属性，形式不限。',
  'Names of checks.': '校验项名称。',
  'Whether it may be used.': '是否启用。',
  'The new link.': '新连接。',
  'Name of the new link.': '新连接的名称。',
  'Empty when nothing was found.': '没有发现问题时为空。',
  'A finding.': '一条校验结果。',
  'What was found.': '校验结果说明。',
  'How grave it is.': '严重程度。',
  'The links.': '连接列表。',
  'Who made it.': '创建者。',
  'Made at this time. Unix milliseconds.': '创建时间，Unix 毫秒。',
  'Who last changed it.': '最近修改者。',
  'Last changed at this time. Unix milliseconds.': '最近修改时间，Unix 毫秒。',

  // Jobs and runs
  'A job to make or to change.': '要创建或修改的作业。',
  'The job; one in a call.': '作业；每次调用一个。',
  'A job as sent.': '请求中的作业。',
  'Name of the job.': '作业名称。',
  'NORMAL_JOB copies a table or files, BATCH_JOB a whole database.':
    'NORMAL_JOB 迁移单表或文件，BATCH_JOB 迁移整库。',
  'Link to read from.': '源端连接。',
  'Groups of settings as sent.': '请求中的配置组。',
  'Link to write to.': '目的端连接。',
  'May be absent.': '可缺省。',
  'Values for the variables in the settings of the job, by name.': '作业配置中各变量的取值，按名称给出。',
  'A job to make and start in one of several clusters.': '要在多个集群之一中创建并启动的作业。',
  'Ids of the clusters to choose from; those in state 200 come into question.':
    '可选集群的 ID；仅从状态为 200 的集群中选择。',
  'The new job.': '新作业。',
  'Name of the new job.': '新作业的名称。',
  'Jobs on all pages together; 0 when one job was named.': '全部页的作业总数；指定单个作业时为 0。',
  'The jobs of this page, or the one that was named.': '本页的作业，或所指定的作业。',
  'This page; the first is 1.': '当前页码，从 1 开始。',
  'Entries on a page.': '每页条数。',
  'State of the last run; NEW without one.': '最近一次运行的状态；未运行过为 NEW。',
  'The latest run of a job.': '作业最近一次的运行。',
  'The latest run, one entry.': '最近一次运行，仅一条。',
  'The runs of a job.': '作业的运行记录。',
  'The runs, newest first.': '运行记录，最新的在前。',
  'A run of a job.': '作业的一次运行。',
  'State of the run.': '运行状态。',
  'Per cent done, 0 to 100; -1 after a failure.': '完成百分比，0 到 100；失败后为 -1。',
  'Number of the run; grows with each run of the job.': '运行编号，随每次运行递增。',
  'Who started the run.': '启动者。',
  'Started at this time. Unix milliseconds.': '启动时间，Unix 毫秒。',
  'Work on it began at this time. Unix milliseconds.': '开始执行的时间，Unix 毫秒。',
  'Whether the schedule started it.': '是否由定时计划启动。',
  'Whether the job is deleted after the run.': '运行结束后是否删除作业。',
  'Counts by group; there is one group.': '按组给出的统计；只有一组。',
  'Counts of a run; -1 where a count does not apply.': '一次运行的统计；不适用的项为 -1。',
  'Rows read.': '读取的行数。',
  'Rows written.': '写入的行数。',
  'Rows set aside.': '跳过的行数。',
  'Bytes read.': '读取的字节数。',
  'Bytes written.': '写入的字节数。',
  'Files found.': '文件总数。',
  'Files read.': '读取的文件数。',
  'Files written.': '写入的文件数。',
  'Files skipped.': '跳过的文件数。',
  'Bytes found.': '总字节数。',
  'What went wrong, in one sentence; only with FAILED.': '失败原因（一句话）；仅 FAILED 时有。',
  'Cause and what to do; only with FAILED.': '原因与处理方法；仅 FAILED 时有。',

  // Tools of links and jobs
  'Whether jobs may write to the link: then the right to create tables is tested too.':
    '作业是否会写入该连接；如是，则同时测试建表权限。',
  'Schema in which tables would be created; for MySQL the database. Absent: any.':
    '将要建表的模式；MySQL 为数据库名。缺省：任意。',
  'A link that is not, or not yet, saved in this form.': '尚未以此形式保存的连接。',
  'A table to look into.': '要预览的表。',
  'Schema of the table; for MySQL the database.': '表所在的模式；MySQL 为数据库名。',
  'Table or view.': '表或视图。',
  'Rows at most; values outside the bounds are brought back to them.': '最多行数；超出范围时取最近的边界值。',
  'May be absent: everything.': '可缺省，表示全部。',
  'links or jobs alone, or both. With names or groups of jobs, all means these jobs and the links that they use.':
    '仅连接、仅作业，或两者。指定作业名称或分组时，all 表示这些作业及其使用的连接。',
  'Only these jobs, and those of the groups.': '仅这些作业，以及所给分组的作业。',
  'Only jobs of these groups, and those by name.': '仅这些分组的作业，以及按名称给出的作业。',
  'Only these links.': '仅这些连接。',
  'What to export, and the passphrase that its secrets are put under.':
    '要导出的内容，以及加密其中敏感信息的口令。',
  'Opens the file again; nobody can without it. It is not kept.':
    '用于再次打开文件的口令；没有它任何人都无法打开。服务端不保存。',
  'A file, 1 MB at most. Nothing that is there is overwritten.': '文件，最大 1 MB。不会覆盖已有内容。',
  'Links of a file, as an export or a console wrote it.': '文件中的连接，由导出接口或控制台生成。',
  'Jobs of the file.': '文件中的作业。',
  'In place of the two: the whole file, also one under a passphrase.':
    '代替以上两项：整个文件，也可为口令加密的文件。',
  'The passphrase of such a file.': '加密文件的口令。',
  'Whether everything is only checked: the answer is the same, and nothing is stored.':
    '是否仅校验：响应相同，但不保存任何内容。',
  'A group.': '分组。',
  'Name of the group, or its new name.': '分组名称或新名称。',
  'Jobs by name.': '作业名称列表。',
  'Jobs to move into the group.': '要移入分组的作业。',
  'Values for the variables in the settings of the jobs, by name; the same for each.':
    '作业配置中各变量的取值，按名称给出；对每个作业相同。',
  'The value of a variable.': '变量的取值。',
  'The value. Secret ones have 6 characters at least.': '取值。敏感变量至少 6 个字符。',
  'Whether the value is kept sealed, never shown, and masked in texts of runs.':
    '是否加密保存、永不显示，并在运行文本中屏蔽。',

  // Samples, users and keys
  'A call of the CDM API that samples are wanted of. It holds no keys: samples read theirs from the environment.':
    '要生成示例的 CDM API 调用。不含密钥：示例从环境变量读取。',
  'Where the samples call: an address with http or https, without user, query or fragment.':
    '示例调用的地址：http 或 https，不带用户、查询参数和片段。',
  'Only this one; all of them when absent.': '仅生成该语言；缺省生成全部语言。',
  'Region for what asks for one; the example of the description when absent.':
    '需要区域时使用；缺省使用接口描述中的示例值。',
  'AK and SK, or a token, which only curl can send.': 'AK/SK，或仅 curl 可发送的 Token。',
  'Path, query and header parameters of the operation by name, but for project_id. Examples stand in for those that must be there.':
    '操作的路径、查询和请求头参数（不含 project_id），按名称给出；必填项缺失时使用示例值。',
  'The body of the operation; an example when absent. What it says is shown in the samples.':
    '操作的请求体；缺省使用示例。其内容会出现在示例代码中。',
  'Up to 64 letters, digits, underscores and hyphens; unique in the account.':
    '最多 64 个字母、数字、下划线和连字符；账号内唯一。',
  'What it is for; up to 255 characters.': '用途说明，最多 255 个字符。',
  'Whether calls may name it.': '是否可在调用中使用。',
  'A letter, then up to 63 letters, digits, hyphens, underscores or full stops; unique in the account.':
    '以字母开头，其后最多 63 个字母、数字、连字符、下划线或句点；账号内唯一。',
  '8 to 128 characters; absent: a random one is made.': '8 到 128 个字符；缺省则随机生成。',
  'Whether the user may sign in; tokens and keys of one who may not are refused.':
    '用户能否登录；被禁用用户的 Token 和密钥将被拒绝。',
  'What the user may do there, in place of what it was.': '用户在该处的新角色，替换原有角色。',
  'Whether it is accepted.': '是否有效。',
};

/** A sentence of the descriptions in the page's language. */
export function described(sentence: string, language: Language): string {
  return language === 'zh' && Object.hasOwn(chinese, sentence) ? (chinese[sentence] ?? sentence) : sentence;
}
