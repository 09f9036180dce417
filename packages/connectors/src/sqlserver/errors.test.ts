import { describe, expect, it } from 'vitest';
import { isConnectionLost, isRowRefused, type Stage, sqlServerError } from './errors.ts';

const ofServer = (number: number) => Object.assign(new Error(`said ${number}`), { number, code: 'EREQUEST' });

describe('errors of SQL Server', () => {
  it.each<[number, Stage, string, boolean]>([
    [18456, 'connect', 'Cdm.0950', false],
    [4060, 'connect', 'Cdm.0901', false],
    [208, 'read', 'Cdm.0900', false],
    [2627, 'write', 'Cdm.0026', false],
    [2601, 'write', 'Cdm.0026', false],
    [8152, 'write', 'Cdm.0234', false],
    [2628, 'write', 'Cdm.0234', false],
    [1205, 'write', 'Cdm.0234', true],
    [1205, 'read', 'Cdm.0233', true],
    [1222, 'clear', 'Cdm.0248', true],
    [40501, 'connect', 'Cdm.0901', true],
    [229, 'write', 'Cdm.0902', false],
    [2714, 'create', 'Cdm.0063', false],
    [596, 'write', 'Cdm.0234', true],
  ])('%i while it is about to %s: %s', (number, stage, code, retry) => {
    expect(sqlServerError(ofServer(number), stage, 'dbo.t')).toMatchObject({ code, retry });
  });

  it('takes the first of several', () => {
    const several = new AggregateError([ofServer(2627), ofServer(3621)]);
    expect(sqlServerError(several, 'write', 'dbo.t').code).toBe('Cdm.0026');
  });

  it('tells a lost connection from a refused row', () => {
    const cut = sqlServerError(Object.assign(new Error('gone'), { code: 'ESOCKET' }), 'write', 'dbo.t');
    expect([isConnectionLost(cut), isRowRefused(cut), cut.retry]).toEqual([true, false, true]);
    const row = sqlServerError(ofServer(515), 'write', 'dbo.t');
    expect([isConnectionLost(row), isRowRefused(row), row.retry]).toEqual([false, true, false]);
  });
});
