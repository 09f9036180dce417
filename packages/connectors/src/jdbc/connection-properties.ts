import type { Json } from '@sluice/core/data/json';
import type { Text } from '@sluice/core/data/text';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Databases that this connector can open. */
export type DatabaseType = 'MYSQL' | 'POSTGRESQL' | 'SQLSERVER' | 'ORACLE';

/** One entry that `linkConfig.jdbcProperties` may hold. */
export interface ConnectionProperty {
  readonly name: string;
  readonly databases: readonly DatabaseType[];
  readonly type: 'text' | 'integer' | 'boolean' | 'enum';
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** `ignored`: accepted for the sake of links made elsewhere; has no meaning here. */
  readonly support: 'honoured' | 'ignored';
  readonly help: Text;
}

/** Longest wait that a link may ask for, in each driver's own unit. */
const WAIT_SECONDS_MAX = 86_400;
const WAIT_MS_MAX = WAIT_SECONDS_MAX * 1000;
const everyDatabase: readonly DatabaseType[] = ['MYSQL', 'POSTGRESQL', 'SQLSERVER', 'ORACLE'];

/**
 * The allow list. A name that is not here is refused rather than dropped: the JDBC drivers know settings that read
 * files of the server or load classes, and a setting that silently does nothing misleads its author.
 */
