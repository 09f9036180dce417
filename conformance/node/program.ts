import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../program-inputs.ts';
import { clusterBody, jobBody, linkBody } from './bodies.ts';
import { CdmClient } from './cdm-client.ts';
import { check, demand, equal, refused } from './check.ts';
import { Observed } from './observed.ts';
import { Runs } from './runs.ts';

/*
 * Drives a Sluice server with the vendor's own Node.js core and prints one JSON line per check. Inputs are environment
 * variables (see conformance/program-inputs.ts). This SDK converts nothing, so the checks look at the types on the wire.
 */
const STEP_MS = 200;

const endpoint = needed('SLUICE_ENDPOINT');
const access = { accessKey: needed('SLUICE_AK'), secretKey: needed('SLUICE_SK') };
const projectId = needed('SLUICE_PROJECT_ID');
const region = needed('SLUICE_REGION');
const waitMs = Number(needed('SLUICE_WAIT_S')) * 1_000;
const scenario = JSON.parse(readFileSync(needed('SLUICE_SCENARIO'), 'utf8')) as Scenario;

const cdm = CdmClient.forProject(endpoint, access, projectId);
const relayed = CdmClient.forProject(needed('SLUICE_RELAY'), access, projectId);
const tampered = CdmClient.forProject(needed('SLUICE_TAMPERING_RELAY'), access, projectId);

const observing = CdmClient.forProject(needed('SLUICE_OBSERVING_RELAY'), access, projectId);
const observed = new Observed({ cdm: observing, plain: cdm, scenario, region, waitMs });

await checkCredentials();
await observed.catalogue();
const clusterId = await checkClusters();
if (clusterId === null) {
  console.error('no cluster, so nothing else can be checked');
  process.exit(1);
}
await observed.clusters(clusterId);
await observed.lifeOfACluster();
await checkLinks(clusterId);
await observed.links();
await checkJobs(clusterId);
await observed.jobs();
const runs = new Runs({ cdm, relayed, clusterId, jobs: scenario.jobs, batch: scenario.batch, waitMs });
await runs.all();
await observed.runs();
await observed.away();
await checkAway(clusterId);

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

async function checkCredentials(): Promise<void> {
  await check('Credentials', 'project id given', async () => {
    demand(Array.isArray((await cdm.listClusters()).clusters), 'no list of clusters');
    return undefined;
  });
  await check('Credentials', 'project looked up by region', async () => {
    const byRegion = CdmClient.forRegion(endpoint, access, region);
    demand(Array.isArray((await byRegion.listClusters()).clusters), 'no list of clusters');
    return `region ${region}`;
  });
  await check('Credentials', 'wrong secret key refused', () => {
    const stranger = CdmClient.forProject(
      endpoint,
      { ...access, secretKey: `${access.secretKey}x` },
      projectId,
    );
    return refused(() => stranger.listClusters(), 401, 'APIGW.0301');
  });
}

/** Gives the id of the new cluster, null when there is none. */
async function checkClusters(): Promise<string | null> {
  const wanted = scenario.cluster;
  let id: string | null = null;
  await check('CreateCluster', 'accepted with 202', async () => {
    const answer = await cdm.createCluster(clusterBody(wanted, wanted.name, wanted.flavorId));
    demand(typeof answer.id === 'string' && answer.id !== '', 'no cluster id');
    id = answer.id;
    equal(answer.name, wanted.name, 'name');
    equal(answer.httpStatusCode, 202, 'status');
    return answer.id;
  });
  if (id === null) return null;
  const created: string = id;
  await check('ShowClusterDetail', 'reaches status 200', async () => {
    for (const end = Date.now() + waitMs; ; await sleep(STEP_MS)) {
      const { status } = await cdm.showClusterDetail(created);
      if (status === '200') return status;
      demand(status === '100' || status === '920', `unexpected status ${JSON.stringify(status)}`);
      demand(Date.now() < end, `still ${status} after ${waitMs} ms`);
    }
  });
  await check('ShowClusterDetail', 'first node is typed', async () => {
    const [node] = (await cdm.showClusterDetail(created)).instances;
    demand(typeof node.id === 'string' && node.id !== '', 'instances[0].id');
    equal(node.flavor.id, wanted.flavorId, 'flavor');
    demand(Number.isInteger(node.volume.size), `volume.size is ${JSON.stringify(node.volume.size)}`);
    return undefined;
  });
  await check('ShowClusterDetail', 'unknown cluster is 404', () =>
    refused(() => cdm.showClusterDetail(scenario.unknownId), 404, null),
  );
  await check('ListClusters', 'contains the new cluster', async () => {
    const found = (await cdm.listClusters()).clusters.filter(
      (cluster: { id: string }) => cluster.id === created,
    );
    equal(found.length, 1, 'entries of the new cluster');
    equal(found[0].name, wanted.name, 'name');
    return undefined;
  });
  return created;
}

