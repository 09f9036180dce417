import type { OperationId } from '@sluice/contract/operation';
import { allNames, jobPageSizeMax, jobPageSizeMin, runsPageSizes } from '@sluice/contract/parameters';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { JobService } from '../../jobs/job-service.ts';
import type { RunService } from '../../runs/run-service.ts';
import { type Call, type Handler, pageNumber, parameterOf, queryNumber, queryText } from '../call.ts';
import { isDocument, wrongMember } from '../wire/documents.ts';
import { jobTypeOf, readJob, writeJob } from '../wire/job.ts';
import { neverExecuted, startedSubmissionOf, submissionOf } from '../wire/submission.ts';
import { drivenRun } from './run-handlers.ts';

export interface JobHandlerDeps {
  readonly clusters: ClusterService;
  readonly jobs: JobService;
  readonly runs: Pick<RunService, 'progress' | 'driven'>;
  /** Hears whenever somebody was told the state of a job. */
  readonly onStatusTold?: (call: Call, jobId: number) => void;
  /** 0 up to 1, as Math.random. */
  readonly random: () => number;
}

export function jobHandlers(deps: JobHandlerDeps): Partial<Record<OperationId, Handler>> {
  const { clusters, jobs, runs, random } = deps;

  async function clusterOf(call: Call): Promise<string> {
    const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
    return cluster.id;
  }

  /** Looks, and stops of runs, are also for clusters that stop or restart. */
  async function readableClusterOf(call: Call): Promise<string> {
    return (await clusters.requireReadable(call.projectId, parameterOf(call, 'cluster_id'))).id;
  }

  async function list(call: Call, clusterId: string): Promise<object> {
    const pageNo = pageNumber(call);
    const bounds = { min: jobPageSizeMin, max: jobPageSizeMax, default: jobPageSizeMin };
    const pageSize = queryNumber(call, 'page_size', bounds);
    const type = jobTypeOf(queryText(call, 'jobType') ?? 'NORMAL_JOB');
    const filter = queryText(call, 'filter') ?? '';
    const found = await jobs.list(clusterId, { type, filter, pageNo, pageSize });
    return { total: found.total, jobs: found.jobs.map(writeJob), page_no: pageNo, page_size: pageSize };
  }

  return {
    async CreateJob(call) {
      const clusterId = await clusterOf(call);
      const job = await jobs.create(clusterId, readJob(call.json()), call.caller.userName);
      return { name: job.name, 'validation-result': [] };
    },

    async ShowJobs(call) {
      const clusterId = await readableClusterOf(call);
      const name = parameterOf(call, 'job_name');
      if (name === allNames) return list(call, clusterId);
      // With a name the total is 0, as published, and paging plays no part.
      return { total: 0, jobs: [writeJob(await jobs.find(clusterId, name))], page_no: 1, page_size: 10 };
    },

    async UpdateJob(call) {
      const clusterId = await clusterOf(call);
      const name = parameterOf(call, 'job_name');
      await jobs.update(clusterId, name, readJob(call.json()), call.caller.userName);
      // One empty finding for each block: source, destination, driver.
      return { 'validation-result': [{}, {}, {}] };
    },

    async DeleteJob(call) {
      await jobs.delete(await clusterOf(call), parameterOf(call, 'job_name'));
      return {};
    },

    async StartJob(call) {
      const clusterId = await clusterOf(call);
      const name = parameterOf(call, 'job_name');
      const variables = variablesOf(call.json());
      const run = await jobs.start(call.projectId, clusterId, name, call.caller.userName, variables);
      return { submissions: [startedSubmissionOf(run, runs.progress(run))] };
    },

    async CreateAndStartRandomClusterJob(call) {
      const body = call.json();
      const draft = readJob(body);
      const usable = await clusters.usableOf(call.projectId, clusterIdsOf(body));
      const picked = usable[Math.min(usable.length - 1, Math.floor(random() * usable.length))];
      if (picked === undefined) throw new Error('there is no usable cluster');
      const run = await jobs.createAndStart(call.projectId, picked.id, draft, call.caller.userName);
      return { submissions: [startedSubmissionOf(run, runs.progress(run))] };
    },

    // The body, where one comes, has nothing to say.
    async StopJob(call) {
      await jobs.stop(await readableClusterOf(call), parameterOf(call, 'job_name'), call.caller.userName);
      return { 'validation-result': [] };
    },

    async ShowJobStatus(call) {
      // What a thousand pollers ask for while a run lasts costs no look at the store.
      const driven = drivenRun(runs, call);
      if (driven !== null) {
        deps.onStatusTold?.(call, driven.jobId);
        return { submissions: [submissionOf(driven, runs.progress(driven), call.language)] };
      }
      const found = await jobs.findForStatus(await readableClusterOf(call), parameterOf(call, 'job_name'));
      if (!('job' in found)) {
        // A table of an entire-database job: not remembered, for its name is nobody's and a job may take it.
        const { run } = found;
        return { submissions: [submissionOf(run, runs.progress(run), call.language)] };
      }
      const { job, run } = found;
      deps.onStatusTold?.(call, job.id);
      const latest = run === null ? neverExecuted(job) : submissionOf(run, runs.progress(run), call.language);
      return { submissions: [latest] };
    },

    async ShowSubmissions(call) {
      const clusterId = await readableClusterOf(call);
      const name = queryText(call, 'jname');
      if (name === null) throw new SluiceError('Cdm.0238', { name: 'jname' });
      // No published client can ask for another page; ours may.
      const pageNo = pageNumber(call);
      const pageSize = queryNumber(call, 'page_size', runsPageSizes);
      const found = await jobs.history(clusterId, name, pageSize, (pageNo - 1) * pageSize);
      return {
        total: found.total,
        submissions: found.runs.map((run) => submissionOf(run, runs.progress(run), call.language)),
        page_no: pageNo,
        page_size: pageSize,
      };
    },
  };
}

/** The clusters to choose from, each once. @throws Cdm.0238 none; Cdm.0004 something else than a list of texts. */
function clusterIdsOf(body: unknown): ReadonlySet<string> {
  const given = isDocument(body) ? body.clusters : undefined;
  if (given === undefined || given === null) throw new SluiceError('Cdm.0238', { name: 'clusters' });
  const isList = Array.isArray(given) && given.every((id) => typeof id === 'string');
  if (!isList) throw wrongMember('clusters', { en: 'a list of texts', zh: '文本列表' });
  if (given.length === 0) throw new SluiceError('Cdm.0238', { name: 'clusters' });
  return new Set(given);
}

/** `{"variables": {"name": "text"}}`, or nothing. Numbers and booleans are taken as text. @throws Cdm.0004 */
export function variablesOf(body: unknown): Readonly<Record<string, string>> {
  const given = isDocument(body) ? body.variables : undefined;
  if (given === undefined || given === null) return {};
  if (!isDocument(given)) throw wrongMember('variables', { en: 'an object', zh: '对象' });
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      if (typeof value === 'number' || typeof value === 'boolean') return [name, String(value)];
      throw wrongMember(`variables.${name}`, { en: 'text', zh: '文本' });
    }),
  );
}
