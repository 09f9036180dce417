import type { Access } from '@sluice/contract/access';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Authenticator, Caller } from '../identity/caller.ts';
import { isAllowed } from '../identity/rights.ts';

/** What the check needs of an operation: its row of the contract. */
export interface GuardedOperation {
  readonly operationId: string;
  readonly path: string;
  readonly access: Access;
}

/** Whether an operation is one of a project; else it is one of the account. */
export function isOfProject(operation: GuardedOperation): boolean {
  return operation.path.includes('{project_id}');
}

/**
 * The one place where it is decided who may call what. Roles came with the proof of the caller, so this looks at
 * nothing but memory; and nothing that the path names below the project has been looked for when it refuses, so a
 * refusal tells nothing of what exists.
 * @throws Cdm.0032 (403).
 */
export function requirePermission(caller: Caller, projectId: string, operation: GuardedOperation): void {
  const scope = isOfProject(operation) ? projectId : null;
  if (isAllowed(caller.rights, scope, operation.access)) return;
  throw new SluiceError('Cdm.0032', { action: operation.operationId });
}

/** @throws what the authenticator throws. An operation of the account takes tokens of whatever scope. */
export async function requireScope(
  authenticator: Authenticator,
  caller: Caller,
  projectId: string,
  operation: GuardedOperation,
): Promise<void> {
  if (isOfProject(operation)) await authenticator.requireProject(caller, projectId);
}
