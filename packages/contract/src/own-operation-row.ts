import { usualAccess } from './access.ts';
import type { Operation } from './operation.ts';

/** What can go wrong with an operation of our own that only looks something up. */
export const lookUpErrors = [401, 403, 404, 500, 503];

type Row<Id extends string> = Pick<
  Operation<Id>,
  'operationId' | 'tag' | 'method' | 'path' | 'parameters' | 'response' | 'summary'
> &
  Partial<Operation<Id>>;

/** Fills in what most operations of our own API have in common. */
export function row<Id extends string>(given: Row<Id>): Operation<Id> {
  return {
    request: null,
    isRequestOptional: false,
    successStatus: 200,
    errorStatuses: given.method === 'GET' ? lookUpErrors : [400, ...lookUpErrors],
    requestsPerMinute: null,
    isAsync: false,
    variant: null,
    access: usualAccess(given),
    ...given,
  };
}
