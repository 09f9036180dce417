import { allProjects, type Role } from '@sluice/contract/access';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { AccessKeyRecord, ProjectRecord, RoleAssignment, UserRecord } from '../store/model.ts';
import { Conflict, type IdentityRepository } from '../store/store.ts';
import type { IdentityStore } from './first-start.ts';
import { hashPassword } from './password-hash.ts';
import { newAccessKey, newId, newPassword, newSecretKey } from './random-text.ts';

/** Limits of one account. */
export const accountLimits = {
  projectsMax: 1_000,
  usersMax: 1_000,
  /** Access keys of a user that do not end by themselves. */
  accessKeysPerUserMax: 20,
} as const;

/** A user with what he may do. */
export interface UserWithRoles {
  readonly user: UserRecord;
  readonly roles: readonly RoleAssignment[];
}

export interface AccountServiceDeps {
  readonly store: IdentityStore;
  readonly box: SecretBox;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Called after each change: whoever remembers callers has to forget them. */
  readonly onChanged: () => void;
}

/**
 * Projects, users, roles and access keys of an account. Every method names the account, and what belongs to another one
 * is answered like what does not exist: IAM.0004 (404).
 */
export class AccountService {
  readonly #deps: AccountServiceDeps;

  constructor(deps: AccountServiceDeps) {
    this.#deps = deps;
  }

  /** Oldest first. */
  projects(domainId: string): Promise<readonly ProjectRecord[]> {
    return this.#deps.store.identity.listProjects(domainId);
  }

  /** @throws IAM.0005 (409) the name is taken; IAM.0073 (400) there are too many. */
  createProject(domainId: string, name: string, description: string): Promise<ProjectRecord> {
    const project = { id: newId(), name, domainId, description, isEnabled: true };
    return this.#change(async (identity) => {
      refuseMore((await identity.listProjects(domainId)).length, accountLimits.projectsMax, 'project');
      await identity.createProject(project);
      return project;
    });
  }

  updateProject(
    domainId: string,
    id: string,
    change: { readonly description?: string; readonly isEnabled?: boolean },
  ): Promise<ProjectRecord> {
    return this.#change(async (identity) => {
      const project = await identity.findProject({ id });
      if (project === null || project.domainId !== domainId) throw notFound('project', id);
      const changed = { ...project, ...change };
      await identity.updateProject(changed);
      return changed;
    });
  }

  /** Oldest first. */
  async users(domainId: string): Promise<readonly UserWithRoles[]> {
    const { identity } = this.#deps.store;
    const roles = Map.groupBy(await identity.listRoles(domainId), ({ userId }) => userId);
    const users = await identity.listUsers(domainId);
    return users.map((user) => ({ user, roles: roles.get(user.id) ?? [] }));
  }

  /**
   * A user without a role.
   * @param password null: a random one is made.
   * @returns the password that was made; null: the one given.
   * @throws IAM.0005 (409) the name is taken; IAM.0073 (400) there are too many.
   */
  async createUser(
    domainId: string,
    name: string,
    password: string | null,
  ): Promise<{ readonly user: UserWithRoles; readonly madePassword: string | null }> {
    const made = password === null ? newPassword() : null;
    // Before the transaction: hashing takes a while, and a transaction may hold the only writer.
    const passwordHash = await hashPassword(password ?? made ?? '');
    const user = { id: newId(), name, domainId, passwordHash, isEnabled: true };
    await this.#change(async (identity) => {
      refuseMore((await identity.listUsers(domainId)).length, accountLimits.usersMax, 'user');
      await identity.createUser(user);
    });
    return { user: { user, roles: [] }, madePassword: made };
  }

  /** @throws IAM.0005 (409) when nobody would be left to administer the account. */
  setUserEnabled(domainId: string, userId: string, isEnabled: boolean): Promise<UserWithRoles> {
    return this.#change(async (identity) => {
      await identity.lockRoles(domainId);
      const user = { ...(await found(identity, domainId, userId)), isEnabled };
      await identity.updateUser(user);
      await requireAdministrator(identity, domainId);
      return withRoles(identity, user);
    });
  }

  /** Sets the password and ends the user's tokens. @param password null: a random one is made, and returned. */
  async setPassword(
    domainId: string,
    userId: string,
    password: string | null,
  ): Promise<{ readonly user: UserWithRoles; readonly madePassword: string | null }> {
    await found(this.#deps.store.identity, domainId, userId);
    const made = password === null ? newPassword() : null;
    const passwordHash = await hashPassword(password ?? made ?? '');
    return await this.#change(async (identity) => {
      const user = { ...(await found(identity, domainId, userId)), passwordHash };
      await identity.updateUser(user);
      await identity.deleteTokensOf(userId);
      return { user: await withRoles(identity, user), madePassword: made };
    });
  }

  /**
   * Gives the user a role in a scope, in place of the one he has there.
   * @param scope id of a project of the account, or `all`.
   * @throws IAM.0004 (404) no such user or project; IAM.0005 (409) when nobody would be left to administer the account.
   */
  setRole(domainId: string, userId: string, scope: string, role: Role): Promise<UserWithRoles> {
    return this.#change(async (identity) => {
      await identity.lockRoles(domainId);
      const user = await found(identity, domainId, userId);
      const project = scope === allProjects ? null : await identity.findProject({ id: scope });
      if (scope !== allProjects && project?.domainId !== domainId) throw notFound('project', scope);
      await identity.putRole({ userId, scope, role });
      await requireAdministrator(identity, domainId);
      return withRoles(identity, user);
    });
  }

  /** @throws IAM.0004 (404) no such role; IAM.0005 (409) when nobody would be left to administer the account. */
  removeRole(domainId: string, userId: string, scope: string): Promise<UserWithRoles> {
    return this.#change(async (identity) => {
      await identity.lockRoles(domainId);
      const user = await found(identity, domainId, userId);
      if (!(await identity.removeRole(userId, scope))) throw notFound('role', scope);
      await requireAdministrator(identity, domainId);
      return withRoles(identity, user);
    });
  }

  /** Oldest first. */
  async accessKeys(domainId: string, userId: string): Promise<readonly AccessKeyRecord[]> {
    const { identity } = this.#deps.store;
    await found(identity, domainId, userId);
    return identity.listAccessKeys(userId);
  }

  /** @returns the key with its secret, which is in clear nowhere but here. @throws IAM.0073 (400) there are too many. */
  createAccessKey(
    domainId: string,
    userId: string,
  ): Promise<{ readonly key: AccessKeyRecord; readonly sk: string }> {
    const { box, now } = this.#deps;
    const [ak, sk] = [newAccessKey(), newSecretKey()];
    const key: AccessKeyRecord = {
      ak,
      userId,
      sealedSecret: box.seal(sk, accessKeyContext(ak)),
      isEnabled: true,
      expiresAt: null,
      securityTokenHash: null,
      createdAt: now(),
    };
    return this.#change(async (identity) => {
      await found(identity, domainId, userId);
      const lasting = (await identity.listAccessKeys(userId)).filter(({ expiresAt }) => expiresAt === null);
      refuseMore(lasting.length, accountLimits.accessKeysPerUserMax, 'access key');
      await identity.createAccessKey(key);
      return { key, sk };
    });
  }

  setAccessKeyEnabled(
    domainId: string,
    userId: string,
    ak: string,
    isEnabled: boolean,
  ): Promise<AccessKeyRecord> {
    return this.#change(async (identity) => {
      await found(identity, domainId, userId);
      const key = await identity.findAccessKey(ak);
      if (key?.userId !== userId) throw notFound('access key', ak);
      const changed = { ...key, isEnabled };
      await identity.updateAccessKey(changed);
      return changed;
    });
  }

  async #change<T>(work: (identity: IdentityRepository) => Promise<T>): Promise<T> {
    try {
      return await this.#deps.store.transaction(({ identity }) => work(identity));
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      throw new SluiceError(
        'IAM.0005',
        { type: error.what.split(' ')[0] ?? '', detail: error.message },
        { cause: error },
      );
    } finally {
      this.#deps.onChanged();
    }
  }
}

