import { describe, expect, it } from 'vitest';
import { readSignOnRequest } from './auth-request.ts';
import { IdentityError } from './identity-error.ts';

const user = { name: 'u', password: 'secret-text', domain: { name: 'acct' } };
const byPassword = { methods: ['password'], password: { user } };

function refusal(body: unknown): IdentityError {
  try {
    readSignOnRequest(body);
  } catch (error) {
    if (error instanceof IdentityError) return error;
    throw error;
  }
  throw new Error('The body was accepted');
}

describe('readSignOnRequest', () => {
  it('reads a password with a project by name', () => {
    expect(readSignOnRequest({ auth: { identity: byPassword, scope: { project: { name: 'r' } } } })).toEqual({
      proof: { method: 'password', user: { name: 'u', domain: { name: 'acct' } }, password: 'secret-text' },
      scope: { kind: 'project', name: 'r', domain: null },
    });
  });

  it('reads a user by id alone, and the domain of a project', () => {
    const identity = { methods: ['password'], password: { user: { id: 'u0', password: 'p' } } };
    const scope = { project: { name: 'r', domain: { id: 'd0' } } };
    expect(readSignOnRequest({ auth: { identity, scope } })).toEqual({
      proof: { method: 'password', user: { id: 'u0' }, password: 'p' },
      scope: { kind: 'project', name: 'r', domain: { id: 'd0' } },
    });
  });

  it('reads tokens with and without id', () => {
    const read = (token: object) =>
      readSignOnRequest({ auth: { identity: { methods: ['token'], ...token } } }).proof;
    expect(read({ token: { id: 't' } })).toEqual({ method: 'token', id: 't' });
    expect(read({ token: {} })).toEqual({ method: 'token', id: null });
    expect(read({})).toEqual({ method: 'token', id: null });
  });

  it('reads hw_ak_sk', () => {
    const identity = { methods: ['hw_ak_sk'], hw_ak_sk: { access: { key: 'A' }, secret: { key: 'S' } } };
    expect(readSignOnRequest({ auth: { identity } }).proof).toEqual({ method: 'hw_ak_sk', ak: 'A', sk: 'S' });
  });

  for (const [scope, expected] of [
    [undefined, { kind: 'default' }],
    [{}, { kind: 'default' }],
    ['unscoped', { kind: 'default' }],
    [{ domain: { name: 'acct' } }, { kind: 'domain', domain: { name: 'acct' } }],
    [
      { project: { id: 'p' }, domain: { id: 'd' } },
      { kind: 'project', id: 'p' },
    ],
  ] as const) {
    it(`reads scope ${JSON.stringify(scope)}`, () => {
      expect(readSignOnRequest({ auth: { identity: byPassword, scope } }).scope).toEqual(expected);
    });
  }

  for (const [methods, sentence] of [
    [['password', 'totp'], 'totp'],
    [['assume_role'], 'assume_role'],
    [['hw_assume_role'], 'hw_assume_role'],
    [['saml2'], 'must name one of'],
    [['password', 'token'], 'Only one method'],
    [[], 'must be a list'],
    [[7], 'must be a list'],
    [['constructor'], 'must name one of'],
    ['password', 'must be a list'],
  ] as const) {
    it(`refuses methods ${JSON.stringify(methods)} with a sentence`, () => {
      const error = refusal({ auth: { identity: { ...byPassword, methods } } });
      expect(error).toMatchObject({ status: 400, title: 'Bad Request' });
      expect(error.message).toContain(sentence);
    });
  }

  for (const [body, sentence] of [
    [null, 'request body'],
    [[], 'request body'],
    [{}, 'auth must'],
    [{ auth: {} }, 'auth.identity must'],
    [{ auth: { identity: { methods: ['password'] } } }, 'auth.identity.password must'],
    [
      { auth: { identity: { methods: ['password'], password: { user: { ...user, domain: undefined } } } } },
      'user.domain must',
    ],
    [
      { auth: { identity: { methods: ['password'], password: { user: { ...user, password: 1 } } } } },
      'user.password must',
    ],
    [{ auth: { identity: byPassword, scope: { project: { id: 'a\0b' } } } }, 'auth.scope.project.id must'],
    [{ auth: { identity: byPassword, scope: 'OS-TRUST:trust' } }, 'auth.scope must'],
    [{ auth: { identity: byPassword, scope: { system: { all: true } } } }, 'auth.scope must'],
    [{ auth: { identity: byPassword, scope: { project: {} } } }, 'auth.scope.project.name must'],
  ] as const) {
    it(`refuses ${JSON.stringify(body)?.slice(0, 60)} naming the member`, () => {
      const error = refusal(body);
      expect(error.status).toBe(400);
      expect(error.message).toContain(sentence);
      expect(error.message).not.toContain('secret-text');
    });
  }
});
