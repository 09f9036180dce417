import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceResponseException } from '@huaweicloud/huaweicloud-sdk-core/exception/ServiceResponseException.js';
import type { JobScenario, LinkScenario, Scenario } from '../program-inputs.ts';
import { clusterBody, jobBody, linkBody } from './bodies.ts';
import type { Answer, CdmClient } from './cdm-client.ts';
import { check, demand, equal } from './check.ts';

const POLL_MS = 50;
const NO_SUCH_NAME = 'no_such_name';

export type ObservedOptions = {
  /** Over the relay that writes down what goes through. */
  readonly cdm: CdmClient;
  readonly plain: CdmClient;
  readonly scenario: Scenario;
  readonly region: string;
  readonly waitMs: number;
};

/**
 * Calls before the eyes of the relay: every operation, and what the SDK hands on of each answer. Nothing is judged here but
 * the ways of clusters from state to state: observations.ts compares what is printed with what went over the wire, and
 * the wire with the published description.
 */
export class Observed {
  readonly #cdm: CdmClient;
  readonly #plain: CdmClient;
  readonly #options: ObservedOptions;
  readonly #scenario: Scenario;
  readonly #unknown: string;
  readonly #made: JobScenario[] = [];
  #clusterId = '';

  constructor(options: ObservedOptions) {
    this.#options = options;
    this.#cdm = options.cdm;
    this.#plain = options.plain;
    this.#scenario = options.scenario;
    this.#unknown = options.scenario.unknownId;
  }

