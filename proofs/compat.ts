import { isDeepStrictEqual } from 'node:util';
import { bundle } from '../packages/connectors/src/bundle.ts';
import type { Compatibility } from '../packages/contract/src/compat/compat-views.ts';
import {
  buildCompatibility,
  type Product,
  referenceApi,
} from '../packages/contract/src/compat/compatibility.ts';
import { watchReads } from '../packages/contract/src/compat/members.ts';
import observedMembers from '../packages/contract/src/compat/observed-members.json' with { type: 'json' };
import { ConnectorRegistry } from '../packages/core/src/connector/registry.ts';
import { sampleApp } from '../packages/server/src/http/sample-app.ts';
import { driverGroups } from '../packages/server/src/jobs/driver-options.ts';
import { observeMembers } from '../tools/docs/compat-observation.ts';
import { servedOperations } from '../tools/docs/served-operations.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'Every operation, member, parameter, setting and error code of the reference is honoured, ignored or refused as the report says; all 28 operations are honoured';

/** Observes the server anew, holds the committed report and the served one against it, and plants faults that must show. */
export async function run({ log }: ProofOptions): Promise<ProofResult> {
  const served = await servedOperations();
  const product: Product = {
    version: '1.2.3',
    isServed: (operationId) => served.has(operationId),
    connectors: bundle,
    driverGroups,
  };
  const report = buildCompatibility(product, 'en');
  const isObservedCommitted = isDeepStrictEqual(await observeMembers(), observedMembers);
  if (!isObservedCommitted) log('what requests and answers do has changed: run `npm run docs` twice');
  const isServedSame = isDeepStrictEqual(await servedReport(), report);
  if (!isServedSame) log('GET /api/v1/compat answers another report');
  const missing = report.operations.filter(({ treatment }) => treatment !== 'honoured');
  for (const { operation_id, why } of missing) log(`${operation_id}: ${why}`);
  const plantedBugSeen = isMissingOperationSeen(product, report) && isUnreadMemberSeen();
  return {
    ok: isObservedCommitted && isServedSame && missing.length === 0 && plantedBugSeen,
    figures: { ...report.totals, isObservedCommitted, isServedSame, plantedBugSeen },
  };
}

/** As a client gets it, without sign-on: like the descriptions of the API, it is no secret. */
async function servedReport(): Promise<unknown> {
  const sample = await sampleApp({ registry: new ConnectorRegistry(bundle) });
  try {
    return (await sample.app.inject({ method: 'GET', url: '/api/v1/compat' })).json();
  } finally {
    await sample.close();
  }
}

/** A server that does not serve StopJob, and whose links have lost their settings. */
function isMissingOperationSeen(product: Product, report: Compatibility): boolean {
  const connectors = bundle.map((spec) => ({ ...spec, link: { ...spec.link, options: [] } }));
  const isServed: Product['isServed'] = (operationId) =>
    operationId !== 'StopJob' && product.isServed(operationId);
  const broken = buildCompatibility({ ...product, isServed, connectors }, 'en');
  return (
    broken.totals.operations.honoured === report.totals.operations.honoured - 1 &&
    broken.totals.options.honoured < report.totals.options.honoured
  );
}

/** A reader that forgets one member of a job. */
function isUnreadMemberSeen(): boolean {
  const body = { jobs: [{ name: 'j', 'from-link-name': 'a', 'to-link-name': 'b' }] };
  const read = new Set<string>();
  const schema = { $ref: '#/components/schemas/JobsRequest' };
  const { jobs } = watchReads(referenceApi, schema, body, (member) => read.add(member)) as typeof body;
  for (const job of jobs) void [job.name, job['from-link-name']];
  return read.has('JobIn.from-link-name') && !read.has('JobIn.to-link-name');
}
