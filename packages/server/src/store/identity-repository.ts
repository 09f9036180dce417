import { type Db, inTransaction, nextNumber } from './adapter.ts';
import { fromJson, toFlag } from './columns.ts';
import type {
  AccessKeyRecord,
  DomainRecord,
  ProjectRecord,
  RoleAssignment,
  TokenRecord,
  UserRecord,
} from './model.ts';
import type { AccessKeyRow, DomainRow, ProjectRow, RoleAssignmentRow, TokenRow, UserRow } from './schema.ts';
import { Conflict, Gone, type IdentityRepository } from './store.ts';

/** Statements on domains, projects, users, access keys and tokens. */
export class SqlIdentityRepository implements IdentityRepository {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  createDomain(domain: DomainRecord): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const ordinal = await nextNumber(db, 'domain');
      const stored = await db
        .insertInto('domains')
        .values({ id: domain.id, ordinal, name: domain.name })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) throw new Conflict(`domain ${domain.name}`);
    });
  }

  async findDomain(by: { readonly id: string } | { readonly name: string }): Promise<DomainRecord | null> {
    const query = this.#db.selectFrom('domains').selectAll();
    const row = await ('id' in by
      ? query.where('id', '=', by.id)
      : query.where('name', '=', by.name)
    ).executeTakeFirst();
    return row === undefined ? null : domainOf(row);
  }

  async listDomains(): Promise<readonly DomainRecord[]> {
    return (await this.#db.selectFrom('domains').selectAll().orderBy('ordinal').execute()).map(domainOf);
  }

  createProject(project: ProjectRecord): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const ordinal = await nextNumber(db, 'project');
      const stored = await db
        .insertInto('projects')
        .values({
          id: project.id,
          ordinal,
          name: project.name,
          domain_id: project.domainId,
          description: project.description,
          is_enabled: toFlag(project.isEnabled),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) throw new Conflict(`project ${project.name}`);
    });
  }

  async findProject(
    by: { readonly id: string } | { readonly name: string; readonly domainId: string },
  ): Promise<ProjectRecord | null> {
    const query = this.#db.selectFrom('projects').selectAll();
    const row = await ('id' in by
      ? query.where('id', '=', by.id)
      : query.where('domain_id', '=', by.domainId).where('name', '=', by.name)
    ).executeTakeFirst();
    return row === undefined ? null : projectOf(row);
  }

  async listProjects(domainId: string): Promise<readonly ProjectRecord[]> {
    const query = this.#db.selectFrom('projects').selectAll().where('domain_id', '=', domainId);
    return (await query.orderBy('ordinal').execute()).map(projectOf);
  }

  async updateProject(project: ProjectRecord): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('projects')
      .set({ description: project.description, is_enabled: toFlag(project.isEnabled) })
      .where('id', '=', project.id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Gone(`project ${project.id}`);
  }

  createUser(user: UserRecord): Promise<void> {
    return inTransaction(this.#db, async (db) => {
      const ordinal = await nextNumber(db, 'user');
      const stored = await db
        .insertInto('users')
        .values({
          id: user.id,
          ordinal,
          name: user.name,
          domain_id: user.domainId,
          password_hash: user.passwordHash,
          is_enabled: toFlag(user.isEnabled),
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) throw new Conflict(`user ${user.name}`);
    });
  }

  async updateUser(user: UserRecord): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('users')
      .set({ password_hash: user.passwordHash, is_enabled: toFlag(user.isEnabled) })
      .where('id', '=', user.id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Gone(`user ${user.id}`);
  }

  async findUser(
    by: { readonly id: string } | { readonly name: string; readonly domainId: string },
  ): Promise<UserRecord | null> {
    const query = this.#db.selectFrom('users').selectAll();
    const row = await ('id' in by
      ? query.where('id', '=', by.id)
      : query.where('domain_id', '=', by.domainId).where('name', '=', by.name)
    ).executeTakeFirst();
    return row === undefined ? null : userOf(row);
  }

  async listUsers(domainId: string): Promise<readonly UserRecord[]> {
    const query = this.#db.selectFrom('users').selectAll().where('domain_id', '=', domainId);
    return (await query.orderBy('ordinal').execute()).map(userOf);
  }

  async rolesOf(userId: string): Promise<readonly RoleAssignment[]> {
    const query = this.#db.selectFrom('role_assignments').selectAll().where('user_id', '=', userId);
    return (await query.orderBy('scope').execute()).map(roleOf);
  }

  async listRoles(domainId: string): Promise<readonly RoleAssignment[]> {
    const query = this.#db
      .selectFrom('role_assignments')
      .innerJoin('users', 'users.id', 'role_assignments.user_id')
      .select(['user_id', 'scope', 'role'])
      .where('users.domain_id', '=', domainId);
    return (await query.orderBy('scope').execute()).map(roleOf);
  }

  async putRole({ userId, scope, role }: RoleAssignment): Promise<void> {
    await this.#db
      .insertInto('role_assignments')
      .values({ user_id: userId, scope, role })
      .onConflict((conflict) => conflict.columns(['user_id', 'scope']).doUpdateSet({ role }))
      .execute();
  }

  async removeRole(userId: string, scope: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('role_assignments')
      .where('user_id', '=', userId)
      .where('scope', '=', scope)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async lockRoles(domainId: string): Promise<void> {
    // A counter is locked by whoever counts it until the transaction ends, in both databases.
    await nextNumber(this.#db, `roles:${domainId}`);
  }

  async createAccessKey(key: AccessKeyRecord): Promise<void> {
    const stored = await this.#db
      .insertInto('access_keys')
      .values({
        ak: key.ak,
        user_id: key.userId,
        sealed_secret: key.sealedSecret,
        is_enabled: toFlag(key.isEnabled),
        expires_at: key.expiresAt,
        security_token_hash: key.securityTokenHash,
        created_at: key.createdAt,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('ak')
      .executeTakeFirst();
    if (stored === undefined) throw new Conflict(`access key ${key.ak}`);
  }

  async findAccessKey(ak: string): Promise<AccessKeyRecord | null> {
    const row = await this.#db.selectFrom('access_keys').selectAll().where('ak', '=', ak).executeTakeFirst();
    return row === undefined ? null : accessKeyOf(row);
  }

  async listAccessKeys(userId: string): Promise<readonly AccessKeyRecord[]> {
    const query = this.#db.selectFrom('access_keys').selectAll().where('user_id', '=', userId);
    return (await query.orderBy('created_at').orderBy('ak').execute()).map(accessKeyOf);
  }

  async updateAccessKey(key: AccessKeyRecord): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('access_keys')
      .set({ is_enabled: toFlag(key.isEnabled) })
      .where('ak', '=', key.ak)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Gone(`access key ${key.ak}`);
  }

  async createToken(token: TokenRecord): Promise<void> {
    const stored = await this.#db
      .insertInto('tokens')
      .values({
        hash: token.hash,
        user_id: token.userId,
        methods: JSON.stringify(token.methods),
        project_id: token.projectId,
        domain_id: token.domainId,
        issued_at: token.issuedAt,
        expires_at: token.expiresAt,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('hash')
      .executeTakeFirst();
    if (stored === undefined) throw new Conflict('token');
  }

  async findToken(hash: string): Promise<TokenRecord | null> {
    const row = await this.#db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
    return row === undefined ? null : tokenOf(row);
  }

  async deleteTokensOf(userId: string): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('tokens')
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  deleteExpired(now: number): Promise<number> {
    return inTransaction(this.#db, async (db) => {
      const tokens = await db.deleteFrom('tokens').where('expires_at', '<', now).executeTakeFirst();
      // Permanent keys have no end: NULL is not below anything.
      const keys = await db.deleteFrom('access_keys').where('expires_at', '<', now).executeTakeFirst();
      return Number(tokens.numDeletedRows + keys.numDeletedRows);
    });
  }
}

function domainOf(row: DomainRow): DomainRecord {
  return { id: row.id, name: row.name };
}

function projectOf(row: ProjectRow): ProjectRecord {
  return {
    id: row.id,
    name: row.name,
    domainId: row.domain_id,
    description: row.description,
    isEnabled: row.is_enabled === 1,
  };
}

function userOf(row: UserRow): UserRecord {
  return {
    id: row.id,
    name: row.name,
    domainId: row.domain_id,
    passwordHash: row.password_hash,
    isEnabled: row.is_enabled === 1,
  };
}

function accessKeyOf(row: AccessKeyRow): AccessKeyRecord {
  return {
    ak: row.ak,
    userId: row.user_id,
    sealedSecret: row.sealed_secret,
    isEnabled: row.is_enabled === 1,
    expiresAt: row.expires_at,
    securityTokenHash: row.security_token_hash,
    createdAt: row.created_at,
  };
}

function tokenOf(row: TokenRow): TokenRecord {
  return {
    hash: row.hash,
    userId: row.user_id,
    methods: fromJson(row.methods),
    projectId: row.project_id,
    domainId: row.domain_id,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  };
}

/** A role that this program wrote is one that it knows; one that it does not know allows nothing. */
function roleOf(row: RoleAssignmentRow): RoleAssignment {
  return { userId: row.user_id, scope: row.scope, role: row.role as RoleAssignment['role'] };
}
