import type { Text } from '@sluice/core/data/text';
import type { TSchema } from 'typebox';
import type { Access } from './access.ts';
import type { ParameterId } from './parameters.ts';

/** The operations of the API, under the names that the published clients give them. */
export type OperationId =
  | 'ListClusters'
  | 'CreateCluster'
  | 'ShowClusterDetail'
  | 'DeleteCluster'
  | 'RestartCluster'
  | 'StartCluster'
  | 'StopCluster'
  | 'ModifyCluster'
  | 'ShowInstanceDetail'
  | 'ShowDatastores'
  | 'ShowFlavors'
  | 'ShowFlavorDetail'
  | 'ShowAvailabilityZones'
  | 'ShowEnterpriseProjects'
  | 'ShowClusterEnterpriseProjects'
  | 'CreateLink'
  | 'ShowLink'
  | 'UpdateLink'
  | 'DeleteLink'
  | 'CreateJob'
  | 'ShowJobs'
  | 'UpdateJob'
  | 'DeleteJob'
  | 'StartJob'
  | 'StopJob'
  | 'ShowJobStatus'
  | 'ShowSubmissions'
  | 'CreateAndStartRandomClusterJob'
  /** Not among the 28 that clients know: an alias of ShowLink with the name `all`. */
  | 'ListLinksUnnamed';

export type OperationTag =
  | 'clusters'
  | 'catalogue'
  | 'links'
  | 'jobs'
  | 'runs'
  | 'samples'
  | 'link-tools'
  | 'transfer'
  | 'job-groups'
  | 'variables'
  | 'watermarks'
  | 'identity'
  | 'audit';

/** @typeParam Id the operations of one API; of the CDM API unless said otherwise. */
export interface Operation<Id extends string = OperationId> {
  readonly operationId: Id;
  readonly tag: OperationTag;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces: `/v1.1/{project_id}/clusters`. */
  readonly path: string;
  readonly parameters: readonly ParameterId[];
  /** null: the operation reads no body. */
  readonly request: TSchema | null;
  /** May the body be absent? Clients differ; where it may be, an empty body is no error. */
  readonly isRequestOptional: boolean;
  readonly successStatus: 200 | 202;
  readonly response: TSchema;
  /** The answer is a stream of server-sent events; `response` is what the data of each is. Absent: it is one body. */
  readonly isEventStream?: boolean;
  /** The answer is a file of this type. Absent: it is JSON. */
  readonly contentType?: 'text/csv';
  /** What may be answered instead, each with the error body. */
  readonly errorStatuses: readonly number[];
  /** Requests per user and minute, each operation counted apart; null: no limit of its own. */
  readonly requestsPerMinute: number | null;
  /** The answer comes before the work is done. */
  readonly isAsync: boolean;
  /** Set for operations that share method and path: the member of the body that tells them apart. */
  readonly variant: { readonly sharedId: 'ClusterAction'; readonly bodyMember: string } | null;
  readonly summary: Text;
  /** What the caller's role must allow. */
  readonly access: Access;
}
