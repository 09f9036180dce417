import type { CataloguePart } from '../catalogue-entry.ts';

/** Relational databases. */
export const databasesErrors = {
  'Cdm.0900': {
    status: 400,
    facts: ['table'],
    text: { en: 'The table {table} does not exist.', zh: '表 {table} 不存在。' },
    remedy: {
      en: 'Check schema and table in the job, upper and lower case included, and that the user of the link may see it.',
      zh: '请检查作业中的模式名与表名（注意大小写），并确认连接的用户有权查看该表。',
    },
  },
  'Cdm.0901': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The database server cannot be reached: {cause}.', zh: '无法连接到数据库服务器：{cause}。' },
    remedy: {
      en: 'Check host and port of the link, that the server runs, and that security groups and firewalls let this service through.',
      zh: '请检查连接的主机与端口，确认数据库正在运行，且安全组与防火墙已放通本服务。',
    },
  },
  'Cdm.0902': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The database refused an SQL statement: {cause}.', zh: 'SQL 语句执行失败：{cause}。' },
    remedy: {
      en: 'Correct the statement or the condition in the job, or give the user of the link the right that is missing.',
      zh: '请修正作业中的 SQL 语句或过滤条件，或为连接的用户补充所缺权限。',
    },
  },
  'Cdm.0903': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The description of a table could not be read: {cause}.',
      zh: '未能读取表的元数据：{cause}。',
    },
    remedy: {
      en: 'Check the quote character of the link, that the table exists, and that the user of the link may read it.',
      zh: '请检查连接的引用符号，确认表存在且连接的用户有权读取。',
    },
  },
  'Cdm.0904': {
    status: 400,
    facts: ['cause'],
    text: { en: 'A row of a result could not be read: {cause}.', zh: '读取查询结果失败：{cause}。' },
    remedy: {
      en: 'Leave the column that is named out of the job, or convert it in a query of your own.',
      zh: '请从作业中去掉所述字段，或在自定义 SQL 中转换该字段。',
    },
  },
  'Cdm.0913': {
    status: 400,
    facts: [],
    text: {
      en: 'The job names neither a schema nor an SQL statement.',
      zh: '作业既未填写模式名，也未填写 SQL 语句。',
    },
    remedy: {
      en: 'Enter schema and table, or an SQL statement.',
      zh: '请填写模式名与表名，或填写 SQL 语句。',
    },
  },
  'Cdm.0916': {
    status: 400,
    facts: [],
    text: { en: 'An incremental read needs the last value.', zh: '增量读取需要上次的最大值。' },
    remedy: {
      en: 'Enter the last value of the check column in the job.',
      zh: '请在作业中填写检查字段的上次取值。',
    },
  },
  'Cdm.0917': {
    status: 400,
    facts: [],
    text: { en: 'The last value needs a check column.', zh: '填写上次取值时必须指定检查字段。' },
    remedy: {
      en: 'Enter the check column in the job, or take the last value out.',
      zh: '请在作业中填写检查字段，或去掉上次取值。',
    },
  },
  'Cdm.0921': {
    status: 400,
    facts: ['type', 'column'],
    text: {
      en: 'The data type {type} is not supported: it is that of column {column}.',
      zh: '不支持数据类型 {type}：涉及字段 {column}。',
    },
    remedy: {
      en: 'Leave the column out of the job, or convert it in an SQL statement of your own.',
      zh: '请从作业中去掉该字段，或在自定义 SQL 中转换类型。',
    },
  },
  'Cdm.0925': {
    status: 400,
    facts: ['column'],
    text: {
      en: 'The partition column {column} holds values that cannot be split.',
      zh: '分区字段 {column} 的取值无法用于切分。',
    },
    remedy: {
      en: 'Choose a whole-number or date column without empty values, or set the number of extractors to 1.',
      zh: '请选择没有空值的整数或日期字段，或将抽取并发数设为 1。',
    },
  },
  'Cdm.0926': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The columns could not be read: {cause}.', zh: '未能读取字段信息：{cause}。' },
    remedy: {
      en: 'Check that the table exists, that the user of the link may read it, and that the job names its columns rightly.',
      zh: '请确认表存在、连接的用户有权读取，且作业中的字段名正确。',
    },
  },
  'Cdm.0927': {
    status: 400,
    facts: ['table'],
    text: { en: 'The staging table {table} has to be empty.', zh: '临时表 {table} 必须为空。' },
    remedy: {
      en: 'Empty the staging table, or let the service make one of its own.',
      zh: '请清空该临时表，或由服务自动创建临时表。',
    },
  },
  'Cdm.0928': {
    status: 400,
    facts: ['table', 'cause'],
    text: {
      en: 'Moving the rows from the staging table {table} to the target failed: {cause}.',
      zh: '将数据从临时表 {table} 移入目的表失败：{cause}。',
    },
    remedy: {
      en: 'Correct what the database complains of, then start the job again; the target holds none of the rows.',
      zh: '请按数据库返回的信息处理后重新启动作业；目的表中尚无本次数据。',
    },
  },
  'Cdm.0931': {
    status: 400,
    facts: ['schema', 'result'],
    text: {
      en: 'The columns of the schema {schema} and the columns of the result {result} differ.',
      zh: '模式中的字段 {schema} 与结果中的字段 {result} 不一致。',
    },
    remedy: {
      en: 'Make the field mapping of the job name as many columns on one side as on the other, in the same order.',
      zh: '请使作业字段映射两侧的字段数量与顺序一致。',
    },
  },
  'Cdm.0932': {
    status: 400,
    facts: ['column', 'cause'],
    text: {
      en: 'The highest value of column {column} could not be found: {cause}.',
      zh: '未能取得字段 {column} 的最大值：{cause}。',
    },
    remedy: {
      en: 'Check that the column can be ordered and that the user of the link may read it.',
      zh: '请确认该字段可排序，且连接的用户有权读取。',
    },
  },
  'Cdm.0934': {
    status: 400,
    facts: ['table'],
    text: {
      en: 'Tables of the same name {table} exist in several schemas.',
      zh: '多个模式中存在同名的表 {table}。',
    },
    remedy: { en: 'Name the schema in the job.', zh: '请在作业中填写模式名。' },
  },
  'Cdm.0936': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'There are more bad records than the job allows: {cause}.',
      zh: '脏数据数量超过作业允许的上限：{cause}。',
    },
    remedy: {
      en: 'Look at the records that were set aside, correct the source, or raise the limit in the job.',
      zh: '请查看已记录的脏数据并修正源数据，或提高作业中的上限。',
    },
  },
  'Cdm.0940': {
    status: 400,
    facts: ['table'],
    text: { en: 'No table matches the name {table} exactly.', zh: '没有与表名 {table} 完全一致的表。' },
    remedy: {
      en: 'Write the name as the database shows it, upper and lower case included.',
      zh: '请按数据库中显示的名称填写（区分大小写）。',
    },
  },
  'Cdm.0950': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The database refuses the user or the password of the link: {cause}.',
      zh: '数据库拒绝连接的用户名或密码：{cause}。',
    },
    remedy: {
      en: 'Enter both again, and check that the account may sign in from the address of this service.',
      zh: '请重新填写用户名和密码，并确认该账号允许从本服务的地址登录。',
    },
  },
  'Cdm.0962': {
    status: 400,
    facts: [],
    text: { en: 'The link has no host.', zh: '连接未填写主机地址。' },
    remedy: {
      en: 'Enter the address of the database server in linkConfig.host.',
      zh: '请在 linkConfig.host 中填写数据库服务器地址。',
    },
  },
  'Cdm.0963': {
    status: 400,
    facts: [],
    text: { en: 'The link has no port.', zh: '连接未填写端口。' },
    remedy: {
      en: 'Enter the port of the database server in linkConfig.port.',
      zh: '请在 linkConfig.port 中填写数据库端口。',
    },
  },
  'Cdm.0964': {
    status: 400,
    facts: [],
    text: { en: 'The link has no database name.', zh: '连接未填写数据库名称。' },
    remedy: {
      en: 'Enter the name of the database in linkConfig.database.',
      zh: '请在 linkConfig.database 中填写数据库名称。',
    },
  },
} as const satisfies CataloguePart;
