import { timingSafeEqual } from 'node:crypto';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { DomainRecord, ProjectRecord, UserRecord } from '../store/model.ts';
import type { IdentityRepository } from '../store/store.ts';
import type { Reference, ScopeRequest, SignOnProof, SignOnRequest } from './auth-request.ts';
import { BoundedGate, GateFull } from './bounded-gate.ts';
import { IdentityError } from './identity-error.ts';
import { hashPassword, isPassword } from './password-hash.ts';
import { hashToken, newAccessKey, newPassword, newSecretKey, newSecretToken } from './random-text.ts';
import { hasPart, type Rights, rightsOf } from './rights.ts';
import { SignInThrottle, type ThrottleLimits } from './sign-in-throttle.ts';

/** Not prolonged by use; a token got with a token ends when that one does. */
export const tokenLifeMs = 24 * 60 * 60 * 1000;

/** Two password checks at once leave two of the four pool threads to disk and network; a thousand may wait (about 20 s). */
const passwordGateLimits = { runningMax: 2, waitingMax: 1000 } as const;

/** What a token says about its bearer. */
export interface TokenDetails {
  readonly methods: readonly string[];
  /** Unix milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly user: UserRecord;
  readonly domain: DomainRecord;
  /** Null with domain scope. */
  readonly project: ProjectRecord | null;
  readonly rights: Rights;
}

export interface TokenServiceDeps {
  readonly identity: IdentityRepository;
  readonly box: SecretBox;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly throttleLimits?: ThrottleLimits;
}

export interface TokenService {
  /**
   * Signs on. Resolves when the token is stored.
   * @param presentedToken value of X-Auth-Token, for the method `token` without an id.
   * @throws IdentityError 400, 401 (wrong or locked), 403 (scope), 429 (too many at once).
   */
  issue(
    request: SignOnRequest,
    presentedToken: string | null,
  ): Promise<{ readonly token: string; readonly details: TokenDetails }>;
  /** @returns null for a token that is unknown, expired, or whose user is gone or disabled. */
  look(token: string): Promise<TokenDetails | null>;
  /** The user that a sign-on names; null: there is none. */
  userOf(named: Extract<SignOnProof, { method: 'password' }>['user']): Promise<UserRecord | null>;
}

interface Proved {
  readonly user: UserRecord;
  readonly domain: DomainRecord;
  readonly methods: readonly string[];
  /** When the token that was shown ends: the new one may not outlive it. Null: a life of its own. */
  readonly endsBy: number | null;
}

