import { type Role, roles } from '@sluice/contract/access';
import type { IdentityOperationId } from '@sluice/contract/identity-operations';
import type { AccessKeyView, ProjectView, UserView } from '@sluice/contract/identity-views';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { AccountService, UserWithRoles } from '../../identity/account-service.ts';
import type { AccessKeyRecord, ProjectRecord } from '../../store/model.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { type Document, flagMember, isDocument, requiredText, textMember } from '../wire/documents.ts';

const userNameForm = /^[A-Za-z][\w.-]{0,63}$/;
const projectNameForm = /^[A-Za-z0-9_-]{1,64}$/;
const descriptionLengthMax = 255;

/** Projects, users, roles and access keys of the caller's account. */
export function accountHandlers(accounts: AccountService): Readonly<Record<IdentityOperationId, Handler>> {
  const domainOf = (call: Call) => call.caller.domainId;
  const userOf = (call: Call) => parameterOf(call, 'user_id');
  return {
    async ListProjects(call) {
      return { projects: (await accounts.projects(domainOf(call))).map(writeProject) };
    },

    async CreateProject(call) {
      const body = documentOf(call);
      const name = requiredText(body, 'name');
      if (!projectNameForm.test(name)) {
        throw refused('name', {
          en: 'It has up to 64 letters, digits, underscores and hyphens.',
          zh: '最多 64 个字母、数字、下划线和连字符。',
        });
      }
      const project = await accounts.createProject(domainOf(call), name, descriptionOf(body) ?? '');
      return { project: writeProject(project) };
    },

    async UpdateProject(call) {
      const body = documentOf(call);
      const description = descriptionOf(body);
      const change = {
        ...(description === null ? {} : { description }),
        ...(body.is_enabled === undefined ? {} : { isEnabled: flagMember(body, 'is_enabled', true) }),
      };
      const project = await accounts.updateProject(domainOf(call), parameterOf(call, 'project'), change);
      return { project: writeProject(project) };
    },

    async ListUsers(call) {
      return { users: (await accounts.users(domainOf(call))).map(writeUser) };
    },

    async CreateUser(call) {
      const body = documentOf(call);
      const name = requiredText(body, 'name');
      if (!userNameForm.test(name)) {
        throw refused('name', {
          en: 'It is a letter, then up to 63 letters, digits, hyphens, underscores or full stops.',
          zh: '以字母开头，最多 64 个字母、数字、连字符、下划线或点。',
        });
      }
      return writeMade(await accounts.createUser(domainOf(call), name, passwordOf(body)));
    },

    async UpdateUser(call) {
      const body = documentOf(call);
      if (body.is_enabled === undefined) throw new SluiceError('Cdm.0238', { name: 'is_enabled' });
      const isEnabled = flagMember(body, 'is_enabled', true);
      return { user: writeUser(await accounts.setUserEnabled(domainOf(call), userOf(call), isEnabled)) };
    },

    async SetUserPassword(call) {
      const password = passwordOf(documentOf(call));
      return writeMade(await accounts.setPassword(domainOf(call), userOf(call), password));
    },

    async SetUserRole(call) {
      const role = roleOf(requiredText(documentOf(call), 'role'));
      const scope = parameterOf(call, 'role_scope');
      return { user: writeUser(await accounts.setRole(domainOf(call), userOf(call), scope, role)) };
    },

    async RemoveUserRole(call) {
      const scope = parameterOf(call, 'role_scope');
      return { user: writeUser(await accounts.removeRole(domainOf(call), userOf(call), scope)) };
    },

    async ListAccessKeys(call) {
      return { access_keys: (await accounts.accessKeys(domainOf(call), userOf(call))).map(writeAccessKey) };
    },

    async CreateAccessKey(call) {
      const { key, sk } = await accounts.createAccessKey(domainOf(call), userOf(call));
      return { access_key: writeAccessKey(key), sk };
    },

    async UpdateAccessKey(call) {
      const body = documentOf(call);
      if (body.is_enabled === undefined) throw new SluiceError('Cdm.0238', { name: 'is_enabled' });
      const isEnabled = flagMember(body, 'is_enabled', true);
      const [domain, ak] = [domainOf(call), parameterOf(call, 'ak')];
      return {
        access_key: writeAccessKey(await accounts.setAccessKeyEnabled(domain, userOf(call), ak, isEnabled)),
      };
    },
  };
}

function writeProject({ id, name, description, isEnabled }: ProjectRecord): ProjectView {
  return { id, name, description, is_enabled: isEnabled };
}

function writeUser({ user, roles: assigned }: UserWithRoles): UserView {
  return {
    id: user.id,
    name: user.name,
    is_enabled: user.isEnabled,
    roles: assigned.map(({ scope, role }) => ({ project_id: scope, role })),
  };
}

function writeMade(made: { readonly user: UserWithRoles; readonly madePassword: string | null }): object {
  return { user: writeUser(made.user), password: made.madePassword };
}

function writeAccessKey({ ak, isEnabled, createdAt, expiresAt }: AccessKeyRecord): AccessKeyView {
  return { ak, is_enabled: isEnabled, created_at: createdAt, expires_at: expiresAt };
}

function documentOf(call: Call): Document {
  const body = call.json() ?? {};
  if (isDocument(body)) return body;
  throw refused('body', { en: 'The body is an object.', zh: '请求体须为对象。' });
}

/** @returns null when none was sent. Never trimmed: blanks belong to a password. */
function passwordOf(body: Document): string | null {
  const { password } = body;
  if (password === undefined || password === null) return null;
  if (typeof password === 'string' && /^[^\0]{8,128}$/.test(password)) return password;
  // The value is not repeated: it is a password.
  throw refused('password', { en: 'It has 8 to 128 characters.', zh: '长度为 8 到 128 个字符。' });
}

function descriptionOf(body: Document): string | null {
  const text = body.description === '' ? '' : textMember(body, 'description');
  if (text === null || text.length <= descriptionLengthMax) return text;
  throw refused('description', {
    en: `It has up to ${descriptionLengthMax} characters.`,
    zh: `最多 ${descriptionLengthMax} 个字符。`,
  });
}

function roleOf(text: string): Role {
  const found = roles.find((role) => role === text);
  if (found !== undefined) return found;
  const list = roles.join(', ');
  throw refused('role', { en: `It is one of ${list}.`, zh: `须为以下之一：${list}。` });
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) }, { status: 400 });
}
