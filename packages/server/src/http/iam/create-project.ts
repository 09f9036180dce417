import { objectIn, objectOf, textOf } from '../../identity/auth-request.ts';
import type { Caller } from '../../identity/caller.ts';
import { IdentityError } from '../../identity/identity-error.ts';
import { newId } from '../../identity/random-text.ts';
import type { ProjectRecord } from '../../store/model.ts';
import { Conflict, type IdentityRepository } from '../../store/store.ts';

/** Projects of one account; each name is one that somebody looked up, so a loop of clients must find an end. */
export const projectsPerDomainMax = 1000;

const nameForm = /^[A-Za-z0-9_-]{1,64}$/;
const descriptionLengthMax = 255;

/**
 * Creates the project that a client names because its look-up found none. Resolves when it is stored.
 * @param body `{"project":{"name":…,"description":…,"domain_id":…}}`.
 * @throws IdentityError 400 for the body or too many projects, 403 for another account, 409 when the name is taken.
 */
export async function createProject(
  identity: IdentityRepository,
  caller: Caller,
  body: unknown,
): Promise<ProjectRecord> {
  const wanted = objectIn(objectOf(body, 'The request body'), 'project', 'project');
  const name = textOf(wanted.name, 'project.name');
  if (!nameForm.test(name)) {
    throw new IdentityError(400, 'project.name may hold up to 64 letters, digits, underscores and hyphens.');
  }
  const description = wanted.description ?? '';
  if (typeof description !== 'string' || description.length > descriptionLengthMax) {
    throw new IdentityError(
      400,
      `project.description must be a text of up to ${descriptionLengthMax} characters.`,
    );
  }
  const domainId = wanted.domain_id ?? caller.domainId;
  if (domainId !== caller.domainId) {
    throw new IdentityError(403, 'A project can be created in the own account only.');
  }
  if ((await identity.listProjects(caller.domainId)).length >= projectsPerDomainMax) {
    throw new IdentityError(400, `An account may hold ${projectsPerDomainMax} projects at most.`);
  }
  const project = { id: newId(), name, domainId: caller.domainId, description, isEnabled: true };
  try {
    await identity.createProject(project);
  } catch (error) {
    if (error instanceof Conflict)
      throw new IdentityError(409, `A project named ${name} exists already.`, error);
    throw error;
  }
  return project;
}
