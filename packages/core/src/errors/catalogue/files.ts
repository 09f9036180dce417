import type { CataloguePart } from '../catalogue-entry.ts';

/** Files and file servers: uploads, FTP, SFTP, HDFS and object stores. */
export const filesErrors = {
  'Cdm.0015': {
    status: 400,
    facts: ['file', 'cause'],
    text: { en: 'The file {file} cannot be parsed: {cause}.', zh: '文件 {file} 无法解析：{cause}。' },
    remedy: {
      en: 'Check that it is a complete JSON file as the export call writes it.',
      zh: '请确认它是导出功能生成的完整 JSON 文件。',
    },
  },
  'Cdm.0016': {
    status: 400,
    facts: ['file'],
    text: { en: 'The uploaded file {file} is empty.', zh: '上传的文件 {file} 为空。' },
    remedy: { en: 'Choose a file that has content.', zh: '请选择有内容的文件。' },
  },
  'Cdm.0240': {
    status: 400,
    facts: ['file', 'cause'],
    text: {
      en: 'The state of file {file} could not be read: {cause}.',
      zh: '未能获取文件 {file} 的状态：{cause}。',
    },
    remedy: {
      en: 'Check that it exists and that the user of the link may read its directory.',
      zh: '请确认文件存在，且连接的用户有权读取其所在目录。',
    },
  },
  'Cdm.0241': {
    status: 400,
    facts: ['file', 'cause'],
    text: {
      en: 'The type of file {file} could not be found out: {cause}.',
      zh: '未能识别文件 {file} 的类型：{cause}。',
    },
    remedy: {
      en: 'Name the file format in the job instead of leaving it to be found out.',
      zh: '请在作业中明确指定文件格式。',
    },
  },
  'Cdm.0242': {
    status: 400,
    facts: ['detail'],
    text: { en: 'A copied file did not pass its check: {detail}.', zh: '文件校验未通过：{detail}。' },
    remedy: {
      en: 'Make sure that nothing changes the file during the run, then start the job again.',
      zh: '请确认运行期间文件未被修改，然后重新启动作业。',
    },
  },
  'Cdm.0243': {
    status: 400,
    facts: ['from', 'to', 'cause'],
    text: {
      en: 'The file {from} could not be given its new name {to}: {cause}.',
      zh: '文件 {from} 未能重命名为目标文件 {to}：{cause}。',
    },
    remedy: {
      en: 'Check that the user of the link may write to the directory and that the new name is free.',
      zh: '请确认连接的用户对该目录有写权限，且新文件名未被占用。',
    },
  },
  'Cdm.0244': {
    status: 400,
    facts: ['file', 'cause'],
    text: { en: 'The file {file} could not be created: {cause}.', zh: '文件 {file} 创建失败：{cause}。' },
    remedy: {
      en: 'Check that the user of the link may write to the directory and that there is room.',
      zh: '请确认连接的用户对该目录有写权限，且空间充足。',
    },
  },
  'Cdm.0245': {
    status: 400,
    facts: ['file', 'cause'],
    text: { en: 'The file {file} could not be deleted: {cause}.', zh: '文件 {file} 删除失败：{cause}。' },
    remedy: {
      en: 'Check that the user of the link may delete files there.',
      zh: '请确认连接的用户有权删除该处的文件。',
    },
  },
  'Cdm.0246': {
    status: 400,
    facts: ['directory', 'cause'],
    text: {
      en: 'The directory {directory} could not be created: {cause}.',
      zh: '目录 {directory} 创建失败：{cause}。',
    },
    remedy: {
      en: 'Check that the user of the link may write to the directory above it.',
      zh: '请确认连接的用户对上级目录有写权限。',
    },
  },
  'Cdm.0249': {
    status: 400,
    facts: ['file'],
    text: { en: 'The file name {file} is not valid.', zh: '文件名 {file} 无效。' },
    remedy: {
      en: 'Take out characters that the file system does not allow.',
      zh: '请去掉文件系统不允许的字符。',
    },
  },
  'Cdm.0250': {
    status: 400,
    facts: ['path', 'cause'],
    text: {
      en: 'The operation on path {path} is not allowed: {cause}.',
      zh: '不允许对路径 {path} 执行该操作：{cause}。',
    },
    remedy: {
      en: 'Give the user of the link the rights on this directory or bucket.',
      zh: '请为连接的用户授予该目录或桶的权限。',
    },
  },
  'Cdm.0411': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The file server cannot be reached: {cause}.', zh: '无法连接到文件服务器：{cause}。' },
    remedy: {
      en: 'Check address and port of the link, and that security groups and firewalls let this service through.',
      zh: '请检查连接的地址与端口，并确认安全组与防火墙已放通本服务。',
    },
  },
  'Cdm.0413': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Sending to the file server failed: {cause}.', zh: '上传到文件服务器失败：{cause}。' },
    remedy: {
      en: 'Check room and rights on the file server, then start the job again.',
      zh: '请检查文件服务器的空间与权限，然后重新启动作业。',
    },
  },
  'Cdm.0415': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The download from the file server failed: {cause}.', zh: '从文件服务器下载失败：{cause}。' },
    remedy: {
      en: 'Check that the file is still there and may be read, then start the job again.',
      zh: '请确认文件仍然存在且可读取，然后重新启动作业。',
    },
  },
  'Cdm.0416': {
    status: 400,
    facts: ['file', 'cause'],
    text: {
      en: 'Reading the data of file {file} failed: {cause}.',
      zh: '读取文件 {file} 的数据失败：{cause}。',
    },
    remedy: {
      en: 'Check file format, encoding and compression in the job against the file.',
      zh: '请对照文件检查作业中的文件格式、编码与压缩设置。',
    },
  },
  'Cdm.0420': {
    status: 400,
    facts: ['path'],
    text: { en: 'The source file or directory {path} does not exist.', zh: '源端文件或目录 {path} 不存在。' },
    remedy: {
      en: 'Correct the path in the job, or put the file there.',
      zh: '请修正作业中的路径，或将文件放到该处。',
    },
  },
  'Cdm.0423': {
    status: 400,
    facts: ['file'],
    text: { en: 'The destination holds the file {file} already.', zh: '目的端已存在同名文件 {file}。' },
    remedy: {
      en: 'Remove it, or have the job replace or skip files that are there.',
      zh: '请删除该文件，或将作业的重复文件处理方式改为覆盖或跳过。',
    },
  },
  'Cdm.0501': {
    status: 400,
    facts: ['uri'],
    text: { en: 'The text {uri} is no valid URI.', zh: '文本 {uri} 不是有效的 URI。' },
    remedy: { en: 'Write it like hdfs://host:8020/path.', zh: '请按 hdfs://host:8020/path 的形式填写。' },
  },
  'Cdm.0518': {
    status: 400,
    facts: ['cause'],
    text: { en: 'HDFS cannot be reached: {cause}.', zh: '无法连接到 HDFS：{cause}。' },
    remedy: {
      en: 'Check address and port of the name node, and that the data nodes are open to this service too.',
      zh: '请检查 NameNode 的地址与端口，并确认 DataNode 也对本服务开放。',
    },
  },
  'Cdm.0600': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The FTP server cannot be reached: {cause}.', zh: '无法连接到 FTP 服务器：{cause}。' },
    remedy: {
      en: 'Check host, port, user and password of the link, and that the ports of passive mode are open.',
      zh: '请检查连接的主机、端口、用户名与密码，并确认被动模式端口已放通。',
    },
  },
  'Cdm.0700': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The SFTP server cannot be reached: {cause}.', zh: '无法连接到 SFTP 服务器：{cause}。' },
    remedy: {
      en: 'Check host, port, user and password of the link, and that firewalls let this service through.',
      zh: '请检查连接的主机、端口、用户名与密码，并确认防火墙已放通本服务。',
    },
  },
  'Cdm.0800': {
    status: 400,
    facts: ['cause'],
    text: { en: 'The object store cannot be reached: {cause}.', zh: '无法连接到对象存储：{cause}。' },
    remedy: {
      en: "Check the endpoint of the bucket's region, the access key, and the rights on the bucket.",
      zh: '请检查桶所在区域的终端节点、访问密钥以及桶的权限。',
    },
  },
  'Cdm.0801': {
    status: 400,
    facts: ['bucket'],
    text: { en: 'The bucket {bucket} is not available.', zh: '桶 {bucket} 不可用。' },
    remedy: {
      en: 'Check its name, and that the endpoint of the link is that of its region.',
      zh: '请检查桶名，并确认连接的终端节点属于该桶所在区域。',
    },
  },
  'Cdm.0831': {
    status: 400,
    facts: ['cause'],
    text: {
      en: 'The KODO object store cannot be reached: {cause}.',
      zh: '无法连接到七牛云对象存储（KODO）：{cause}。',
    },
    remedy: {
      en: 'Check the domain, the access key and the bucket of the link.',
      zh: '请检查连接的域名、访问密钥与空间名称。',
    },
  },
} as const satisfies CataloguePart;