export const connectionProperties: readonly ConnectionProperty[] = [
  {
    name: 'connectTimeout',
    databases: ['POSTGRESQL'],
    type: 'integer',
    min: 1,
    max: WAIT_SECONDS_MAX,
    support: 'honoured',
    help: { en: 'Seconds to wait for a connection; 10 when absent.', zh: '建立连接的等待秒数，缺省为 10。' },
  },
  {
    name: 'socketTimeout',
    databases: ['POSTGRESQL'],
    type: 'integer',
    min: 0,
    max: WAIT_SECONDS_MAX,
    support: 'honoured',
    help: {
      en: 'Seconds that the server may stay silent while work waits for it; 0 or absent: 1800.',
      zh: '等待服务器响应的秒数；0 或缺省为 1800。',
    },
  },
  {
    name: 'connectTimeout',
    databases: ['MYSQL', 'ORACLE'],
    type: 'integer',
    min: 1,
    max: WAIT_MS_MAX,
    support: 'honoured',
    help: {
      en: 'Milliseconds to wait for a connection; 10000 when absent.',
      zh: '建立连接的等待毫秒数，缺省为 10000。',
    },
  },
  {
    name: 'socketTimeout',
    databases: ['MYSQL', 'ORACLE'],
    type: 'integer',
    min: 0,
    max: WAIT_MS_MAX,
    support: 'honoured',
    help: {
      en: 'Milliseconds that the server may stay silent while work waits for it; 0 or absent: 1800000.',
      zh: '等待服务器响应的毫秒数；0 或缺省为 1800000。',
    },
  },
  {
    name: 'sslmode',
    databases: ['POSTGRESQL'],
    type: 'enum',
    values: ['disable', 'require', 'verify-ca', 'verify-full'],
    support: 'honoured',
    help: {
      en: 'require: encrypt without verifying the server. verify-ca: verify its certificate. verify-full: its host name too, the default with useSSL.',
      zh: 'require：加密但不校验服务器；verify-ca：校验证书；verify-full：同时校验主机名，useSSL 时的缺省值。',
    },
  },
  {
    name: 'sslMode',
    databases: ['MYSQL'],
    type: 'enum',
    values: ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'],
    support: 'honoured',
    help: {
      en: 'REQUIRED: encrypt without verifying the server. VERIFY_CA: verify its certificate. VERIFY_IDENTITY: its host name too, the default with useSSL.',
      zh: 'REQUIRED：加密但不校验服务器；VERIFY_CA：校验证书；VERIFY_IDENTITY：同时校验主机名，useSSL 时的缺省值。',
    },
  },
  {
    name: 'sslrootcert',
    databases: everyDatabase,
    type: 'text',
    support: 'honoured',
    help: {
      en: 'Certificates of the authorities to trust, as PEM text. File names are not taken.',
      zh: '受信任 CA 的证书，以 PEM 文本给出，不接受文件名。',
    },
  },
  {
    name: 'useCompression',
    databases: ['MYSQL'],
    type: 'boolean',
    support: 'honoured',
    help: {
      en: 'Compresses what travels between here and the server (zlib), for slow networks; costs processor time on both. false when absent, and where the server knows no compression.',
      zh: '压缩与服务器之间传输的数据（zlib），适用于慢速网络，两端均消耗 CPU；缺省为 false，服务器不支持时不压缩。',
    },
  },
  {
    name: 'channelBinding',
    databases: ['POSTGRESQL'],
    type: 'enum',
    values: ['disable', 'prefer'],
    support: 'honoured',
    help: {
      en: 'prefer, the default: with TLS and SCRAM the log-in is bound to the certificate of the server, so that nobody in between can use it. disable: for proxies that end TLS themselves.',
      zh: 'prefer（缺省）：使用 TLS 和 SCRAM 时，登录与服务器证书绑定，中间人无法利用；disable：用于自行终止 TLS 的代理。',
    },
  },
  {
    name: 'tinyInt1isBit',
    databases: ['MYSQL'],
    type: 'boolean',
    support: 'honoured',
    help: {
      en: 'Reads TINYINT(1) as boolean; true when absent.',
      zh: '将 TINYINT(1) 视为布尔值，缺省为 true。',
    },
  },
  {
    name: 'mysql.bool.type.transform',
    databases: ['MYSQL'],
    type: 'boolean',
    support: 'honoured',
    help: {
      en: 'Another name of tinyInt1isBit.',
      zh: 'tinyInt1isBit 的另一名称。',
    },
  },
  {
    name: 'zeroDateTimeBehavior',
    databases: ['MYSQL'],
    type: 'enum',
    values: ['exception', 'convertToNull', 'EXCEPTION', 'CONVERT_TO_NULL'],
    support: 'honoured',
    help: {
      en: 'What a date such as 0000-00-00 is read as: an error that names the column, the default, or null.',
      zh: '0000-00-00 等零值日期的处理：报错并指出字段（缺省），或视为空值。',
    },
  },
  {
    name: 'loginTimeout',
    databases: ['SQLSERVER'],
    type: 'integer',
    min: 1,
    max: WAIT_SECONDS_MAX,
    support: 'honoured',
    help: { en: 'Seconds to wait for a connection; 10 when absent.', zh: '建立连接的等待秒数，缺省为 10。' },
  },
  {
    name: 'socketTimeout',
    databases: ['SQLSERVER'],
    type: 'integer',
    min: 0,
    max: WAIT_MS_MAX,
    support: 'honoured',
    help: {
      en: 'Milliseconds that the server may stay silent while work waits for it; 0 or absent: 1800000.',
      zh: '等待服务器响应的毫秒数；0 或缺省为 1800000。',
    },
  },
  {
    name: 'encrypt',
    databases: ['SQLSERVER'],
    type: 'enum',
    values: ['true', 'false', 'strict'],
    support: 'honoured',
    help: {
      en: 'true: TLS, as useSSL says it. strict: TLS ahead of everything (TDS 8, SQL Server 2022 and Azure). false or absent: useSSL decides.',
      zh: 'true：使用 TLS，等同 useSSL；strict：先建立 TLS（TDS 8，SQL Server 2022 与 Azure）；false 或缺省由 useSSL 决定。',
    },
  },
  {
    name: 'trustServerCertificate',
    databases: ['SQLSERVER'],
    type: 'boolean',
    support: 'honoured',
    help: {
      en: 'true: encrypt without verifying the server. false or absent: its certificate and host name are verified.',
      zh: 'true：加密但不校验服务器；false 或缺省：校验证书与主机名。',
    },
  },
  {
    name: 'hostNameInCertificate',
    databases: ['SQLSERVER'],
    type: 'text',
    support: 'honoured',
    help: {
      en: "Name that the server's certificate must have; the link's host when absent.",
      zh: '服务器证书中应包含的主机名，缺省为连接的主机。',
    },
  },
  {
    name: 'applicationIntent',
    databases: ['SQLSERVER'],
    type: 'enum',
    values: ['ReadOnly', 'ReadWrite'],
    support: 'honoured',
    help: {
      en: 'ReadOnly: an availability group may have a readable secondary serve what is read. ReadWrite when absent.',
      zh: 'ReadOnly：读取时可用性组可由只读副本提供服务；缺省为 ReadWrite。',
    },
  },
  {
    name: 'oracle.net.ssl_server_dn_match',
    databases: ['ORACLE'],
    type: 'boolean',
    support: 'honoured',
    help: {
      en: 'With useSSL: whether the certificate must name the host; true when absent. false: it must only come from an authority that is trusted.',
      zh: '启用 useSSL 时证书是否必须与主机名一致，缺省为 true；false 表示仅校验证书由受信任的 CA 签发。',
    },
  },
  ...ignored(
    ['defaultRowPrefetch', 'remarksReporting', 'includeSynonyms', 'useFetchSizeWithLongColumn'],
    ['ORACLE'],
  ),
  ...ignored(
    ['ApplicationName', 'tcpKeepAlive', 'reWriteBatchedInserts', 'defaultRowFetchSize', 'prepareThreshold'],
    ['POSTGRESQL'],
  ),
  ...ignored(
    [
      'characterEncoding',
      'useUnicode',
      'useCursorFetch',
      'defaultFetchSize',
      'rewriteBatchedStatements',
      'autoReconnect',
      'allowPublicKeyRetrieval',
    ],
    ['MYSQL'],
  ),
  ...ignored(
    [
      'applicationName',
      'instanceName',
      'lastUpdateCount',
      'multiSubnetFailover',
      'packetSize',
      'responseBuffering',
      'selectMethod',
      'sendStringParametersAsUnicode',
      'sendTimeAsDatetime',
      'useBulkCopyForBatchInsert',
    ],
    ['SQLSERVER'],
  ),
];

