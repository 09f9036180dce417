import { expect, test } from 'vitest';
import { type JobEnd, refuseSelfCopy } from './self-copy.ts';

const link = {
  'linkConfig.databaseType': 'POSTGRESQL',
  'linkConfig.host': 'Db.example.com',
  'linkConfig.port': '5432',
  'linkConfig.database': 'shop',
};
const from: JobEnd = {
  link,
  options: { 'fromJobConfig.schemaName': 'public', 'fromJobConfig.tableName': 'orders' },
};
const to = (options: Record<string, string>, change: Record<string, string> = {}): JobEnd => ({
  link: { ...link, ...change },
  options: { 'toJobConfig.schemaName': 'public', 'toJobConfig.tableName': 'orders', ...options },
});

test('a table is not copied onto itself, whatever the case of the host name', () => {
  expect(() => refuseSelfCopy(from, to({}))).toThrow(expect.objectContaining({ code: 'Cdm.0014' }));
  expect(() => refuseSelfCopy(from, to({}, { 'linkConfig.host': 'db.EXAMPLE.com' }))).toThrow('Cdm.0014');
});

test('another table, schema, database or server is another place', () => {
  expect(() => refuseSelfCopy(from, to({ 'toJobConfig.tableName': 'orders_copy' }))).not.toThrow();
  expect(() => refuseSelfCopy(from, to({ 'toJobConfig.schemaName': 'archive' }))).not.toThrow();
  expect(() => refuseSelfCopy(from, to({}, { 'linkConfig.database': 'copy' }))).not.toThrow();
  expect(() => refuseSelfCopy(from, to({}, { 'linkConfig.port': '5433' }))).not.toThrow();
});
