import Type, { type Static } from 'typebox';
import { roles } from './access.ts';
import {
  answer,
  flag,
  int64,
  listOf,
  oneOfTexts,
  orNull,
  part,
  request,
  text,
  textOrNull,
} from './wire-types.ts';

// Requests and answers of our own API on projects, users, roles and access keys.

const userName = { pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' };
const password = { minLength: 8, maxLength: 128 };

export const ProjectView = answer(
  'Project',
  {
    id: text('Id of the project.'),
    name: text('Name of the project; a region has the project of its name.'),
    description: text('What it is for.'),
    is_enabled: flag('Whether calls may name it.'),
  },
  'A project of the account.',
);
export type ProjectView = Static<typeof ProjectView>;

export const ListProjectsResponse = answer(
  'ListProjectsResponse',
  { projects: listOf(ProjectView, 'Oldest first: that is the default project.') },
  'The projects of the account.',
);
export type ListProjectsResponse = Static<typeof ListProjectsResponse>;

export const CreateProjectRequest = request('CreateProjectRequest', {
  name: text('Up to 64 letters, digits, underscores and hyphens; unique in the account.', {
    pattern: '^[A-Za-z0-9_-]{1,64}$',
  }),
  description: Type.Optional(textOrNull('What it is for; up to 255 characters.')),
});

export const UpdateProjectRequest = request('UpdateProjectRequest', {
  description: Type.Optional(textOrNull('What it is for; up to 255 characters.')),
  is_enabled: Type.Optional(flag('Whether calls may name it.')),
});

export const ProjectResponse = answer(
  'ProjectResponse',
  { project: ProjectView },
  'The project as it is now.',
);
export type ProjectResponse = Static<typeof ProjectResponse>;

export const RoleView = part({
  project_id: text('Id of a project, or all: every project of the account, later ones included.'),
  role: oneOfTexts(roles, 'What the user may do there.'),
});

export const UserView = answer(
  'User',
  {
    id: text('Id of the user.'),
    name: text('Name; links, jobs and runs remember who made them by it.'),
    is_enabled: flag('Whether the user may sign in.'),
    roles: listOf(RoleView, 'Where a project has none and all has none, the user may do nothing.'),
  },
  'A user of the account.',
);
export type UserView = Static<typeof UserView>;

export const ListUsersResponse = answer(
  'ListUsersResponse',
  { users: listOf(UserView, 'Oldest first.') },
  'The users of the account.',
);
export type ListUsersResponse = Static<typeof ListUsersResponse>;

export const UserResponse = answer('UserResponse', { user: UserView }, 'The user as it is now.');
export type UserResponse = Static<typeof UserResponse>;

export const CreateUserRequest = request('CreateUserRequest', {
  name: text(
    'A letter, then up to 63 letters, digits, hyphens, underscores or full stops; unique in the account.',
    userName,
  ),
  password: Type.Optional(textOrNull('8 to 128 characters; absent: a random one is made.', password)),
});

export const SetUserPasswordRequest = request('SetUserPasswordRequest', {
  password: Type.Optional(textOrNull('8 to 128 characters; absent: a random one is made.', password)),
});

export const PasswordResponse = answer(
  'PasswordResponse',
  {
    user: UserView,
    password: textOrNull('The password that was made, shown this once; null: the one that was sent.'),
  },
  'The user, and the password where one was made.',
);
export type PasswordResponse = Static<typeof PasswordResponse>;

export const UpdateUserRequest = request('UpdateUserRequest', {
  is_enabled: flag('Whether the user may sign in; tokens and keys of one who may not are refused.'),
});

export const SetRoleRequest = request('SetRoleRequest', {
  role: oneOfTexts(roles, 'What the user may do there, in place of what it was.'),
});

export const AccessKeyView = answer(
  'AccessKey',
  {
    ak: text('The access key (AK).'),
    is_enabled: flag('Whether it is accepted.'),
    created_at: int64('Made at this time. Unix milliseconds.'),
    expires_at: orNull(
      Type.Integer({ format: 'int64' }),
      'A temporary key ends at this time. Unix milliseconds; null: never.',
    ),
  },
  'An access key of a user, without its secret.',
);
export type AccessKeyView = Static<typeof AccessKeyView>;

export const ListAccessKeysResponse = answer(
  'ListAccessKeysResponse',
  { access_keys: listOf(AccessKeyView, 'Oldest first.') },
  'The access keys of a user.',
);
export type ListAccessKeysResponse = Static<typeof ListAccessKeysResponse>;

export const CreateAccessKeyResponse = answer(
  'CreateAccessKeyResponse',
  { access_key: AccessKeyView, sk: text('The secret key (SK), shown this once.') },
  'The new access key.',
);
export type CreateAccessKeyResponse = Static<typeof CreateAccessKeyResponse>;

export const UpdateAccessKeyRequest = request('UpdateAccessKeyRequest', {
  is_enabled: flag('Whether it is accepted.'),
});

export const AccessKeyResponse = answer(
  'AccessKeyResponse',
  { access_key: AccessKeyView },
  'The access key as it is now.',
);
export type AccessKeyResponse = Static<typeof AccessKeyResponse>;