async function checkLinks(cluster: string): Promise<void> {
  const { source, target, unreachable } = scenario.links;
  await check('CreateLink', 'validate only stores nothing', async () => {
    await cdm.createLink(cluster, linkBody(source, true), true);
    return await refused(() => cdm.showLink(cluster, source.name), 404, 'Cdm.0101');
  });
  await check('Credentials', 'changed body refused', () =>
    refused(() => tampered.createLink(cluster, linkBody(source, true)), 401, 'APIGW.0301'),
  );
  await check('Credentials', 'changed query refused', () =>
    refused(() => tampered.listClusters(), 401, 'APIGW.0301'),
  );
  await check('CreateLink', 'source stored', async () => {
    equal((await cdm.createLink(cluster, linkBody(source, true))).name, source.name, 'name');
    return undefined;
  });
  // The same relay without its tampering: shows that not the detour but the changed byte was refused above.
  await check('CreateLink', 'target stored, through an honest relay', async () => {
    equal((await relayed.createLink(cluster, linkBody(target, true))).name, target.name, 'name');
    return undefined;
  });
  await check('CreateLink', 'taken name refused', () =>
    refused(() => cdm.createLink(cluster, linkBody(source, true)), 400, 'Cdm.0315'),
  );
  await check('CreateLink', 'unreachable server refused', () =>
    refused(() => cdm.createLink(cluster, linkBody(unreachable, true)), 500, null),
  );
  await check('ShowLink', 'as sent, without the secret', async () => {
    const answer = await cdm.showLink(cluster, source.name);
    const [shown] = answer.links;
    equal(shown['connector-name'], source.connector, 'connector');
    const entries = shown['link-config-values'].configs[0].inputs as { name: string; value?: unknown }[];
    const values = new Map(entries.map((input) => [input.name, input.value]));
    for (const sent of source.configs[0]?.inputs ?? []) {
      if (sent.value !== source.secret) equal(values.get(sent.name), sent.value, sent.name);
    }
    demand(!JSON.stringify(answer).includes(source.secret), 'the secret is in the answer');
    demand(Number.isInteger(shown['creation-date']), 'creation-date is no number');
    return undefined;
  });
  await check('ShowLink', 'all lists both', async () => {
    const names = (await cdm.showLink(cluster, 'all')).links.map((link: { name: string }) => link.name);
    equal(names.sort(), [source.name, target.name].sort(), 'names');
    return undefined;
  });
  await check('ShowLink', 'unknown link is 404', () =>
    refused(() => cdm.showLink(cluster, 'no_such_link'), 404, 'Cdm.0101'),
  );
  // The jobs below run over this link, so a secret lost here makes them fail.
  await check('UpdateLink', 'secret kept when absent', async () => {
    equal(
      (await cdm.updateLink(cluster, source.name, linkBody(source, false))).httpStatusCode,
      200,
      'status',
    );
    return undefined;
  });
}

async function checkJobs(cluster: string): Promise<void> {
  const { copy } = scenario.jobs;
  const all = Object.values(scenario.jobs);
  await check('CreateJob', 'answers the name', async () => {
    for (const job of all) equal((await cdm.createJob(cluster, jobBody(job))).name, job.name, 'name');
    return undefined;
  });
  await check('CreateJob', 'taken name refused', () =>
    refused(() => cdm.createJob(cluster, jobBody(copy)), 400, 'Cdm.0104'),
  );
  await check('ShowJobs', 'one job as sent', async () => {
    const answer = await cdm.showJobs(cluster, copy.name);
    equal([answer.total, answer.jobs.length], [0, 1], 'total and jobs');
    const [shown] = answer.jobs;
    equal(
      [shown.job_type, shown['from-link-name'], shown['to-link-name']],
      ['NORMAL_JOB', copy.fromLink, copy.toLink],
      'job',
    );
    const entries = shown['from-config-values'].configs[0].inputs as { name: string; value?: unknown }[];
    const values = new Map(entries.map((input) => [input.name, input.value]));
    for (const sent of copy.from[0]?.inputs ?? []) equal(values.get(sent.name), sent.value, sent.name);
    demand(Number.isInteger(shown['creation-date']), 'creation-date is no number');
    return undefined;
  });
  await check('ShowJobs', 'all of them, NEW before the first start', async () => {
    const answer = await cdm.showJobs(cluster, 'all');
    equal(answer.total, all.length, 'total');
    const states = answer.jobs.map((job: { status: string }) => job.status);
    equal(
      states,
      all.map(() => 'NEW'),
      'status of the jobs',
    );
    return undefined;
  });
  await check('UpdateJob', 'accepted', async () => {
    equal((await cdm.updateJob(cluster, copy.name, jobBody(copy))).httpStatusCode, 200, 'status');
    return undefined;
  });
}

async function checkAway(cluster: string): Promise<void> {
  const { source, target } = scenario.links;
  await check('DeleteLink', 'link in use refused', () =>
    refused(() => cdm.deleteLink(cluster, source.name), 400, 'Cdm.0321'),
  );
  await check('DeleteJob', 'gone afterwards', async () => {
    for (const job of Object.values(scenario.jobs)) await cdm.deleteJob(cluster, job.name);
    return await refused(() => cdm.showJobs(cluster, scenario.jobs.copy.name), 400, 'Cdm.0100');
  });
  await check('DeleteLink', 'gone afterwards', async () => {
    for (const link of [source, target]) await cdm.deleteLink(cluster, link.name);
    return await refused(() => cdm.showLink(cluster, source.name), 404, 'Cdm.0101');
  });
  await check('DeleteCluster', '202, then 404', async () => {
    equal((await cdm.deleteCluster(cluster)).httpStatusCode, 202, 'status');
    for (const end = Date.now() + waitMs; ; await sleep(STEP_MS)) {
      const gone = await cdm.showClusterDetail(cluster).then(
        () => false,
        () => true,
      );
      if (gone) return await refused(() => cdm.showClusterDetail(cluster), 404, null);
      demand(Date.now() < end, `still there after ${waitMs} ms`);
    }
  });
}
