import { allProjects } from '@sluice/contract/access';
import type { Operation, OperationId } from '@sluice/contract/operation';
import { operations } from '@sluice/contract/operations';
import { buildApp } from '@sluice/server/http/app';
import type { AppDeps } from '@sluice/server/http/app-deps';

/** The code with which the server says that it does not serve an operation of the contract. */
const notServedCode = 'APIGW.0101';

/**
 * Asks the real application for each operation, with no services behind it: what is served fails on the way to them,
 * what is not says so.
 */
export async function servedOperations(): Promise<ReadonlySet<OperationId>> {
  const app = buildApp(depsThatFail());
  const served = new Set<OperationId>();
  try {
    for (const operation of operations) {
      const answer = await app.inject({
        method: operation.method,
        url: operation.path.replaceAll(/\{\w+\}/g, 'x'),
        payload: JSON.stringify(operation.variant === null ? {} : { [operation.variant.bodyMember]: {} }),
      });
      if (!isRefusal(operation, answer.json())) served.add(operation.operationId);
    }
  } finally {
    await app.close();
  }
  return served;
}

function isRefusal(operation: Operation, body: Readonly<Record<string, unknown>>): boolean {
  return body.errCode === notServedCode && String(body.externalMessage).includes(operation.operationId);
}

function depsThatFail(): AppDeps {
  const nothing = new Proxy(
    {},
    {
      get: (_target, name) => () => {
        throw new Error(`there is no service behind this application: ${String(name)}`);
      },
    },
  );
  const deps = {
    authenticator: {
      authenticate: async () => ({
        userName: 'docs',
        projectId: 'x',
        rights: new Map([[allProjects, 'administrator']]),
      }),
      requireProject: async () => undefined,
    },
    clusters: nothing,
    links: nothing,
    linkCatalog: nothing,
    transfer: nothing,
    groups: nothing,
    variables: nothing,
    jobs: nothing,
    runs: nothing,
    connectors: [],
    accounts: nothing,
    audit: nothing,
    runLogs: nothing,
    feeds: { close: () => undefined },
    trail: {
      follow: (_operation: unknown, _call: unknown, _origin: unknown, work: () => unknown) => work(),
    },
    config: { zones: ['az1'], region: 'region', address: '127.0.0.1', bodyBytesMax: 1_024, publicUrl: null },
    log: () => undefined,
  };
  return deps as unknown as AppDeps;
}