export function createTokenService(deps: TokenServiceDeps): TokenService {
  const { identity, box, now } = deps;
  const throttle = new SignInThrottle(deps.throttleLimits);
  const gate = new BoundedGate(passwordGateLimits);
  const decoyAk = newAccessKey();
  const decoySealed = box.seal(newSecretKey(), accessKeyContext(decoyAk));
  let decoyPasswordHash: Promise<string> | null = null;

  async function look(token: string): Promise<TokenDetails | null> {
    const record = await identity.findToken(hashToken(token));
    if (record === null || record.expiresAt <= now()) return null;
    const user = await identity.findUser({ id: record.userId });
    if (user === null || !user.isEnabled) return null;
    const domain = await identity.findDomain({ id: user.domainId });
    if (domain === null) return null;
    const project = record.projectId === null ? null : await identity.findProject({ id: record.projectId });
    if (record.projectId !== null && (project === null || !project.isEnabled)) return null;
    const { methods, issuedAt, expiresAt } = record;
    const rights = rightsOf(await identity.rolesOf(user.id));
    return { methods, issuedAt, expiresAt, user, domain, project, rights };
  }

  function prove(proof: SignOnProof, presentedToken: string | null): Promise<Proved> {
    switch (proof.method) {
      case 'password':
        return proveByPassword(proof);
      case 'token':
        return proveByToken(proof.id ?? presentedToken);
      case 'hw_ak_sk':
        return proveByKey(proof.ak, proof.sk);
    }
  }

  async function proveByPassword(proof: Extract<SignOnProof, { method: 'password' }>): Promise<Proved> {
    const found = await findUser(proof.user);
    // Made-up names run the same course, up to the hash: neither answer nor time tells which users exist.
    const subject =
      found === null
        ? { name: hashToken(JSON.stringify(proof.user)), isKnown: false }
        : { name: found.user.id, isKnown: true };
    decoyPasswordHash ??= hashPassword(newPassword());
    const encoded = found?.user.passwordHash ?? (await decoyPasswordHash);

    const isRight = await throughGate(async () => {
      // Asked inside the gate, so that many guesses sent at once do not all pass before the first of them is counted.
      const waitMs = throttle.waitMs(subject, now());
      if (waitMs > 0) {
        throw new IdentityError(
          401,
          `Too many wrong passwords for this user: sign-on is locked for another ${Math.ceil(waitMs / 1000)} s.`,
        );
      }
      const isMatch = (await isPassword(proof.password, encoded)) && found !== null && found.user.isEnabled;
      if (isMatch) throttle.recordSuccess(subject);
      else throttle.recordFailure(subject, now());
      return isMatch;
    });
    if (!isRight || found === null) throw new IdentityError(401, 'The username or password is wrong.');
    return { ...found, methods: ['password'], endsBy: null };
  }

  async function throughGate<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await gate.run(work);
    } catch (error) {
      if (!(error instanceof GateFull)) throw error;
      throw new IdentityError(429, 'Too many sign-ons at once; try again in a few seconds.', error);
    }
  }

  async function proveByToken(token: string | null): Promise<Proved> {
    if (token === null || token === '') {
      throw new IdentityError(
        400,
        'The method token needs auth.identity.token.id or the header X-Auth-Token.',
      );
    }
    const parent = await look(token);
    if (parent === null) throw new IdentityError(401, 'The token is not valid or has expired.');
    const methods = [...new Set(['token', ...parent.methods])];
    return { user: parent.user, domain: parent.domain, methods, endsBy: parent.expiresAt };
  }

  async function proveByKey(ak: string, sk: string): Promise<Proved> {
    const record = await identity.findAccessKey(ak);
    const stored =
      record === null
        ? box.open(decoySealed, accessKeyContext(decoyAk))
        : box.open(record.sealedSecret, accessKeyContext(ak));
    const isSame = timingSafeEqual(Buffer.from(hashToken(stored)), Buffer.from(hashToken(sk)));
    const found = isSame && record?.isEnabled ? await findUser({ id: record.userId }) : null;
    if (record === null || found === null || !found.user.isEnabled) {
      throw new IdentityError(401, 'The access key or the secret key is wrong.');
    }
    // Else a key for 15 minutes could be turned into a token for a day.
    if (record.expiresAt !== null) {
      throw new IdentityError(400, 'A temporary access key cannot be exchanged for a token.');
    }
    return { ...found, methods: ['hw_ak_sk'], endsBy: null };
  }

  async function findUser(
    by: { readonly id: string } | { readonly name: string; readonly domain: Reference },
  ): Promise<{ user: UserRecord; domain: DomainRecord } | null> {
    if ('id' in by) {
      const user = await identity.findUser(by);
      const domain = user === null ? null : await identity.findDomain({ id: user.domainId });
      return user === null || domain === null ? null : { user, domain };
    }
    const domain = await identity.findDomain(by.domain);
    const user = domain === null ? null : await identity.findUser({ name: by.name, domainId: domain.id });
    return user === null || domain === null ? null : { user, domain };
  }

  /** @returns the project, or null for domain scope. */
  async function resolveScope(
    scope: ScopeRequest,
    domain: DomainRecord,
    rights: Rights,
  ): Promise<ProjectRecord | null> {
    if (scope.kind === 'default') return null;
    const isOwnDomain = (reference: Reference | null) =>
      reference === null || ('id' in reference ? reference.id === domain.id : reference.name === domain.name);
    if (scope.kind === 'domain') {
      if (!isOwnDomain(scope.domain))
        throw new IdentityError(403, 'The user has no right on the requested domain.');
      return null;
    }
    // One answer whether the project is another's, disabled, without a role for the user, or does not exist.
    const refusal = new IdentityError(
      403,
      'The requested project does not exist or the user has no right on it.',
    );
    if ('name' in scope && !isOwnDomain(scope.domain)) throw refusal;
    const by = 'id' in scope ? { id: scope.id } : { name: scope.name, domainId: domain.id };
    const project = await identity.findProject(by);
    if (project === null || !project.isEnabled || project.domainId !== domain.id) throw refusal;
    if (!hasPart(rights, project.id)) throw refusal;
    return project;
  }

  return {
    look,

    async userOf(named) {
      return (await findUser(named))?.user ?? null;
    },

    async issue(request, presentedToken) {
      const proved = await prove(request.proof, presentedToken);
      const rights = rightsOf(await identity.rolesOf(proved.user.id));
      const project = await resolveScope(request.scope, proved.domain, rights);
      const issuedAt = now();
      const token = newSecretToken();
      const { user, domain, methods } = proved;
      const expiresAt = proved.endsBy ?? issuedAt + tokenLifeMs;
      await identity.createToken({
        hash: hashToken(token),
        userId: user.id,
        methods,
        projectId: project?.id ?? null,
        domainId: project === null ? domain.id : null,
        issuedAt,
        expiresAt,
      });
      return { token, details: { methods, issuedAt, expiresAt, user, domain, project, rights } };
    },
  };
}
