import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, it } from 'vitest';
import { type Phase, translateError } from './errors.ts';
import { ConnectionLost, ServerError } from './server-error.ts';

function serverError(sqlState: string, message: string, more: Record<string, string> = {}): ServerError {
  return new ServerError(new Map(Object.entries({ C: sqlState, M: message, V: 'ERROR', ...more })));
}

function translated(error: unknown, phase: Phase): SluiceError {
  const result = translateError(error, phase, 's.t');
  expect(result).toBeInstanceOf(SluiceError);
  return result as SluiceError;
}

describe('errors of PostgreSQL', () => {
  it.each([
    ['28P01', 'sign in', 'Cdm.0950', false],
    ['28000', 'sign in', 'Cdm.0950', false],
    ['3D000', 'sign in', 'Cdm.0901', false],
    ['53300', 'sign in', 'Cdm.0901', true],
    ['57P03', 'sign in', 'Cdm.0901', true],
    ['42P01', 'extract', 'Cdm.0900', false],
    ['42501', 'metadata', 'Cdm.0903', false],
    ['42501', 'extract', 'Cdm.0902', false],
    ['42501', 'create', 'Cdm.0063', false],
    ['55P03', 'clear', 'Cdm.0248', true],
    ['22003', 'extract', 'Cdm.0233', false],
    ['22P02', 'load', 'Cdm.0234', false],
    ['23505', 'load', 'Cdm.0026', false],
    ['40P01', 'load', 'Cdm.0234', true],
    ['53100', 'load', 'Cdm.0234', true],
    ['57P01', 'extract', 'Cdm.0233', true],
    ['57P01', 'load', 'Cdm.0234', true],
  ] as const)('%s while in phase "%s" is %s, retry %s', (state, phase, code, retry) => {
    expect(translated(serverError(state, 'said the server'), phase)).toMatchObject({ code, retry });
  });

  it('name the column that a value did not fit', () => {
    const error = serverError('22001', 'value too long for type character varying(3)', {
      W: 'COPY t, line 7, column na me: "abcd"',
    });
    expect(translated(error, 'load').facts.cause).toBe(
      'value too long for type character varying(3); column "na me"',
    );
  });

  it('say that the connection was cut', () => {
    expect(translated(new ConnectionLost('read ECONNRESET'), 'load')).toMatchObject({
      code: 'Cdm.0234',
      retry: true,
    });
    expect(String(translated(new ConnectionLost('x'), 'extract').facts.cause)).toContain(
      'connection was cut',
    );
  });

  it('tell network from server while signing in', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(translated(refused, 'sign in')).toMatchObject({ code: 'Cdm.0901', retry: true });
    const certificate = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(translated(certificate, 'sign in')).toMatchObject({ code: 'Cdm.0901', retry: false });
  });

  it('leave alone what is said already or is none of theirs', () => {
    const fenced = new Fenced('slice 1');
    const bug = new TypeError('x is not a function');
    const abort = new DOMException('aborted', 'AbortError');
    for (const error of [fenced, bug, abort]) expect(translateError(error, 'load')).toBe(error);
  });

  it('cut a long text short', () => {
    expect(
      String(translated(serverError('22P02', 'y'.repeat(9_000)), 'load').facts.cause).length,
    ).toBeLessThan(600);
  });
});
