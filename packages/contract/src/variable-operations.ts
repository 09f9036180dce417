import type { Text } from '@sluice/core/data/text';
import type { Operation } from './operation.ts';
import { lookUpErrors, row } from './own-operation-row.ts';
import type { ParameterId } from './parameters.ts';
import {
  DeleteVariableResponse,
  ListVariablesResponse,
  PutVariableRequest,
  Variable,
} from './variable-views.ts';

export type VariableOperationId =
  | 'ListClusterVariables'
  | 'PutClusterVariable'
  | 'DeleteClusterVariable'
  | 'ListProjectVariables'
  | 'PutProjectVariable'
  | 'DeleteProjectVariable';

const errorStatuses = [400, ...lookUpErrors];

interface Scope {
  readonly name: 'Cluster' | 'Project';
  readonly path: string;
  readonly parameters: readonly ParameterId[];
  readonly of: Text;
}

const scopes: readonly Scope[] = [
  {
    name: 'Cluster',
    path: '/api/v1/projects/{project_id}/clusters/{cluster_id}/variables',
    parameters: ['ProjectId', 'ClusterId'],
    of: { en: 'a cluster', zh: '集群' },
  },
  {
    name: 'Project',
    path: '/api/v1/projects/{project_id}/variables',
    parameters: ['ProjectId'],
    of: { en: 'a project', zh: '项目' },
  },
];

/** Variables of clusters and of projects, which jobs use as `${name}`. */
export const variableOperations: readonly Operation<VariableOperationId>[] = scopes.flatMap(
  ({ name, path, parameters, of }) => [
    row<VariableOperationId>({
      operationId: `List${name}Variables`,
      tag: 'variables',
      method: 'GET',
      path,
      parameters,
      response: ListVariablesResponse,
      summary: {
        en: `List the variables of ${of.en}, without the values of secret ones`,
        zh: `查询${of.zh}的变量（不含加密变量的值）`,
      },
    }),
    row<VariableOperationId>({
      operationId: `Put${name}Variable`,
      tag: 'variables',
      method: 'PUT',
      path: `${path}/{variable_name}`,
      parameters: [...parameters, 'VariableName'],
      request: PutVariableRequest,
      response: Variable,
      errorStatuses,
      summary: { en: `Set a variable of ${of.en}`, zh: `设置${of.zh}的变量` },
    }),
    row<VariableOperationId>({
      operationId: `Delete${name}Variable`,
      tag: 'variables',
      method: 'DELETE',
      path: `${path}/{variable_name}`,
      parameters: [...parameters, 'VariableName'],
      response: DeleteVariableResponse,
      summary: { en: `Delete a variable of ${of.en}`, zh: `删除${of.zh}的变量` },
    }),
  ],
);