async function found(identity: IdentityRepository, domainId: string, id: string): Promise<UserRecord> {
  const user = await identity.findUser({ id });
  if (user === null || user.domainId !== domainId) throw notFound('user', id);
  return user;
}

async function withRoles(identity: IdentityRepository, user: UserRecord): Promise<UserWithRoles> {
  return { user, roles: await identity.rolesOf(user.id) };
}

/** To be asked after the change and in its transaction: an account that nobody can administer is lost. */
async function requireAdministrator(identity: IdentityRepository, domainId: string): Promise<void> {
  const enabled = new Set(
    (await identity.listUsers(domainId)).filter(({ isEnabled }) => isEnabled).map(({ id }) => id),
  );
  const roles = await identity.listRoles(domainId);
  const isLeft = roles.some(
    ({ userId, scope, role }) => scope === allProjects && role === 'administrator' && enabled.has(userId),
  );
  if (isLeft) return;
  throw new SluiceError('IAM.0005', {
    type: 'role',
    detail: 'last administrator',
    ...explained({
      en: 'Nobody would be left to administer the account: make another user its administrator first.',
      zh: '账号将没有管理员：请先将其他用户设为账号管理员。',
    }),
  });
}

function refuseMore(count: number, max: number, what: string): void {
  if (count < max) return;
  throw new SluiceError('IAM.0073', {
    name: what,
    ...explained({ en: `There are ${max} already, which is the limit.`, zh: `数量已达上限 ${max}。` }),
  });
}

function notFound(target: string, id: string): SluiceError {
  return new SluiceError('IAM.0004', { target, id: id.slice(0, 64) });
}
