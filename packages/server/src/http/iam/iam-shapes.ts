import { allProjects, type Role, roles } from '@sluice/contract/access';
import type { TokenDetails } from '../../identity/token-service.ts';
import type { DomainRecord, ProjectRecord, UserRecord } from '../../store/model.ts';
import type { serviceCatalog } from './service-catalog.ts';
import { wireTime } from './wire-time.ts';

/** Answers of the identity calls at their smallest. `base` is the server's address without a slash at the end. */

export function listLinks(self: string): object {
  // `next` must be null: Terraform asks for pages as long as it is a text.
  return { self, next: null, previous: null };
}

export function projectShape(project: ProjectRecord, base: string): object {
  return {
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    parent_id: project.domainId,
    is_domain: false,
    enabled: project.isEnabled,
    description: project.description,
    links: { self: `${base}/v3/projects/${project.id}` },
  };
}

export function domainShape(domain: DomainRecord, base: string): object {
  return {
    id: domain.id,
    name: domain.name,
    enabled: true,
    description: '',
    links: { self: `${base}/v3/domains/${domain.id}` },
  };
}

export function userShape(user: UserRecord, base: string): object {
  return {
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.isEnabled,
    links: { self: `${base}/v3/users/${user.id}` },
  };
}

export function regionShape(id: string, base: string): object {
  return {
    id,
    type: 'public',
    parent_region_id: null,
    description: '',
    locales: { 'en-us': id, 'zh-cn': id },
    links: { self: `${base}/v3/regions/${id}` },
  };
}

export function versionShape(base: string): object {
  return {
    id: 'v3.6',
    status: 'stable',
    updated: '2016-04-04T00:00:00Z',
    links: [{ rel: 'self', href: `${base}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

/** Names of roles as tokens give them; programs look for the first. */
const roleNames: Readonly<Record<Role, string>> = {
  administrator: 'te_admin',
  operator: 'cdm_operator',
  read_only: 'cdm_read_only',
};

function rolesOf({ rights, project }: TokenDetails): readonly object[] {
  const scopes = project === null ? [allProjects] : [allProjects, project.id];
  const held = new Set(scopes.map((scope) => rights.get(scope)));
  return roles
    .filter((role) => held.has(role))
    .map((role, at) => ({ id: String(at), name: roleNames[role] }));
}

/** The body of a token answer; the token itself goes into a header only. */
export function tokenShape(details: TokenDetails, catalog: ReturnType<typeof serviceCatalog> | []): object {
  const { user, project } = details;
  const domain = { id: details.domain.id, name: details.domain.name };
  return {
    token: {
      methods: details.methods,
      issued_at: wireTime(details.issuedAt),
      expires_at: wireTime(details.expiresAt),
      user: { id: user.id, name: user.name, password_expires_at: '', domain },
      ...(project === null ? { domain } : { project: { id: project.id, name: project.name, domain } }),
      roles: rolesOf(details),
      catalog,
    },
  };
}
