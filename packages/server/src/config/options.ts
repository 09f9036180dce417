import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import type { Language, Text } from '@sluice/core/data/text';
import type { LogLevel } from '../telemetry/log.ts';
import type { Secret } from '../telemetry/secret.ts';
import {
  addressRanges,
  choice,
  flag,
  integer,
  type OptionType,
  path,
  secret,
  text,
  timeZone,
  webUrl,
} from './option-types.ts';

/** Everything that can be set, validated. Each member is explained at its option below. */
export interface Config {
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly storeUrl: Secret | null;
  readonly masterKeyFile: string | null;
  readonly masterKey: Secret | null;
  readonly region: string;
  readonly timeZone: string;
  readonly accountName: string;
  readonly userName: string;
  readonly adminPassword: Secret | null;
  readonly accessKey: string | null;
  readonly secretKey: Secret | null;
  readonly language: Language;
  readonly workersMax: number;
  readonly workerMemoryMb: number;
  readonly workerIdleMs: number;
  readonly leaseMs: number;
  readonly stopGraceMs: number;
  readonly historyDays: number;
  readonly auditDays: number;
  readonly rateLimits: boolean;
  readonly jobIdForm: 'sdk' | 'array';
  readonly percentEncodeLinkValues: boolean;
  readonly userIsolation: boolean;
  readonly metricsAccess: 'off' | 'loopback' | 'token';
  readonly metricsToken: Secret | null;
  readonly logLevel: LogLevel;
  readonly egressAllow: readonly string[];
  readonly egressDeny: readonly string[];
  readonly maxBodyBytes: number;
}

/** What a default may depend on. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One setting as data: flags, variables, file, help and `config print` all follow from it. */
export interface ConfigOption<T> {
  readonly type: OptionType<NonNullable<T>>;
  readonly default: (surroundings: Surroundings) => T;
  /** `SLUICE_…` */
  readonly environment: string;
  /** Without the two dashes; null for secrets, because every user of a machine can read its command lines. */
  readonly flag: string | null;
  readonly isSecret: boolean;
  readonly help: Text;
}

type Given<T> = Omit<ConfigOption<T>, 'isSecret' | 'default'> & {
  readonly default: T | ((surroundings: Surroundings) => T);
};

function open<T>(given: Given<T>): ConfigOption<T> {
  return { ...given, isSecret: false, default: defaultOf(given.default) };
}

function hidden<T>(given: Omit<Given<T>, 'flag' | 'default'>): ConfigOption<T | null> {
  return {
    ...given,
    type: given.type as OptionType<NonNullable<T | null>>,
    flag: null,
    isSecret: true,
    default: () => null,
  };
}

function defaultOf<T>(given: T | ((surroundings: Surroundings) => T)): (surroundings: Surroundings) => T {
  return typeof given === 'function' ? (given as (surroundings: Surroundings) => T) : () => given;
}

const second = 1_000;
const minute = 60 * second;
const mebibyte = 1_048_576;

/** A name as accounts and users may have it. */
const name = text(/^[A-Za-z][\w.-]{0,63}$/, {
  en: 'a letter, then up to 63 letters, digits, hyphens, underscores or full stops',
  zh: '以字母开头，最多 64 个字母、数字、连字符、下划线或点',
});

