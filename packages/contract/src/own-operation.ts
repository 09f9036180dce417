import type { Operation } from './operation.ts';

type Row<Id extends string> = Pick<
  Operation<Id>,
  'operationId' | 'tag' | 'method' | 'path' | 'parameters' | 'response' | 'summary'
> &
  Partial<Operation<Id>>;

/** What nearly every operation may answer in place of what was asked. */
export const lookUpErrors: readonly number[] = [401, 403, 404, 500, 503];

/** An operation of our own API; what is not said of it is what holds for most. */
export function ownOperation<Id extends string>(given: Row<Id>): Operation<Id> {
  return {
    request: null,
    isRequestOptional: false,
    successStatus: 200,
    errorStatuses: lookUpErrors,
    requestsPerMinute: null,
    isAsync: false,
    variant: null,
    ...given,
  };
}
