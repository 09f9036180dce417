import {
  AccessKeyResponse,
  CreateAccessKeyResponse,
  CreateProjectRequest,
  CreateUserRequest,
  ListAccessKeysResponse,
  ListProjectsResponse,
  ListUsersResponse,
  PasswordResponse,
  ProjectResponse,
  SetRoleRequest,
  SetUserPasswordRequest,
  UpdateAccessKeyRequest,
  UpdateProjectRequest,
  UpdateUserRequest,
  UserResponse,
} from './identity-views.ts';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';

export type IdentityOperationId =
  | 'ListProjects'
  | 'CreateProject'
  | 'UpdateProject'
  | 'ListUsers'
  | 'CreateUser'
  | 'UpdateUser'
  | 'SetUserPassword'
  | 'SetUserRole'
  | 'RemoveUserRole'
  | 'ListAccessKeys'
  | 'CreateAccessKey'
  | 'UpdateAccessKey';

const users = '/api/v1/users';
const user = `${users}/{user_id}`;
const administer = { tag: 'identity', access: 'administer' } as const;
const changeErrors = [400, 409, ...lookUpErrors];

/** Who may call what: the administrator of the whole account manages it. */
export const identityOperations: readonly Operation<IdentityOperationId>[] = [
  row({
    operationId: 'ListProjects',
    ...administer,
    method: 'GET',
    path: '/api/v1/projects',
    parameters: [],
    response: ListProjectsResponse,
    summary: { en: 'List the projects of the account', zh: '查询账号下的项目列表' },
  }),
  row({
    operationId: 'CreateProject',
    ...administer,
    method: 'POST',
    path: '/api/v1/projects',
    parameters: [],
    request: CreateProjectRequest,
    response: ProjectResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Create a project', zh: '创建项目' },
  }),
  row({
    operationId: 'UpdateProject',
    ...administer,
    method: 'PUT',
    // The parameter is not named project_id: the call is one of the account, not one inside the project.
    path: '/api/v1/projects/{project}',
    parameters: ['ManagedProject'],
    request: UpdateProjectRequest,
    response: ProjectResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Change, enable or disable a project', zh: '修改、启用或停用项目' },
  }),
  row({
    operationId: 'ListUsers',
    ...administer,
    method: 'GET',
    path: users,
    parameters: [],
    response: ListUsersResponse,
    summary: { en: 'List the users of the account with their roles', zh: '查询账号下的用户及其角色' },
  }),
  row({
    operationId: 'CreateUser',
    ...administer,
    method: 'POST',
    path: users,
    parameters: [],
    request: CreateUserRequest,
    response: PasswordResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Create a user, who has no role yet', zh: '创建用户（初始没有任何角色）' },
  }),
  row({
    operationId: 'UpdateUser',
    ...administer,
    method: 'PUT',
    path: user,
    parameters: ['UserId'],
    request: UpdateUserRequest,
    response: UserResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Enable or disable a user', zh: '启用或停用用户' },
  }),
  row({
    operationId: 'SetUserPassword',
    ...administer,
    method: 'PUT',
    path: `${user}/password`,
    parameters: ['UserId'],
    request: SetUserPasswordRequest,
    isRequestOptional: true,
    response: PasswordResponse,
    errorStatuses: changeErrors,
    summary: {
      en: 'Set the password of a user; tokens of the user end',
      zh: '设置用户密码，该用户的令牌随即失效',
    },
  }),
  row({
    operationId: 'SetUserRole',
    ...administer,
    method: 'PUT',
    path: `${user}/roles/{role_scope}`,
    parameters: ['UserId', 'RoleScope'],
    request: SetRoleRequest,
    response: UserResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Give a user a role in a project, or in all', zh: '授予用户在某个或全部项目中的角色' },
  }),
  row({
    operationId: 'RemoveUserRole',
    ...administer,
    method: 'DELETE',
    path: `${user}/roles/{role_scope}`,
    parameters: ['UserId', 'RoleScope'],
    response: UserResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Take a role from a user', zh: '移除用户的角色' },
  }),
  row({
    operationId: 'ListAccessKeys',
    ...administer,
    method: 'GET',
    path: `${user}/access-keys`,
    parameters: ['UserId'],
    response: ListAccessKeysResponse,
    summary: { en: 'List the access keys of a user', zh: '查询用户的访问密钥' },
  }),
  row({
    operationId: 'CreateAccessKey',
    ...administer,
    method: 'POST',
    path: `${user}/access-keys`,
    parameters: ['UserId'],
    response: CreateAccessKeyResponse,
    errorStatuses: changeErrors,
    summary: {
      en: 'Create an access key; its secret is shown this once',
      zh: '创建访问密钥，其 SK 只显示这一次',
    },
  }),
  row({
    operationId: 'UpdateAccessKey',
    ...administer,
    method: 'PUT',
    path: `${user}/access-keys/{ak}`,
    parameters: ['UserId', 'Ak'],
    request: UpdateAccessKeyRequest,
    response: AccessKeyResponse,
    errorStatuses: changeErrors,
    summary: { en: 'Enable or disable an access key', zh: '启用或停用访问密钥' },
  }),
];
