import { ConnectorRegistry, defineConnector } from '@sluice/core/connector/registry';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionGroup } from '@sluice/core/options/option';

// Two connectors for tests: options of every kind and every support, and no connection behind them.

const text = { en: 'sample', zh: '示例' };

const linkGroup: OptionGroup = {
  name: 'linkConfig',
  options: [
    {
      name: 'linkConfig.databaseType',
      type: 'enum',
      title: text,
      help: text,
      required: true,
      values: ['MYSQL', 'POSTGRESQL'],
      support: 'honoured',
    },
    {
      name: 'linkConfig.host',
      type: 'string',
      title: text,
      help: text,
      required: true,
      isAddress: true,
      support: 'honoured',
    },
    {
      name: 'linkConfig.port',
      type: 'integer',
      title: text,
      help: text,
      required: true,
      min: 1,
      max: 65_535,
      support: 'honoured',
    },
    {
      name: 'linkConfig.username',
      type: 'string',
      title: text,
      help: text,
      required: true,
      support: 'honoured',
    },
    {
      name: 'linkConfig.password',
      type: 'password',
      title: text,
      help: text,
      required: true,
      support: 'honoured',
    },
    {
      name: 'linkConfig.usingNative',
      type: 'boolean',
      title: text,
      help: text,
      default: 'false',
      support: 'ignored',
    },
    { name: 'linkConfig.jdbcProperties', type: 'map', title: text, help: text, support: 'honoured' },
    { name: 'linkConfig.dataSourceList', type: 'string', title: text, help: text, support: 'refused' },
    { name: 'dialect.identifierEnclose', type: 'string', title: text, help: text, support: 'ignored' },
  ],
};

const fromGroup: OptionGroup = {
  name: 'fromJobConfig',
  options: [
    { name: 'fromJobConfig.schemaName', type: 'string', title: text, help: text, support: 'honoured' },
    {
      name: 'fromJobConfig.tableName',
      type: 'string',
      title: text,
      help: text,
      required: true,
      support: 'honoured',
    },
    {
      name: 'fromJobConfig.BatchJob',
      type: 'boolean',
      title: text,
      help: text,
      default: 'false',
      support: 'ignored',
    },
    {
      name: 'fromJobConfig.cdc',
      type: 'boolean',
      title: text,
      help: text,
      default: 'false',
      support: 'refused',
    },
  ],
};

const toGroup: OptionGroup = {
  name: 'toJobConfig',
  options: [
    { name: 'toJobConfig.schemaName', type: 'string', title: text, help: text, support: 'honoured' },
    {
      name: 'toJobConfig.tableName',
      type: 'string',
      title: text,
      help: text,
      required: true,
      support: 'honoured',
    },
  ],
  check(values) {
    const { 'toJobConfig.schemaName': schema, 'toJobConfig.tableName': table } = values;
    if (schema === 'read-only' && table !== undefined)
      throw new SluiceError('Cdm.0014', { name: 'schemaName' });
  },
};

const noConnection = () => Promise.reject(new Error('no test opens a connection'));

export const sampleRegistry = new ConnectorRegistry([
  defineConnector({
    name: 'generic-jdbc-connector',
    title: text,
    link: linkGroup,
    from: fromGroup,
    to: toGroup,
    provedOn: 'stub only',
    open: noConnection,
  }),
  defineConnector({
    name: 'source-only-connector',
    title: text,
    link: linkGroup,
    from: fromGroup,
    to: null,
    provedOn: 'stub only',
    open: noConnection,
  }),
]);
