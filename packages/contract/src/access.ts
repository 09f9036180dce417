/** What an operation asks of its caller's role in the project that the path names; without a project, in the whole account. */
export type Access = 'read' | 'operate' | 'administer';

/** Roles, from the widest to the narrowest. */
export const roles = ['administrator', 'operator', 'read_only'] as const;
export type Role = (typeof roles)[number];

/** What each role may do: the whole of the rights. */
export const roleAccess: Readonly<Record<Role, ReadonlySet<Access>>> = {
  /** Everything: clusters, users and their roles included. */
  administrator: new Set<Access>(['read', 'operate', 'administer']),
  /** Makes, runs and deletes links and jobs; leaves clusters as they are. */
  operator: new Set<Access>(['read', 'operate']),
  read_only: new Set<Access>(['read']),
};

/** What stands in place of a project id where every project of the account is meant, later ones included. */
export const allProjects = 'all';

/**
 * What an operation asks for unless its row says otherwise: reading is reading, clusters are the administrator's, and
 * whatever else changes something is an operator's work.
 */
export function usualAccess(operation: { readonly method: string; readonly tag: string }): Access {
  if (operation.method === 'GET') return 'read';
  return operation.tag === 'clusters' ? 'administer' : 'operate';
}
