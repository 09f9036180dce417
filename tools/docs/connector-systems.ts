import type { Text } from '@sluice/core/data/text';

/** One system that a connector reaches, and what its connector was proved against. */
export interface ConnectedSystem {
  readonly name: string;
  /** Of its connector, from the project's root; holds a README. */
  readonly folder: string;
  readonly provedOn: Text;
}

const realPostgres: Text = { en: 'real server (PostgreSQL 18)', zh: '真实服务器（PostgreSQL 18）' };
const realMariadb: Text = { en: 'real server (MariaDB 10.11)', zh: '真实服务器（MariaDB 10.11）' };
const realMysql: Text = { en: 'real server (MySQL 9.7)', zh: '真实服务器（MySQL 9.7）' };
const gaussStub: Text = {
  en: 'stub only: a stand-in that speaks the log-ins of GaussDB and passes on to PostgreSQL what 9.2 knows',
  zh: '仅模拟服务器：使用 GaussDB 登录协议，并将 9.2 支持的语句转交 PostgreSQL 执行',
};
const stubOnly: Text = {
  en: 'stub only (of the wire protocol): no server of the product was at hand',
  zh: '仅在自制的协议桩上测试：没有可用的真实服务器',
};

/** What a spec does not say of itself: the products behind a connector's name, and how far each was proved. */
const systems: Readonly<Record<string, readonly ConnectedSystem[]>> = {
  'generic-jdbc-connector': [
    { name: 'PostgreSQL', folder: 'packages/connectors/src/postgres', provedOn: realPostgres },
    { name: 'MariaDB', folder: 'packages/connectors/src/mysql', provedOn: realMariadb },
    { name: 'MySQL', folder: 'packages/connectors/src/mysql', provedOn: realMysql },
    { name: 'DWS, GaussDB', folder: 'packages/connectors/src/gauss', provedOn: gaussStub },
    { name: 'SQL Server', folder: 'packages/connectors/src/sqlserver', provedOn: stubOnly },
    { name: 'Oracle', folder: 'packages/connectors/src/oracle', provedOn: stubOnly },
  ],
};

/** @throws Error when the connector is in the bundle and not in the table above. */
export function systemsOf(connector: string): readonly ConnectedSystem[] {
  const found = systems[connector];
  if (found === undefined) throw new Error(`tools/docs/connector-systems.ts does not know ${connector}`);
  return found;
}