/** Names that many links carry and that have no meaning here: text is always UTF-8, batching is our own. */
function ignored(names: readonly string[], databases: readonly DatabaseType[]): ConnectionProperty[] {
  return names.map((name) => ({
    name,
    databases,
    type: 'text',
    support: 'ignored',
    help: { en: 'Accepted, without effect.', zh: '接受但不起作用。' },
  }));
}

/**
 * Checks the map of connection properties against the allow list.
 * @returns the honoured ones by name, as text.
 * @throws Cdm.0089 unknown names; Cdm.0004 not a map of plain values; Cdm.0024 a value outside its list or range.
 */
export function readConnectionProperties(
  given: Json | undefined,
  database: DatabaseType,
): ReadonlyMap<string, string> {
  const honoured = new Map<string, string>();
  if (given === undefined || given === null || given === '') return honoured;
  if (typeof given !== 'object' || Array.isArray(given))
    throw new SluiceError('Cdm.0004', { name: 'linkConfig.jdbcProperties' });
  const unknown: string[] = [];
  for (const [name, raw] of Object.entries(given)) {
    const property = connectionProperties.find((p) => p.name === name && p.databases.includes(database));
    if (property === undefined) {
      unknown.push(name);
      continue;
    }
    if (raw === null || typeof raw === 'object') throw new SluiceError('Cdm.0004');
    const value = String(raw);
    if (value === '' || property.support === 'ignored') continue;
    checkValue(property, value);
    honoured.set(name, value);
  }
  if (unknown.length > 0) throw new SluiceError('Cdm.0089', { names: unknown.join(', ') });
  return honoured;
}

function checkValue(property: ConnectionProperty, value: string): void {
  const refuse = (range: string) => {
    throw new SluiceError('Cdm.0024', { name: `linkConfig.jdbcProperties.${property.name}`, range });
  };
  switch (property.type) {
    case 'boolean':
      if (value !== 'true' && value !== 'false') refuse('true, false');
      return;
    case 'enum':
      if (!(property.values ?? []).includes(value)) refuse((property.values ?? []).join(', '));
      return;
    case 'integer': {
      const min = property.min ?? 0;
      const max = property.max ?? Number.MAX_SAFE_INTEGER;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= min && number <= max)) refuse(`${min}, ${max}`);
      return;
    }
    case 'text':
      return;
  }
}
