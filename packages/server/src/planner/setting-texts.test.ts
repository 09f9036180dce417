// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs name macros and variables.
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { describe, expect, test } from 'vitest';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, RunRecord } from '../store/model.ts';
import { sampleJob, sampleRun } from '../store/sample-records.ts';
import { fillIn, knownSettings, plannedTime, requireMacros } from './job-variables.ts';

/** 2017-10-16 09:00:00 in Shanghai. */
const clockAt = 1_508_115_600_000;
const service = { zone: 'Asia/Shanghai', version: '2.9.2.200' };
const box: SecretBox = { seal: (plain) => plain, open: (sealed) => sealed };

const store = {
  variables: { find: async () => null },
  links: {
    find: async (_cluster: string, name: string) =>
      name === 'shard_link'
        ? { options: { 'linkConfig.host': '192.168.3.0', 'linkConfig.database': 'cdm' } }
        : null,
  },
  clusters: { findById: async () => ({ settings: {} }) },
} as unknown as Parameters<typeof fillIn>[1];

function jobWith(from: OptionValues, to: OptionValues = {}, driver: OptionValues = {}): JobRecord {
  const job = { ...sampleJob('c1', 'j'), id: 7, fromLink: 'shard_link' };
  return { ...job, fromOptions: from, toOptions: to, driverOptions: driver };
}

async function filled(job: JobRecord, variables: Readonly<Record<string, string>> = {}) {
  const run: RunRecord = { ...sampleRun(job, 'p1'), submissionId: 1, variables, clockAt };
  return await fillIn(run, store, box, service);
}

describe('facts of a run', () => {
  const table = { 'fromJobConfig.schemaName': 'cdm', 'fromJobConfig.tableName': 'user_${no}' };

  test('the table, once its own variables are filled in, and the version', async () => {
    const to = { 'toJobConfig.tableName': 'ods_${tableName}_${version}' };
    const { toOptions, resolved } = await filled(jobWith(table, to), { no: '01' });
    expect(toOptions).toEqual({ 'toJobConfig.tableName': 'ods_user_01_2.9.2.200' });
    expect(resolved).toEqual([
      { name: 'fromJobConfig.tableName', text: 'user_01' },
      { name: 'toJobConfig.tableName', text: 'ods_user_01_2.9.2.200' },
    ]);
  });

  test('where a row comes from, in added columns', async () => {
    const marks = ['host', 'database', 'fromLinkName', 'schemaName', 'tableName'];
    const sampleValueColumn = marks.map((mark, no) => `c${no}:\${custom(${mark})}`).join('&');
    const { fromOptions } = await filled(
      jobWith({ ...table, 'fromJobConfig.sampleValueColumn': `${sampleValueColumn}&t:\${timestamp()}` }),
      { no: '01' },
    );
    expect(fromOptions['fromJobConfig.sampleValueColumn']).toBe(
      'c0:192.168.3.0&c1:cdm&c2:shard_link&c3:cdm&c4:user_01&t:1508115600000',
    );
  });
});

describe('settings of a job as a whole', () => {
  test('are filled in where they are about its runs, deep in lists too', async () => {
    const driver = {
      'throttlingConfig.numExtractors': '${n}',
      'transformConfig.trans': [{ expression: "'${dateformat(yyyy-MM-dd)}'" }],
      'groupJobConfig.groupName': '${n}',
    };
    const { driverOptions } = await filled(jobWith({}, {}, driver), { n: '3' });
    expect(driverOptions).toEqual({
      'throttlingConfig.numExtractors': '3',
      'transformConfig.trans': [{ expression: "'2017-10-16'" }],
      'groupJobConfig.groupName': '${n}',
    });
  });
});

describe('what a job may not say', () => {
  const clock = { now: clockAt, zone: 'Asia/Shanghai' };

  test.each([
    ['fromJobConfig.whereClause', "ds = '${dateformat(yyyy-QQ)}'", 'SimpleDateFormat'],
    ['fromJobConfig.whereClause', "ds = '${dateformat}'", 'brackets'],
    ['fromJobConfig.whereClause', 'ms > ${timestamp}', 'brackets'],
    ['fromJobConfig.whereClause', "ds = '${dateFormat(yyyy)}'", 'no macro dateFormat'],
    ['fromJobConfig.whereClause', 'ms > ${now()}', 'no macro now'],
    ['fromJobConfig.tableName', 'a_${tableName}', 'cannot be a part of it'],
    ['fromJobConfig.whereClause', "h = '${custom(host)}'", 'sampleValueColumn'],
    ['fromJobConfig.sampleValueColumn', 'h:${custom(port)}', 'custom(…) takes one of'],
  ])('%s: %s', (name, text, why) => {
    let thrown: unknown;
    try {
      requireMacros(jobWith({ [name]: text }), clock);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SluiceError);
    const { code, facts } = thrown as SluiceError;
    expect([code, facts.name]).toEqual(['Cdm.0014', name]);
    expect(String(facts.explanationEn)).toContain(why);
    expect(String(facts.explanationZh)).toContain(name);
  });

  test('what is known at a start is filled in, and what is not stays', () => {
    const job = jobWith({ a: '${x} ${secret} ${timestamp()}' }, {}, { 'sluiceConfig.y': '${x}' });
    const known = knownSettings(job, { x: '1' }, clock);
    expect(known.fromOptions).toEqual({ a: `1 \${secret} ${clockAt}` });
    expect(known.driverOptions).toEqual({ 'sluiceConfig.y': '1' });
  });
});

describe('the planned time', () => {
  test.each([
    [{}, null],
    [{ planTime: '0' }, 0],
    [{ planTime: '1508115600000' }, 1_508_115_600_000],
  ])('%o is %s', (variables, at) => {
    expect(plannedTime(variables as Record<string, string>)).toBe(at);
  });

  test.each(['', 'now', '-1', '1.5', '2026-01-01', '9999999999999999'])('%s is none', (planTime) => {
    expect(() => plannedTime({ planTime })).toThrow(SluiceError);
  });
});
