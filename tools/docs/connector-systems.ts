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
const unproved: Text = {
  en: 'unproved: tested on MariaDB, which speaks the same protocol',
  zh: '未验证：仅在协议相同的 MariaDB 上测试',
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
    { name: 'MySQL', folder: 'packages/connectors/src/mysql', provedOn: unproved },
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
