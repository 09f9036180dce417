import type { VariableOperationId } from '@sluice/contract/variable-operations';
import { PutVariableRequest, type Variable } from '@sluice/contract/variable-views';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { VariableService } from '../../jobs/variable-service.ts';
import type { VariableRecord, VariableScope } from '../../store/model.ts';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { checkedBody } from '../checked-body.ts';

export interface VariableHandlerDeps {
  readonly clusters: ClusterService;
  readonly variables: VariableService;
}

/** Variables of clusters and projects. */
export function variableHandlers(deps: VariableHandlerDeps): Readonly<Record<VariableOperationId, Handler>> {
  const { clusters, variables } = deps;

  async function cluster(call: Call): Promise<VariableScope> {
    const { id } = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
    return { kind: 'cluster', id };
  }

  async function project(call: Call): Promise<VariableScope> {
    return { kind: 'project', id: call.projectId };
  }

  type ScopeOf = (call: Call) => Promise<VariableScope>;

  const list =
    (scopeOf: ScopeOf): Handler =>
    async (call) => ({ variables: (await variables.list(await scopeOf(call))).map(writeVariable) });

  const put =
    (scopeOf: ScopeOf): Handler =>
    async (call) => {
      const scope = await scopeOf(call);
      const { value, is_secret: isSecret = false } = checkedBody(call, PutVariableRequest);
      const name = parameterOf(call, 'variable_name');
      return writeVariable(await variables.put(scope, name, { value, isSecret }, call.caller.userName));
    };

  const remove =
    (scopeOf: ScopeOf): Handler =>
    async (call) => {
      await variables.delete(await scopeOf(call), parameterOf(call, 'variable_name'));
      return {};
    };

  return {
    ListClusterVariables: list(cluster),
    PutClusterVariable: put(cluster),
    DeleteClusterVariable: remove(cluster),
    ListProjectVariables: list(project),
    PutProjectVariable: put(project),
    DeleteProjectVariable: remove(project),
  };
}

function writeVariable(variable: VariableRecord): Variable {
  return {
    name: variable.name,
    scope: variable.scope.kind,
    value: variable.value,
    is_secret: variable.sealedValue !== null,
    updated_by: variable.updatedBy,
    updated_at: variable.updatedAt,
  };
}
