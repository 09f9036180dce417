import { describe, expect, it } from 'vitest';
import { isConnectionLost, isMomentGone, isRowRefused, oracleError, type Stage } from './errors.ts';

function native(number: number): Error {
  const text = `ORA-${String(number).padStart(5, '0')}: the words of the server\nHelp: https://docs.example/`;
  return Object.assign(new Error(text), { errorNum: number });
}

describe('oracleError', () => {
  it.each([
    [1017, 'connect', 'Cdm.0950', false],
    [28_000, 'connect', 'Cdm.0950', false],
    [28_001, 'connect', 'Cdm.0950', false],
    [12_514, 'connect', 'Cdm.0901', false],
    [12_505, 'connect', 'Cdm.0901', false],
    [12_519, 'connect', 'Cdm.0901', true],
    [1033, 'connect', 'Cdm.0901', true],
    [942, 'read', 'Cdm.0900', false],
    [1031, 'read', 'Cdm.0902', false],
    [936, 'read', 'Cdm.0902', false],
    [1555, 'read', 'Cdm.0233', false],
    [1, 'write', 'Cdm.0026', false],
    [1400, 'write', 'Cdm.0234', false],
    [12_899, 'write', 'Cdm.0234', false],
    [1438, 'write', 'Cdm.0234', false],
    [20_001, 'write', 'Cdm.0234', false],
    [1653, 'write', 'Cdm.0902', false],
    [60, 'write', 'Cdm.0234', true],
    [54, 'create', 'Cdm.0063', true],
    [3113, 'write', 'Cdm.0234', true],
    [28, 'read', 'Cdm.0233', true],
    [2266, 'clear', 'Cdm.0248', false],
    [1031, 'create', 'Cdm.0063', false],
  ] as const)('ORA-%i while it is to %s is %s', (number, stage, code, retry) => {
    const error = oracleError(native(number), stage as Stage, 'S.T');
    expect([error.code, error.retry]).toEqual([code, retry]);
    expect(JSON.stringify(error.facts)).not.toContain('Help:');
  });

  it('reads the number from the text where the driver gives none, as for rows of an array', () => {
    const error = oracleError(new Error('ORA-01400: cannot insert NULL'), 'write', 'S.T');
    expect(error.code).toBe('Cdm.0234');
    expect(isRowRefused(error)).toBe(true);
    expect(isRowRefused(oracleError(native(1653), 'write', 'S.T'))).toBe(false);
  });

  it('tells a lost connection and a lost moment', () => {
    const cut = Object.assign(new Error('NJS-500: connection to the Oracle Database was closed'), {
      code: 'NJS-500',
    });
    expect(isConnectionLost(oracleError(cut, 'write', 'S.T'))).toBe(true);
    expect(isConnectionLost(oracleError(native(1400), 'write', 'S.T'))).toBe(false);
    expect(isMomentGone(oracleError(native(1555), 'read', 'S.T'))).toBe(true);
  });

  it('says in plain words what the driver cannot do', () => {
    const old = Object.assign(new Error('NJS-138: …'), { code: 'NJS-138' });
    expect(oracleError(old, 'connect', 'h:1').facts.cause).toContain('12.1');
    const verifier = Object.assign(new Error('NJS-116: …'), { code: 'NJS-116' });
    expect(oracleError(verifier, 'connect', 'h:1').code).toBe('Cdm.0950');
  });
});