/** In the order of the help. */
export const configOptions: { readonly [K in keyof Config]: ConfigOption<Config[K]> } = {
  dataFolder: open({
    type: path,
    default: dataFolderDefault,
    environment: 'SLUICE_DATA',
    flag: 'data',
    help: {
      en: 'Folder for all state: the embedded store, the master key, run logs. One server at a time.',
      zh: '存放全部状态的目录：内置存储、主密钥、作业日志。同一时间只能由一个服务使用。',
    },
  }),
  host: open({
    type: text(/^[\w.:%-]+$/, { en: 'an address or host name', zh: '地址或主机名' }),
    default: '127.0.0.1',
    environment: 'SLUICE_HOST',
    flag: 'host',
    help: {
      en: 'Address to listen on; 0.0.0.0 for all, which only makes sense behind TLS.',
      zh: '监听地址；0.0.0.0 表示所有地址，此时应置于 TLS 之后。',
    },
  }),
  port: open({
    type: integer(0, 65_535),
    default: 8080,
    environment: 'SLUICE_PORT',
    flag: 'port',
    help: { en: 'Port to listen on; 0 takes a free one.', zh: '监听端口；0 表示任取一个空闲端口。' },
  }),
  publicUrl: open<string | null>({
    type: webUrl,
    default: null,
    environment: 'SLUICE_PUBLIC_URL',
    flag: 'public-url',
    help: {
      en: 'Address under which clients reach this server, when it is not the one it listens on.',
      zh: '客户端访问本服务的地址（与监听地址不同时设置）。',
    },
  }),
  storeUrl: hidden<Secret>({
    type: secret(
      text(/^postgres(ql)?:\/\/[^\s\0]+$/, {
        en: 'a URL such as postgres://user:password@host:5432/database',
        zh: '形如 postgres://user:password@host:5432/database 的 URL',
      }),
    ),
    environment: 'SLUICE_STORE_URL',
    help: {
      en: 'PostgreSQL database for the state, in place of the embedded store.',
      zh: '用于保存状态的 PostgreSQL 数据库，代替内置存储。',
    },
  }),
  masterKeyFile: open<string | null>({
    type: path,
    default: null,
    environment: 'SLUICE_MASTER_KEY_FILE',
    flag: 'master-key-file',
    help: {
      en: 'File with the master key in base64, one key a line, the active one first; default: master.key in the data folder, made at the first start.',
      zh: '主密钥文件，base64 编码，每行一个，首行为当前密钥；默认为数据目录中的 master.key，首次启动时生成。',
    },
  }),
  masterKey: hidden<Secret>({
    type: secret(text()),
    environment: 'SLUICE_MASTER_KEY',
    help: {
      en: 'The master key itself: 32 bytes in base64; after a comma older keys that may still be needed.',
      zh: '主密钥本身：32 字节的 base64；逗号之后可列出仍需使用的旧密钥。',
    },
  }),
  region: open({
    type: text(/^[a-z0-9][a-z0-9-]{0,62}$/, {
      en: 'lower-case letters, digits and hyphens',
      zh: '小写字母、数字和连字符',
    }),
    default: 'cn-north-4',
    environment: 'SLUICE_REGION',
    flag: 'region',
    help: {
      en: 'Region that this server plays; also the name of the first project.',
      zh: '本服务所代表的区域，也是第一个项目的名称。',
    },
  }),
  timeZone: open({
    type: timeZone,
    default: 'Asia/Shanghai',
    environment: 'SLUICE_TIME_ZONE',
    flag: 'time-zone',
    help: {
      en: 'Time zone in which jobs are scheduled, and clusters switched on and off.',
      zh: '定时作业以及集群定时开关机所用的时区。',
    },
  }),
  accountName: open({
    type: name,
    default: 'sluice',
    environment: 'SLUICE_ACCOUNT',
    flag: 'account',
    help: { en: 'Name of the account made at the first start.', zh: '首次启动时创建的账号名。' },
  }),
  userName: open({
    type: name,
    default: 'admin',
    environment: 'SLUICE_USER',
    flag: 'user',
    help: { en: 'Name of the user made at the first start.', zh: '首次启动时创建的用户名。' },
  }),
  adminPassword: hidden<Secret>({
    type: secret(text(/^[^\0]{8,128}$/, { en: '8 to 128 characters', zh: '8 到 128 个字符' })),
    environment: 'SLUICE_ADMIN_PASSWORD',
    help: {
      en: "That user's password; without it a random one is made and shown once.",
      zh: '该用户的密码；不设置则随机生成并只显示一次。',
    },
  }),
  accessKey: open<string | null>({
    type: text(/^[A-Za-z0-9]{8,64}$/, { en: '8 to 64 letters and digits', zh: '8 到 64 个字母和数字' }),
    default: null,
    environment: 'SLUICE_ACCESS_KEY',
    flag: 'access-key',
    help: {
      en: "That user's access key (AK), with the secret key; without both random ones are made and shown once.",
      zh: '该用户的访问密钥 ID（AK），须与 SK 同时设置；都不设置则随机生成并只显示一次。',
    },
  }),
  secretKey: hidden<Secret>({
    type: secret(
      text(/^[\x21-\x7e]{8,128}$/, {
        en: '8 to 128 printable characters without blanks',
        zh: '8 到 128 个可打印字符，不含空格',
      }),
    ),
    environment: 'SLUICE_SECRET_KEY',
    help: { en: 'The secret key (SK) to it.', zh: '对应的秘密访问密钥（SK）。' },
  }),
  language: open<Language>({
    type: choice(['en', 'zh']),
    default: 'en',
    environment: 'SLUICE_LANGUAGE',
    flag: 'language',
    help: {
      en: 'Language of error texts when a request does not ask for one.',
      zh: '请求未指定语言时错误信息所用的语言。',
    },
  }),
  workersMax: open({
    type: integer(1, 1_024),
    default: () => availableParallelism(),
    environment: 'SLUICE_WORKERS_MAX',
    flag: 'workers-max',
    help: {
      en: 'Slices that this machine moves at once, each in a process of its own, over all clusters and whatever their flavors allow; default: one per core. A cluster also never has more than its flavor says.',
      zh: '本机所有集群同时搬运的分片数，每个分片一个进程，不受各集群规格上限影响；默认每核一个。单个集群另受其规格限制。',
    },
  }),
  workerMemoryMb: open({
    type: integer(64, 65_536),
    default: 256,
    environment: 'SLUICE_WORKER_MEMORY_MB',
    flag: 'worker-memory-mb',
    help: {
      en: "The most memory (JavaScript heap) that one such process gets, in MiB. It gets less where the cluster's flavor has less for each of its extractors, or where three quarters of the machine's memory do not suffice for all at once.",
      zh: '每个进程的内存（JavaScript 堆）上限（MiB）。若集群规格分给每个抽取并发的内存更少，或本机内存的四分之三不够全部进程同时使用，则相应减少。',
    },
  }),
  workerIdleMs: open({
    type: integer(0, 60 * minute),
    default: minute,
    environment: 'SLUICE_WORKER_IDLE_MS',
    flag: 'worker-idle-ms',
    help: {
      en: 'An idle process ends after this time, in milliseconds.',
      zh: '空闲进程在此时间（毫秒）后退出。',
    },
  }),
  leaseMs: open({
    type: integer(5 * second, 10 * minute),
    default: 15 * second,
    environment: 'SLUICE_LEASE_MS',
    flag: 'lease-ms',
    help: {
      en: 'Another server takes over a run whose server was silent for this time, in milliseconds.',
      zh: '服务失联达到此时间（毫秒）后，其作业由其他服务接管。',
    },
  }),
  stopGraceMs: open({
    type: integer(0, minute),
    default: 2 * second,
    environment: 'SLUICE_STOP_GRACE_MS',
    flag: 'stop-grace-ms',
    help: {
      en: 'Time for a stopped process to end by itself before it is killed, in milliseconds.',
      zh: '停止后等待进程自行退出的时间（毫秒），超时则强制结束。',
    },
  }),
  historyDays: open({
    type: integer(1, 3_650),
    default: 30,
    environment: 'SLUICE_HISTORY_DAYS',
    flag: 'history-days',
    help: { en: 'Days that ended runs are kept.', zh: '已结束的作业记录保留的天数。' },
  }),
  auditDays: open({
    type: integer(1, 3_650),
    default: 7,
    environment: 'SLUICE_AUDIT_DAYS',
    flag: 'audit-days',
    help: { en: 'Days that audit events are kept.', zh: '审计事件保留的天数。' },
  }),
  rateLimits: open({
    type: flag,
    default: false,
    environment: 'SLUICE_RATE_LIMITS',
    flag: 'rate-limits',
    help: {
      en: 'Limit requests per user, operation and minute as the public service does; what is too much is answered with 429.',
      zh: '按公有云的规格限制每用户每接口每分钟的请求次数，超出时返回 429。',
    },
  }),
  jobIdForm: open<'sdk' | 'array'>({
    type: choice(['sdk', 'array']),
    default: 'sdk',
    environment: 'SLUICE_JOB_ID_FORM',
    flag: 'job-id-form',
    help: {
      en: 'Form of `jobId` in the answer to the restart of a cluster: text, as the SDKs read it, or a list, as Terraform reads it.',
      zh: '重启集群应答中 `jobId` 的形式：SDK 解析的文本，或 Terraform 解析的列表。',
    },
  }),
  percentEncodeLinkValues: open({
    type: flag,
    default: false,
    environment: 'SLUICE_PERCENT_ENCODE_LINK_VALUES',
    flag: 'percent-encode-link-values',
    help: { en: 'Percent-encode the values of links in answers.', zh: '在应答中对连接的取值做百分号编码。' },
  }),
  userIsolation: open({
    type: flag,
    default: false,
    environment: 'SLUICE_USER_ISOLATION',
    flag: 'user-isolation',
    help: {
      en: 'Users see and touch links and jobs of their own only; administrators see all.',
      zh: '用户只能查看和操作自己创建的连接和作业；管理员可见全部。',
    },
  }),
  metricsAccess: open<'off' | 'loopback' | 'token'>({
    type: choice(['off', 'loopback', 'token']),
    default: 'loopback',
    environment: 'SLUICE_METRICS_ACCESS',
    flag: 'metrics-access',
    help: {
      en: 'Who may read /metrics: nobody, programs on this machine that come without a proxy, or whoever brings the metrics token.',
      zh: '谁可以读取 /metrics：任何人都不可、本机上不经代理的程序，或持有指标令牌者。',
    },
  }),
  metricsToken: hidden<Secret>({
    type: secret(
      text(/^[\x21-\x7e]{16,256}$/, {
        en: '16 to 256 printable characters without blanks',
        zh: '16 到 256 个可打印字符，不含空格',
      }),
    ),
    environment: 'SLUICE_METRICS_TOKEN',
    help: {
      en: 'Token for /metrics, sent as "Authorization: Bearer …".',
      zh: '读取 /metrics 的令牌，以 "Authorization: Bearer …" 发送。',
    },
  }),
  logLevel: open<LogLevel>({
    type: choice(['debug', 'info', 'warn', 'error']),
    default: 'info',
    environment: 'SLUICE_LOG_LEVEL',
    flag: 'log-level',
    help: { en: 'Least level of log lines on standard error.', zh: '标准错误输出的最低日志级别。' },
  }),
  egressAllow: open<readonly string[]>({
    type: addressRanges,
    default: [],
    environment: 'SLUICE_EGRESS_ALLOW',
    flag: 'egress-allow',
    help: {
      en: 'Address ranges that links may name; empty: all that are not denied, and files of expressions from other machines only.',
      zh: '连接可以使用的地址段；为空表示除禁止地址段外全部允许，但表达式不能从本机下载文件。',
    },
  }),
  egressDeny: open<readonly string[]>({
    type: addressRanges,
    default: [
      '169.254.0.0/16',
      'fe80::/10',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
      '100.100.100.200/32',
      '192.0.0.192/32',
      '168.63.129.16/32',
    ],
    environment: 'SLUICE_EGRESS_DENY',
    flag: 'egress-deny',
    help: {
      en: 'Address ranges that links may never name; default: link-local ones and single addresses, where clouds hand out credentials.',
      zh: '连接禁止使用的地址段；默认为链路本地地址及云厂商元数据服务的地址。',
    },
  }),
  maxBodyBytes: open({
    type: integer(1_024, 1_024 * mebibyte),
    default: 12 * mebibyte,
    environment: 'SLUICE_MAX_BODY_BYTES',
    flag: 'max-body-bytes',
    help: { en: 'Size limit of a request body, in bytes.', zh: '请求体大小上限（字节）。' },
  }),
};

function dataFolderDefault({ environment }: Surroundings): string {
  const base = environment.XDG_DATA_HOME;
  // The specification says that a relative path is to be ignored.
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share'), 'sluice');
}
