import { AsyncLocalStorage } from 'node:async_hooks';
import type { KyselyPlugin } from 'kysely';

/** Marks the calls made from inside `Store.transaction`, as long as it is open. */
const scope = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Runs a transaction's body under the mark. */
export function markTransaction<T>(work: () => Promise<T>): Promise<T> {
  const mark = { isOpen: true };
  return scope.run(mark, async () => {
    try {
      return await work();
    } finally {
      mark.isOpen = false;
    }
  });
}

/**
 * A statement on the store itself from inside a transaction would wait for the connection which that transaction holds:
 * embedded for ever, on a server when the pool is empty. It is a bug of the caller, so it is said at once.
 */
export function refuseInsideTransaction(): void {
  if (scope.getStore()?.isOpen === true) {
    throw new Error('Inside a transaction use the store that was handed to it, not the outer one');
  }
}

/** Asks the question before each statement, which is before it would wait for a connection. */
export const outsideTransactionOnly: KyselyPlugin = {
  transformQuery({ node }) {
    refuseInsideTransaction();
    return node;
  },
  async transformResult({ result }) {
    return result;
  },
};
