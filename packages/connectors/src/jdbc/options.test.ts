import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { describe, expect, it } from 'vitest';
import { bundle } from '../bundle.ts';
import { jdbcFromGroup, jdbcLinkGroup, jdbcToGroup } from './options.ts';
import { readSqlLink, readSqlSink, readSqlSource } from './sql-options.ts';

const link: OptionValues = {
  'linkConfig.databaseType': 'POSTGRESQL',
  'linkConfig.host': 'db.example.com',
  'linkConfig.port': '5432',
  'linkConfig.database': 'sales',
  'linkConfig.username': 'reader',
  'linkConfig.password': 'secret words',
};
const from: OptionValues = { 'fromJobConfig.schemaName': 'public', 'fromJobConfig.tableName': 'orders' };
const to: OptionValues = { 'toJobConfig.schemaName': 'public', 'toJobConfig.tableName': 'orders' };

/** Code and facts of what is thrown; fails when nothing is. */
function thrownBy(work: () => unknown): { code: string; facts: unknown } {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError) return { code: error.code, facts: error.facts };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const linkCodes = (changes: OptionValues) =>
  thrownBy(() => jdbcLinkGroup.check?.({ ...link, ...changes })).code;
const fromCodes = (changes: OptionValues) =>
  thrownBy(() => jdbcFromGroup.check?.({ ...from, ...changes })).code;
const toCodes = (changes: OptionValues) => thrownBy(() => jdbcToGroup.check?.({ ...to, ...changes })).code;

describe('option groups of the JDBC connector', () => {
  it('name every option once, with texts in both languages, and defaults among their values', () => {
    for (const group of [jdbcLinkGroup, jdbcFromGroup, jdbcToGroup]) {
      const names = group.options.map((option) => option.name);
      expect(new Set(names).size).toBe(names.length);
      for (const option of group.options) {
        for (const text of [option.title, option.help]) {
          expect(text.en, option.name).not.toBe('');
          expect(text.zh, option.name).not.toBe('');
        }
        expect(option.help.zh, option.name).toMatch(/[\u4e00-\u9fff]/);
        if (option.values !== undefined && option.default !== undefined)
          expect(option.values).toContain(option.default);
        if (option.type === 'enum') expect(option.values?.length, option.name).toBeGreaterThan(0);
      }
    }
  });

  it('accept the least that works', () => {
    jdbcLinkGroup.check?.(link);
    jdbcFromGroup.check?.(from);
    jdbcToGroup.check?.(to);
  });

  it('accept what consoles send along', () => {
    jdbcFromGroup.check?.({
      ...from,
      'fromJobConfig.useSql': 'false',
      'fromJobConfig.incrMigration': 'false',
      'fromJobConfig.cdc': 'false',
      'fromJobConfig.usePartition': 'false',
      'fromJobConfig.BatchJob': 'false',
      'fromJobConfig.encodingForBinary': 'ISO_8859_1',
    });
    jdbcToGroup.check?.({
      ...to,
      'toJobConfig.onConflict': 'EXCEPTION',
      'toJobConfig.importMode': 'COPY',
      'toJobConfig.useStageTable': 'false',
      'toJobConfig.properties': {},
      'toJobConfig.preSql': '',
    });
  });

  it('say which part of an address is missing', () => {
    expect(linkCodes({ 'linkConfig.host': '' })).toBe('Cdm.0962');
    expect(linkCodes({ 'linkConfig.port': ' ' })).toBe('Cdm.0963');
    expect(linkCodes({ 'linkConfig.database': '' })).toBe('Cdm.0964');
    expect(linkCodes({ 'linkConfig.username': '' })).toBe('Cdm.0238');
  });

  it('refuse a database without a driver', () => {
    for (const type of ['DB2', 'DWS', 'SAP HANA'])
      expect(linkCodes({ 'linkConfig.databaseType': type })).toBe('Cdm.0012');
  });

  it('refuse a host that is a path, a list or something stranger', () => {
    for (const host of ['/var/run/postgresql', 'a,b', 'a;b', 'a b', 'u@h', 'C:\\pipe']) {
      expect(linkCodes({ 'linkConfig.host': host }), host).toBe('Cdm.0011');
    }
  });

  it('refuse a port outside of its range', () => {
    for (const port of ['0', '65536', '-1', '5432x', '5.5', '1e3'])
      expect(linkCodes({ 'linkConfig.port': port }), port).toBe('Cdm.0024');
  });

  it('refuse what is not built and would change the result', () => {
    for (const name of ['incrMigration', 'cdc', 'BatchJob', 'keyAtLeastOneZero', 'writeLobDataAsFile']) {
      expect(fromCodes({ [`fromJobConfig.${name}`]: 'true' }), name).toBe('Cdm.0024');
    }
    expect(fromCodes({ 'fromJobConfig.usePattern': 'ORACLE' })).toBe('Cdm.0089');
    expect(toCodes({ 'toJobConfig.onConflict': 'IGNORE' })).toBe('Cdm.0024');
    expect(toCodes({ 'toJobConfig.importMode': 'MERGE' })).toBe('Cdm.0024');
    expect(linkCodes({ 'linkConfig.securityProperties': { sk: 'x' } })).toBe('Cdm.0089');
  });

  it('take one statement in place of schema and table', () => {
    const query = { 'fromJobConfig.useSql': 'true', 'fromJobConfig.sql': ' SELECT 1 AS a;\n' };
    const bare = { ...from, 'fromJobConfig.schemaName': '', 'fromJobConfig.tableName': '', ...query };
    expect(readSqlSource(bare)).toMatchObject({
      query: 'SELECT 1 AS a',
      partitionColumn: null,
      partitions: null,
    });
    for (const sql of ['', ' ', ';', '\n;\n'])
      expect(fromCodes({ ...query, 'fromJobConfig.sql': sql }), sql).toBe('Cdm.0238');
    expect(fromCodes({ ...query, 'fromJobConfig.sql': `SELECT '${'x'.repeat(100_000)}'` })).toBe('Cdm.0085');
    expect(fromCodes({ ...query, 'fromJobConfig.sql': 'SELECT\0 1' })).toBe('Cdm.0024');
    expect(readSqlSource({ ...from, 'fromJobConfig.sql': 'DROP TABLE t' }).query).toBeNull();
  });

  it('list partitions only where they are to be read', () => {
    const listed = { ...from, 'fromJobConfig.partitionList': 'P1&P2.SUBP1' };
    expect(readSqlSource(listed).partitions).toBeNull();
    const used = { ...listed, 'fromJobConfig.usePartition': 'true' };
    expect(readSqlSource(used).partitions).toEqual({ list: ['P1', 'P2.SUBP1'] });
    expect(readSqlSource({ ...used, 'fromJobConfig.partitionList': '' }).partitions).toEqual({ list: null });
    expect(thrownBy(() => readSqlSource({ ...used, 'fromJobConfig.partitionList': 'P1&' })).code).toBe(
      'Cdm.0011',
    );
  });

  it('ask for a schema and a table', () => {
    expect(fromCodes({ 'fromJobConfig.schemaName': '' })).toBe('Cdm.0913');
    expect(fromCodes({ 'fromJobConfig.tableName': '' })).toBe('Cdm.0238');
    expect(toCodes({ 'toJobConfig.tableName': '' })).toBe('Cdm.0238');
  });
});

