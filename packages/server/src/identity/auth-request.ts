import { IdentityError } from './identity-error.ts';

/** A name or an id, as Keystone lets either stand. */
export type Reference = { readonly id: string } | { readonly name: string };

/** How a sign-on proves who it is. */
export type SignOnProof =
  | {
      readonly method: 'password';
      readonly user: { readonly id: string } | { readonly name: string; readonly domain: Reference };
      readonly password: string;
    }
  /** `id` null: the token is the one in X-Auth-Token. */
  | { readonly method: 'token'; readonly id: string | null }
  | { readonly method: 'hw_ak_sk'; readonly ak: string; readonly sk: string };

export type ScopeRequest =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'project'; readonly name: string; readonly domain: Reference | null }
  | { readonly kind: 'domain'; readonly domain: Reference }
  /** Nothing asked for: the user's domain. */
  | { readonly kind: 'default' };

export interface SignOnRequest {
  readonly proof: SignOnProof;
  readonly scope: ScopeRequest;
}

const refusedMethods: Readonly<Record<string, string>> = {
  totp: 'Sign-on with a one-time code (totp) is not offered here; use the method password alone.',
  assume_role: 'Agencies are not offered here, so the method assume_role cannot be used; sign on as a user.',
  hw_assume_role:
    'Agencies are not offered here, so the method hw_assume_role cannot be used; sign on as a user.',
};

/**
 * Reads the body of `POST /v3/auth/tokens`.
 * @throws IdentityError 400 that names the member at fault. Values are never repeated: one of them is a password.
 */
export function readSignOnRequest(body: unknown): SignOnRequest {
  const auth = objectIn(objectOf(body, 'The request body'), 'auth', 'auth');
  const identity = objectIn(auth, 'identity', 'auth.identity');
  return { proof: readProof(identity), scope: readScope(auth.scope) };
}

/** The sign-on methods named in `identity`, with the ones refused that this server does not offer. */
export function readMethods(identity: Readonly<Record<string, unknown>>): readonly string[] {
  const methods = identity.methods;
  if (!Array.isArray(methods) || methods.length === 0 || !methods.every((m) => typeof m === 'string')) {
    throw new IdentityError(400, 'auth.identity.methods must be a list with the name of a method.');
  }
  for (const method of methods) {
    const refusal = Object.hasOwn(refusedMethods, method) ? refusedMethods[method] : undefined;
    if (refusal !== undefined) throw new IdentityError(400, refusal);
  }
  return methods;
}

function readProof(identity: Readonly<Record<string, unknown>>): SignOnProof {
  const [method, ...more] = new Set(readMethods(identity));
  if (more.length > 0)
    throw new IdentityError(400, 'Only one method of auth.identity.methods can be used at a time.');
  switch (method) {
    case 'password':
      return readPassword(identity);
    case 'token': {
      const id =
        identity.token === undefined ? undefined : objectIn(identity, 'token', 'auth.identity.token').id;
      return { method, id: id === undefined ? null : textOf(id, 'auth.identity.token.id') };
    }
    case 'hw_ak_sk': {
      const path = 'auth.identity.hw_ak_sk';
      const pair = objectIn(identity, 'hw_ak_sk', path);
      return {
        method,
        ak: textOf(objectIn(pair, 'access', `${path}.access`).key, `${path}.access.key`),
        sk: textOf(objectIn(pair, 'secret', `${path}.secret`).key, `${path}.secret.key`),
      };
    }
    default:
      throw new IdentityError(400, 'auth.identity.methods must name one of: password, token, hw_ak_sk.');
  }
}

function readPassword(identity: Readonly<Record<string, unknown>>): SignOnProof {
  const path = 'auth.identity.password.user';
  const user = objectIn(objectIn(identity, 'password', 'auth.identity.password'), 'user', path);
  const password = textOf(user.password, `${path}.password`);
  if (user.id !== undefined) {
    return { method: 'password', user: { id: textOf(user.id, `${path}.id`) }, password };
  }
  const name = textOf(user.name, `${path}.name`);
  return {
    method: 'password',
    user: { name, domain: referenceIn(user, 'domain', `${path}.domain`) },
    password,
  };
}

function readScope(scope: unknown): ScopeRequest {
  if (scope === undefined || scope === null || scope === 'unscoped') return { kind: 'default' };
  const members = objectOf(scope, 'auth.scope');
  if (members.project !== undefined) {
    const project = objectIn(members, 'project', 'auth.scope.project');
    if (project.id !== undefined) return { kind: 'project', id: textOf(project.id, 'auth.scope.project.id') };
    const name = textOf(project.name, 'auth.scope.project.name');
    const domain =
      project.domain === undefined ? null : referenceIn(project, 'domain', 'auth.scope.project.domain');
    return { kind: 'project', name, domain };
  }
  if (members.domain !== undefined) {
    return { kind: 'domain', domain: referenceIn(members, 'domain', 'auth.scope.domain') };
  }
  if (Object.keys(members).length === 0 || members.unscoped !== undefined) return { kind: 'default' };
  throw new IdentityError(400, 'auth.scope must hold project or domain.');
}

function referenceIn(parent: Readonly<Record<string, unknown>>, name: string, path: string): Reference {
  const members = objectIn(parent, name, path);
  if (members.id !== undefined) return { id: textOf(members.id, `${path}.id`) };
  return { name: textOf(members.name, `${path}.name`) };
}

/** @throws IdentityError 400 unless `value` is a JSON object. `path` names it in the message. */
export function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new IdentityError(400, `${path} must be a JSON object.`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** The member of that name, which must be an object. */
export function objectIn(
  parent: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
): Readonly<Record<string, unknown>> {
  return objectOf(parent[name], path);
}

/** @throws IdentityError 400 unless `value` is text that is not empty. A NUL, which no store can look up, is refused too. */
export function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw new IdentityError(400, `${path} must be a text and not empty.`);
  }
  return value;
}