  /** Makes one call and prints what came of it; gives the SDK's answer, or null. */
  async #observe(operation: string, name: string, call: () => Promise<Answer>): Promise<Answer> {
    const line = { observed: 'node', operation, case: name };
    try {
      const answer = await call();
      // The SDK puts the status beside what was answered.
      const { httpStatusCode: _, ...model } = answer ?? {};
      console.log(JSON.stringify({ ...line, model }));
      return answer;
    } catch (error) {
      if (error instanceof ServiceResponseException) {
        const { httpStatusCode: status, errorCode: code, errorMsg: message, requestId } = error;
        console.log(JSON.stringify({ ...line, refusal: { status, code, message, requestId } }));
      } else console.log(JSON.stringify({ ...line, problem: String(error) }));
      return null;
    }
  }

  /** Checks that a cluster gets to a state by way of others alone; target null: until it is gone. */
  async #follow(
    operation: string,
    name: string,
    id: string,
    target: string | null,
    onTheWay: readonly string[],
  ): Promise<void> {
    const seen = new Set<string>();
    await check(operation, name, async () => {
      for (const end = Date.now() + this.#options.waitMs; ; await sleep(POLL_MS)) {
        const state = await this.#plain.showClusterDetail(id).then(
          ({ status }: Answer) => status as string,
          (error: unknown) => {
            if (target !== null || !(error instanceof ServiceResponseException)) throw error;
            equal(error.httpStatusCode, 404, 'status');
            return null;
          },
        );
        if (state !== null) seen.add(state);
        if (state === target) return [...seen].join(', ');
        demand(onTheWay.includes(state ?? ''), `state ${state} on the way to ${target}`);
        demand(Date.now() < end, `still ${state} after ${this.#options.waitMs} ms`);
      }
    });
  }

  async catalogue(): Promise<void> {
    const cdm = this.#cdm;
    const stores = await this.#observe('ShowDatastores', 'all', () => cdm.showDatastores());
    const flavors = (name: string, id: string) =>
      this.#observe('ShowFlavors', name, () => cdm.showFlavors(id));
    await flavors('one', stores.datastores[0].id);
    await flavors('unknown datastore', this.#unknown);
    const flavor = (name: string, id: string) =>
      this.#observe('ShowFlavorDetail', name, () => cdm.showFlavorDetail(id));
    await flavor('one', this.#scenario.cluster.flavorId);
    await flavor('unknown flavor', this.#unknown);
    const zones = (name: string, region: string) =>
      this.#observe('ShowAvailabilityZones', name, () => cdm.showAvailabilityZones(region));
    await zones('one', this.#options.region);
    await zones('unknown region', 'no-such-region');
  }

  #showCluster(name: string, id: string): Promise<Answer> {
    return this.#observe('ShowClusterDetail', name, () => this.#cdm.showClusterDetail(id));
  }

  async clusters(clusterId: string): Promise<void> {
    this.#clusterId = clusterId;
    const cdm = this.#cdm;
    await this.#observe('ListClusters', 'all', () => cdm.listClusters());
    const detail = await this.#showCluster('normal', clusterId);
    await this.#showCluster('unknown cluster', this.#unknown);
    const node = (name: string, id: string) =>
      this.#observe('ShowInstanceDetail', name, () => cdm.showInstanceDetail(id));
    await node('one', detail.instances[0].id);
    await node('unknown node', this.#unknown);
    await this.#observe('ShowEnterpriseProjects', 'all', () => cdm.showEnterpriseProjects());
    const projects = (name: string, id: string) =>
      this.#observe('ShowClusterEnterpriseProjects', name, () => cdm.showClusterEnterpriseProjects(id));
    await projects('one', clusterId);
    await projects('unknown cluster', this.#unknown);
  }

  #createCluster(name: string, flavorId: string): Promise<Answer> {
    const { cluster } = this.#scenario;
    const body = clusterBody(cluster, cluster.secondName, flavorId);
    return this.#observe('CreateCluster', name, () => this.#cdm.createCluster(body));
  }

  #modify(name: string, id: string): Promise<Answer> {
    const body = { autoOff: true, scheduleBootOff: false, autoRemind: true, email: 'a@example.com' };
    return this.#observe('ModifyCluster', name, () => this.#cdm.modifyCluster(id, body));
  }

  #act(operation: string, name: string, id: string, body: object): Promise<Answer> {
    return this.#observe(operation, name, () => this.#cdm.clusterAction(id, body));
  }

  #start(name: string, id: string): Promise<Answer> {
    return this.#act('StartCluster', name, id, { start: {} });
  }

  #stop(name: string, id: string, stop: object = { stopMode: 'IMMEDIATELY' }): Promise<Answer> {
    return this.#act('StopCluster', name, id, { stop });
  }

  #restart(name: string, id: string, restartLevel = 'SERVICE', restartMode = 'IMMEDIATELY'): Promise<Answer> {
    const restart = { type: 'cdm', restartLevel, restartMode, restartDelayTime: 0 };
    return this.#act('RestartCluster', name, id, { restart });
  }

  #delete(name: string, id: string): Promise<Answer> {
    return this.#observe('DeleteCluster', name, () => this.#cdm.deleteCluster(id));
  }

  /** A second cluster through all its states. */
  async lifeOfACluster(): Promise<void> {
    const unknown = this.#unknown;
    await this.#createCluster('unknown flavor', unknown);
    const { id: second } = await this.#createCluster('second', this.#scenario.cluster.flavorId);
    await this.#showCluster('being created', second);
    await this.#follow('CreateCluster', 'second reaches 200 by way of 100', second, '200', ['100']);
    await this.#modify('automatic shutdown', second);
    await this.#modify('unknown cluster', unknown);
    await this.#showCluster('modified', second);
    await this.#start('regression: a running cluster is refused with CDM.5090', second);
    await this.#start('unknown cluster', unknown);
    await this.#stop('immediately', second);
    await this.#follow('StopCluster', 'reaches 900 by way of 910', second, '900', ['910']);
    await this.#showCluster('stopped', second);
    await this.#stop('already stopped', second);
    await this.#stop('unknown cluster', unknown);
    await this.#restart('while stopped', second);
    await this.#showJobs('on a stopped cluster', 'all', {}, second);
    await this.#start('stopped', second);
    await this.#follow('StartCluster', 'reaches 200 by way of 920', second, '200', ['920']);
    await this.#restart('service', second);
    await this.#follow('RestartCluster', 'service is back at 200 by way of 500', second, '200', ['500']);
    await this.#restart('machine, forced', second, 'VM', 'FORCELY');
    await this.#follow('RestartCluster', 'machine is back at 200 by way of 500', second, '200', ['500']);
    await this.#restart('unknown cluster', unknown);
    await this.#stop('gracefully', second, { stopMode: 'GRACEFULLY', delayTime: -1 });
    await this.#follow('StopCluster', 'gracefully reaches 900 by way of 910', second, '900', ['910']);
    await this.#wrappedStop(second);
    await this.#delete('unknown cluster', unknown);
    await this.#delete('second', second);
    await this.#follow('DeleteCluster', 'second is gone', second, null, ['900', '910', '200']);
    await this.#showCluster('deleted', second);
  }

  /** Another client wraps the bodies of stop and update twice. */
  async #wrappedStop(stopped: string): Promise<void> {
    await this.#plain.clusterAction(stopped, { start: {} });
    for (const end = Date.now() + this.#options.waitMs; Date.now() < end; await sleep(POLL_MS)) {
      if ((await this.#plain.showClusterDetail(stopped)).status === '200') break;
    }
    await this.#stop('regression: wrapped twice', stopped, { stop: { stopMode: 'IMMEDIATELY' } });
  }

  #createLink(name: string, link: LinkScenario, id = this.#clusterId): Promise<Answer> {
    return this.#observe('CreateLink', name, () => this.#cdm.createLink(id, linkBody(link, true)));
  }

  async links(): Promise<void> {
    const { source, spare, unreachable } = this.#scenario.links;
    const [cdm, id] = [this.#cdm, this.#clusterId];
    await this.#createLink('spare', spare);
    await this.#createLink('taken name', spare);
    await this.#createLink('unreachable server', unreachable);
    await this.#createLink('unknown cluster', spare, this.#unknown);
    const show = (name: string, link: string) =>
      this.#observe('ShowLink', name, () => cdm.showLink(id, link));
    await show('one', source.name);
    await show('all', 'all');
    await show('unknown', NO_SUCH_NAME);
    const update = (name: string, link: string, body: object) =>
      this.#observe('UpdateLink', name, () => cdm.updateLink(id, link, body));
    await update('spare', spare.name, linkBody(spare, true));
    await update('unknown', NO_SUCH_NAME, linkBody(spare, true));
    await update('regression: wrapped twice', spare.name, {
      links: { ...linkBody(spare, true), update_user: 'x' },
    });
  }

  #showJobs(name: string, job: string, query: object = {}, id = this.#clusterId): Promise<Answer> {
    return this.#observe('ShowJobs', name, () => this.#cdm.showJobs(id, job, query));
  }

  #updateJob(name: string, job: string, body: object): Promise<Answer> {
    return this.#observe('UpdateJob', name, () => this.#cdm.updateJob(this.#clusterId, job, body));
  }

  #deleteJob(name: string, job: string): Promise<Answer> {
    return this.#observe('DeleteJob', name, () => this.#cdm.deleteJob(this.#clusterId, job));
  }

  #startJob(name: string, job: string, body?: object): Promise<Answer> {
    return this.#observe('StartJob', name, () => this.#cdm.startJob(this.#clusterId, job, body));
  }

  #stopJob(name: string, job: string): Promise<Answer> {
    return this.#observe('StopJob', name, () => this.#cdm.stopJob(this.#clusterId, job));
  }

  #status(name: string, job: string): Promise<Answer> {
    return this.#observe('ShowJobStatus', name, () => this.#cdm.showJobStatus(this.#clusterId, job));
  }

  #submissions(name: string, job: string): Promise<Answer> {
    return this.#observe('ShowSubmissions', name, () => this.#cdm.showSubmissions(this.#clusterId, job));
  }

  async jobs(): Promise<void> {
    const [first, ...others] = this.#scenario.pageJobs as [JobScenario, ...JobScenario[]];
    const [cdm, id] = [this.#cdm, this.#clusterId];
    const create = (name: string, cluster: string) =>
      this.#observe('CreateJob', name, () => cdm.createJob(cluster, jobBody(first)));
    await create('for pages', id);
    await create('taken name', id);
    await create('unknown cluster', this.#unknown);
    for (const job of others) await this.#plain.createJob(id, jobBody(job));
    await this.#showJobs('one, never run', first.name);
    await this.#showJobs('first page', 'all', { page_no: 1, page_size: 10, jobType: 'NORMAL_JOB' });
    await this.#showJobs('last page', 'all', { page_no: 2, page_size: 10 });
    await this.#showJobs('behind the last page', 'all', { page_no: 3, page_size: 10 });
    await this.#showJobs('filtered', 'all', { filter: '_page_', page_no: 1, page_size: 100 });
    await this.#showJobs('of another type', 'all', { jobType: 'BATCH_JOB' });
    await this.#showJobs('unknown', NO_SUCH_NAME);
    await this.#updateJob('one', first.name, jobBody(first));
    await this.#updateJob('unknown', NO_SUCH_NAME, jobBody({ ...first, name: NO_SUCH_NAME }));
    await this.#updateJob('regression: wrapped twice', first.name, { jobs: jobBody(first) });
    await this.#startJob('unknown', NO_SUCH_NAME);
    await this.#stopJob('idle', first.name);
    await this.#stopJob('unknown', NO_SUCH_NAME);
    await this.#status('never run', first.name);
    await this.#status('unknown', NO_SUCH_NAME);
    await this.#submissions('unknown', NO_SUCH_NAME);
    await this.#deleteJob('unknown', NO_SUCH_NAME);
  }

  async #runEnd(job: string): Promise<void> {
    for (const end = Date.now() + this.#options.waitMs; Date.now() < end; await sleep(POLL_MS)) {
      const [run] = (await this.#plain.showJobStatus(this.#clusterId, job)).submissions;
      if (!['BOOTING', 'RUNNING'].includes(run.status)) return;
    }
  }

  #randomJob(name: string, clusters: readonly string[]): Promise<Answer> {
    const body = { ...jobBody(this.#scenario.randomJob), clusters };
    return this.#observe('CreateAndStartRandomClusterJob', name, () =>
      this.#cdm.createAndStartRandomClusterJob(body),
    );
  }

  /** After the runs of the walk: two of copy, one of each of the others. */
  async runs(): Promise<void> {
    const { jobs, pageJobs, randomJob } = this.#scenario;
    const [first, second] = pageJobs as [JobScenario, JobScenario];
    await this.#status('succeeded', jobs.copy.name);
    await this.#status('failed', jobs.failing.name);
    await this.#status('stopped', jobs.slow.name);
    await this.#status('failed to be submitted', jobs.unfit.name);
    await this.#showJobs('one, succeeded', jobs.copy.name);
    await this.#showJobs('one, failed', jobs.failing.name);
    await this.#submissions('succeeded', jobs.copy.name);
    await this.#startJob('regression: without a body', first.name);
    await this.#showJobs('regression: NEW has gone when the start call returns', first.name);
    await this.#status('running', first.name);
    await this.#startJob('running', first.name);
    await this.#updateJob('running', first.name, jobBody(first));
    await this.#deleteJob('running', first.name);
    await this.#stopJob('running', first.name);
    await this.#runEnd(first.name);
    await this.#startJob('with variables', second.name, { variables: { day: '2024-01-31' } });
    await this.#runEnd(second.name);
    await this.#randomJob('no such cluster', [this.#unknown]);
    // Twice the same: some clients list a cluster again.
    if ((await this.#randomJob('one of two', [this.#clusterId, this.#clusterId])) === null) return;
    this.#made.push(randomJob);
    await this.#randomJob('taken name', [this.#clusterId]);
    await this.#runEnd(randomJob.name);
  }

  async away(): Promise<void> {
    const { links, pageJobs } = this.#scenario;
    const [first, ...others] = pageJobs as [JobScenario, ...JobScenario[]];
    await this.#deleteJob('one', first.name);
    for (const { name } of [...others, ...this.#made]) await this.#plain.deleteJob(this.#clusterId, name);
    const remove = (name: string, link: string) =>
      this.#observe('DeleteLink', name, () => this.#cdm.deleteLink(this.#clusterId, link));
    await remove('in use', links.source.name);
    await remove('spare', links.spare.name);
    await remove('unknown', NO_SUCH_NAME);
  }
}