describe('typed options', () => {
  it('read a link', () => {
    expect(readSqlLink(link)).toMatchObject({
      host: 'db.example.com',
      port: 5432,
      tls: null,
      connectTimeoutMs: 10_000,
      silenceTimeoutMs: 1_800_000,
      batchRowsMax: null,
    });
  });

  it('verify certificate and name by default when TLS is on', () => {
    expect(readSqlLink({ ...link, 'linkConfig.useSSL': 'true' }).tls).toEqual({
      verification: 'full',
      authorities: null,
    });
  });

  it('do not let a property switch TLS off that the link asks for', () => {
    const wanted = {
      ...link,
      'linkConfig.useSSL': 'true',
      'linkConfig.jdbcProperties': { sslmode: 'disable' },
    };
    expect(thrownBy(() => readSqlLink(wanted)).code).toBe('Cdm.0024');
  });

  it('take TLS modes by the names of each driver', () => {
    const modeOf = (type: string, properties: Record<string, string>) =>
      readSqlLink({ ...link, 'linkConfig.databaseType': type, 'linkConfig.jdbcProperties': properties }).tls
        ?.verification;
    expect(modeOf('POSTGRESQL', { sslmode: 'require' })).toBe('none');
    expect(modeOf('POSTGRESQL', { sslmode: 'verify-ca' })).toBe('authority');
    expect(modeOf('MYSQL', { sslMode: 'VERIFY_IDENTITY' })).toBe('full');
    expect(modeOf('MYSQL', { sslMode: 'DISABLED' })).toBeUndefined();
  });

  it('read waits in the unit of each driver', () => {
    const waitsOf = (type: string, value: string) =>
      readSqlLink({
        ...link,
        'linkConfig.databaseType': type,
        'linkConfig.jdbcProperties': { connectTimeout: value },
      }).connectTimeoutMs;
    expect(waitsOf('POSTGRESQL', '5')).toBe(5_000);
    expect(waitsOf('MYSQL', '5000')).toBe(5_000);
  });

  it('refuse unknown properties by name, and file names where certificates belong', () => {
    const readWith = (properties: OptionValues) => () =>
      readSqlLink({ ...link, 'linkConfig.jdbcProperties': properties });
    expect(thrownBy(readWith({ socketFactory: 'evil.Class', loggerFile: '/etc/x' }))).toEqual({
      code: 'Cdm.0089',
      facts: { names: 'socketFactory, loggerFile' },
    });
    expect(thrownBy(readWith({ sslrootcert: '/etc/ssl/ca.pem' })).code).toBe('Cdm.0020');
    expect(thrownBy(readWith({ connectTimeout: 'soon' })).code).toBe('Cdm.0024');
    expect(thrownBy(readWith({ connectTimeout: { a: 1 } })).code).toBe('Cdm.0004');
    expect(thrownBy(() => readSqlLink({ ...link, 'linkConfig.jdbcProperties': 'a=b' })).code).toBe(
      'Cdm.0004',
    );
  });

  it('read column lists as typed', () => {
    expect(readSqlSource({ ...from, 'fromJobConfig.columnList': 'id&First Name&ü' }).columns).toEqual([
      'id',
      'First Name',
      'ü',
    ]);
    expect(readSqlSource(from).columns).toBeNull();
    for (const list of ['a&&b', '&a', 'a&']) {
      expect(thrownBy(() => readSqlSource({ ...from, 'fromJobConfig.columnList': list })).code).toBe(
        'Cdm.0011',
      );
    }
    expect(thrownBy(() => readSqlSink({ ...to, 'toJobConfig.columnList': 'a&b&a' })).code).toBe('Cdm.0011');
  });

  it('let beforeImportType win over the older switch', () => {
    const clearing = (more: OptionValues) => readSqlSink({ ...to, ...more }).clearing;
    expect(clearing({})).toEqual({ kind: 'none' });
    expect(clearing({ 'toJobConfig.shouldClearTable': 'true' })).toEqual({ kind: 'all' });
    expect(
      clearing({ 'toJobConfig.shouldClearTable': 'true', 'toJobConfig.beforeImportType': 'none' }),
    ).toEqual({ kind: 'none' });
    expect(
      clearing({ 'toJobConfig.beforeImportType': 'whereClause', 'toJobConfig.whereClause': 'a = 1' }),
    ).toEqual({
      kind: 'where',
      where: 'a = 1',
    });
    expect(
      thrownBy(() =>
        clearing({ 'toJobConfig.beforeImportType': 'whereClause', 'toJobConfig.whereClause': '  ' }),
      ).code,
    ).toBe('Cdm.0238');
  });

  it('take UPSERT for UPDATE where onConflict says nothing else than its default', () => {
    const conflict = (onConflict: string, importMode: string) =>
      readSqlSink({ ...to, 'toJobConfig.onConflict': onConflict, 'toJobConfig.importMode': importMode })
        .conflict;
    expect(readSqlSink(to).conflict).toBe('refuse');
    for (const mode of ['', 'COPY', 'GDS']) {
      expect(conflict('EXCEPTION', mode)).toBe('refuse');
      expect(conflict('UPDATE', mode)).toBe('update');
      expect(conflict('REPLACE', mode)).toBe('replace');
    }
    expect(conflict('', 'UPSERT')).toBe('update');
    expect(conflict('EXCEPTION', 'UPSERT')).toBe('update');
    expect(conflict('REPLACE', 'UPSERT')).toBe('replace');
  });

  it('refuse NUL wherever text reaches the wire', () => {
    for (const name of ['fromJobConfig.tableName', 'fromJobConfig.whereClause', 'fromJobConfig.columnList']) {
      expect(thrownBy(() => readSqlSource({ ...from, [name]: 'a\0b' })).code, name).toBe('Cdm.0024');
    }
  });
});

describe('the bundle', () => {
  it('lists every connector once', () => {
    const names = bundle.map((spec) => spec.name);
    expect(names).toContain('generic-jdbc-connector');
    expect(new Set(names).size).toBe(names.length);
  });
});
