import type {
  AccessKeyRecord,
  DomainRecord,
  ProjectRecord,
  RoleAssignment,
  TokenRecord,
  UserRecord,
} from '../store/model.ts';
import { Conflict, Gone, type IdentityRepository } from '../store/store.ts';
import type { IdentityStore } from './first-start.ts';

/** A test double: keeps the promises of IdentityRepository in plain maps, and counts reads. */
export class InMemoryIdentityRepository implements IdentityRepository {
  readonly domains = new Map<string, DomainRecord>();
  readonly projects = new Map<string, ProjectRecord>();
  readonly users = new Map<string, UserRecord>();
  readonly accessKeys = new Map<string, AccessKeyRecord>();
  readonly tokens = new Map<string, TokenRecord>();
  readonly roles = new Map<string, RoleAssignment>();
  /** Reads of single records so far. */
  reads = 0;

  async createDomain(domain: DomainRecord): Promise<void> {
    refuseIf(
      [...this.domains.values()].some((d) => d.name === domain.name),
      'domain',
    );
    this.domains.set(domain.id, domain);
  }

  async findDomain(by: { id: string } | { name: string }): Promise<DomainRecord | null> {
    this.reads += 1;
    if ('id' in by) return this.domains.get(by.id) ?? null;
    return [...this.domains.values()].find((d) => d.name === by.name) ?? null;
  }

  async listDomains(): Promise<readonly DomainRecord[]> {
    return [...this.domains.values()];
  }

  async createProject(project: ProjectRecord): Promise<void> {
    refuseIf(
      [...this.projects.values()].some((p) => isNamesake(p, project)),
      'project',
    );
    this.projects.set(project.id, project);
  }

  async findProject(by: { id: string } | { name: string; domainId: string }): Promise<ProjectRecord | null> {
    this.reads += 1;
    if ('id' in by) return this.projects.get(by.id) ?? null;
    return [...this.projects.values()].find((p) => isNamesake(p, by)) ?? null;
  }

  async listProjects(domainId: string): Promise<readonly ProjectRecord[]> {
    return [...this.projects.values()].filter((p) => p.domainId === domainId);
  }

  async createUser(user: UserRecord): Promise<void> {
    refuseIf(
      [...this.users.values()].some((u) => isNamesake(u, user)),
      'user',
    );
    this.users.set(user.id, user);
  }

  async findUser(by: { id: string } | { name: string; domainId: string }): Promise<UserRecord | null> {
    this.reads += 1;
    if ('id' in by) return this.users.get(by.id) ?? null;
    return [...this.users.values()].find((u) => isNamesake(u, by)) ?? null;
  }

  async listUsers(domainId: string): Promise<readonly UserRecord[]> {
    return [...this.users.values()].filter((u) => u.domainId === domainId);
  }

  async updateProject(project: ProjectRecord): Promise<void> {
    goneUnless(this.projects.has(project.id), 'project');
    this.projects.set(project.id, project);
  }

  async updateUser(user: UserRecord): Promise<void> {
    goneUnless(this.users.has(user.id), 'user');
    this.users.set(user.id, user);
  }

  async rolesOf(userId: string): Promise<readonly RoleAssignment[]> {
    return [...this.roles.values()].filter((role) => role.userId === userId);
  }

  async listRoles(domainId: string): Promise<readonly RoleAssignment[]> {
    return [...this.roles.values()].filter(({ userId }) => this.users.get(userId)?.domainId === domainId);
  }

  async putRole(assignment: RoleAssignment): Promise<void> {
    this.roles.set(`${assignment.userId}/${assignment.scope}`, assignment);
  }

  async removeRole(userId: string, scope: string): Promise<boolean> {
    return this.roles.delete(`${userId}/${scope}`);
  }

  async lockRoles(): Promise<void> {
    // Nobody else is here.
  }

  async listAccessKeys(userId: string): Promise<readonly AccessKeyRecord[]> {
    return [...this.accessKeys.values()].filter((key) => key.userId === userId);
  }

  async updateAccessKey(key: AccessKeyRecord): Promise<void> {
    goneUnless(this.accessKeys.has(key.ak), 'access key');
    this.accessKeys.set(key.ak, key);
  }

  async deleteTokensOf(userId: string): Promise<number> {
    const of = [...this.tokens.values()].filter((token) => token.userId === userId);
    for (const { hash } of of) this.tokens.delete(hash);
    return of.length;
  }

  async createAccessKey(key: AccessKeyRecord): Promise<void> {
    refuseIf(this.accessKeys.has(key.ak), 'access key');
    this.accessKeys.set(key.ak, key);
  }

  async findAccessKey(ak: string): Promise<AccessKeyRecord | null> {
    this.reads += 1;
    return this.accessKeys.get(ak) ?? null;
  }

  async createToken(token: TokenRecord): Promise<void> {
    refuseIf(this.tokens.has(token.hash), 'token');
    this.tokens.set(token.hash, token);
  }

  async findToken(hash: string): Promise<TokenRecord | null> {
    this.reads += 1;
    return this.tokens.get(hash) ?? null;
  }

  async deleteExpired(now: number): Promise<number> {
    let deleted = 0;
    for (const [hash, token] of this.tokens)
      if (token.expiresAt < now && this.tokens.delete(hash)) deleted += 1;
    for (const [ak, key] of this.accessKeys) {
      if (key.expiresAt !== null && key.expiresAt < now && this.accessKeys.delete(ak)) deleted += 1;
    }
    return deleted;
  }
}

/** A store of nothing but identities. A transaction that fails puts everything back. */
export function inMemoryIdentityStore(identity = new InMemoryIdentityRepository()): IdentityStore {
  return {
    identity,
    async transaction(work) {
      const maps = [
        identity.domains,
        identity.projects,
        identity.users,
        identity.accessKeys,
        identity.tokens,
        identity.roles,
      ];
      const before = maps.map((map) => [...map]);
      try {
        return await work({ identity });
      } catch (error) {
        maps.forEach((map: Map<string, unknown>, i) => {
          map.clear();
          for (const [key, value] of before[i] ?? []) map.set(key, value);
        });
        throw error;
      }
    },
  };
}

function isNamesake(a: { name: string; domainId: string }, b: { name: string; domainId: string }): boolean {
  return a.name === b.name && a.domainId === b.domainId;
}

function refuseIf(isTaken: boolean, what: string): void {
  if (isTaken) throw new Conflict(what);
}

function goneUnless(isThere: boolean, what: string): void {
  if (!isThere) throw new Gone(what);
}
