import { type Access, allProjects, type Role, roleAccess } from '@sluice/contract/access';
import type { RoleAssignment } from '../store/model.ts';

/** Roles of one user by scope: a project's id, or `all`. Made once when the caller is proved, then only looked up. */
export type Rights = ReadonlyMap<string, Role>;

/** Rights of somebody who may do nothing. */
export const noRights: Rights = new Map();

export function rightsOf(assignments: readonly RoleAssignment[]): Rights {
  return new Map(assignments.map(({ scope, role }) => [scope, role]));
}

/**
 * Whether these rights allow that in a project. A role in all projects counts in each, and so does one in the project:
 * whichever allows more.
 * @param projectId null: in the account, for which a role in all projects is needed.
 */
export function isAllowed(rights: Rights, projectId: string | null, access: Access): boolean {
  return (
    hasAccess(rights.get(allProjects), access) ||
    (projectId !== null && hasAccess(rights.get(projectId), access))
  );
}

/** Whether the user has any part in a project. */
export function hasPart(rights: Rights, projectId: string): boolean {
  return isAllowed(rights, projectId, 'read');
}

function hasAccess(role: Role | undefined, access: Access): boolean {
  // A role that a newer program wrote is in no table of ours.
  return role !== undefined && roleAccess[role]?.has(access) === true;
}
