import { SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, it } from 'vitest';
import { isConnectionLost, mysqlError, type Stage, serverErrorNumber } from './errors.ts';

function native(facts: { errno?: number; code?: string; message?: string; sql?: string }): Error {
  return Object.assign(new Error(facts.message ?? 'the words of the server'), facts);
}

describe('mysqlError', () => {
  it.each([
    [1045, 'connect', 'Cdm.0950', false],
    [1044, 'connect', 'Cdm.0950', false],
    [1049, 'connect', 'Cdm.0901', false],
    [1040, 'connect', 'Cdm.0901', true],
    [1146, 'read', 'Cdm.0900', false],
    [1142, 'metadata', 'Cdm.0903', false],
    [1142, 'read', 'Cdm.0902', false],
    [1064, 'read', 'Cdm.0902', false],
    [1142, 'write', 'Cdm.0902', false],
    [1142, 'create', 'Cdm.0063', false],
    [1451, 'clear', 'Cdm.0248', false],
    [1264, 'write', 'Cdm.0234', false],
    [1265, 'write', 'Cdm.0234', false],
    [1292, 'write', 'Cdm.0234', false],
    [1366, 'write', 'Cdm.0234', false],
    [1406, 'write', 'Cdm.0234', false],
    [1062, 'write', 'Cdm.0026', false],
    [1452, 'write', 'Cdm.0234', false],
    [1205, 'write', 'Cdm.0234', true],
    [1213, 'write', 'Cdm.0234', true],
    [2013, 'read', 'Cdm.0233', true],
    [1927, 'write', 'Cdm.0234', true],
  ] as const)('number %s while %s is %s, retry %s', (errno, stage, code, retry) => {
    expect(mysqlError(native({ errno }), stage, 'db.t')).toMatchObject({ code, retry });
  });

  it.each([
    ['ECONNREFUSED', 'connect', 'Cdm.0901'],
    ['ENOTFOUND', 'connect', 'Cdm.0901'],
    ['ETIMEDOUT', 'connect', 'Cdm.0901'],
    ['ECONNRESET', 'read', 'Cdm.0233'],
    ['PROTOCOL_CONNECTION_LOST', 'read', 'Cdm.0233'],
    ['EPIPE', 'write', 'Cdm.0234'],
  ] as const)('%s while %s is %s and may be tried again', (code, stage, expected) => {
    expect(mysqlError(native({ code }), stage, 'db:3306')).toMatchObject({ code: expected, retry: true });
  });

  it('keeps the words that name the column', () => {
    const message = "Data too long for column 'label' at row 17";
    expect(mysqlError(native({ errno: 1406, message }), 'write', 'db.t').facts.cause).toBe(message);
  });

  it('says that the connection was cut', () => {
    expect(mysqlError(native({ code: 'ECONNRESET' }), 'read', 'db.t').facts.cause).toMatch(
      /^the connection was cut/,
    );
  });

  it('leaves no statement, and so no row, on the cause', () => {
    const error = mysqlError(
      native({ errno: 1406, sql: "INSERT INTO t VALUES ('secret')" }),
      'write',
      'db.t',
    );
    expect(error.cause).toBeInstanceOf(Error);
    expect(JSON.stringify(error.cause)).not.toContain('secret');
  });

  it('passes on what is translated already', () => {
    const error = new SluiceError('Cdm.0921', { type: 'x' });
    for (const stage of ['connect', 'read', 'write'] satisfies Stage[])
      expect(mysqlError(error, stage, '')).toBe(error);
  });

  it('is asked for numbers and lost connections through its own errors', () => {
    const refused = mysqlError(native({ errno: 1062 }), 'write', 'db.t');
    expect(serverErrorNumber(refused)).toBe(1062);
    expect(isConnectionLost(refused)).toBe(false);
    expect(isConnectionLost(mysqlError(native({ code: 'ECONNRESET' }), 'write', 'db.t'))).toBe(true);
    // Socket errors have negative numbers of their own.
    expect(serverErrorNumber(native({ errno: -104, code: 'ECONNRESET' }))).toBeNull();
  });
});
