import {
  clusterDetail,
  clusterInList,
  createdCluster,
  creatingState,
  datastores,
  flavorInFull,
  flavors,
  nodeInFull,
  normalState,
  projectOfCluster,
  stoppedState,
  systemTags,
  taskList,
  taskText,
  zones,
} from './cluster-shapes.ts';
import {
  failedLinkCheck,
  findings,
  jobInFull,
  jobsWith,
  linkInFull,
  linksWith,
  named,
  nothing,
  oneRun,
  refusalBody,
  runInFull,
  runsWith,
  startedRun,
} from './job-shapes.ts';
import { is, list, listHolding, listNaming, matching, object, type Rule, text } from './member-rules.ts';
import type { Scenario } from './program-inputs.ts';

/** What a call must be answered with. */
export type ExpectedAnswer = {
  readonly status: number;
  readonly body: Rule;
};

/** What the expectation is made of: the call as it went over the wire, and what the program was told. */
export type ObservedCall = {
  /** Parameters in the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly sent: unknown;
  readonly scenario: Scenario;
};

type Expect = (call: ObservedCall) => ExpectedAnswer;

const ok =
  (make: (call: ObservedCall) => Rule, status = 200): Expect =>
  (call) => ({ status, body: make(call) });
const accepted = (make: (call: ObservedCall) => Rule): Expect => ok(make, 202);
const refused =
  (status: number, code: string | RegExp): Expect =>
  () => ({ status, body: refusalBody(typeof code === 'string' ? is(code) : matching(code)) });

// biome-ignore lint/suspicious/noExplicitAny: what a program sent; a wrong step fails the check
const sentOf = (call: ObservedCall): any => call.sent;
const gone = refused(404, 'Cdm.0001');
/** The published code for an action that does not fit the state; Terraform looks for it in the text of a refused start. */
const wrongState = refused(400, 'CDM.5090');
const jobName = (call: ObservedCall) => call.path.job_name ?? '';
const jobRule = (call: ObservedCall) => is(jobName(call));

const onePage = { total: 0, no: 1, size: 10 };

/** Names of the jobs of the walk's first part, and of those that are there to fill pages. */
export function allJobNames({ jobs, pageJobs }: Scenario): readonly string[] {
  return [...Object.values(jobs).map(({ name }) => name), ...pageJobs.map(({ name }) => name)];
}

const anyJobs = (min: number, max: number): Rule => list(jobInFull(text, 'none'), { min, max });

/**
 * Every call that a program makes before the eyes of the relay, in no particular order: operation, what is peculiar about the
 * call, and the answer. The judge demands each of them of each program, compares what its SDK made of the answer with the
 * answer, and holds the answer against these rules. Cases that begin with "regression" are client behaviour that was broken
 * once, or that a client depends on (published notes, section 13).
 */
export const EXPECTED_ANSWERS: Readonly<Record<string, Readonly<Record<string, Expect>>>> = {
  ShowDatastores: { all: ok(() => datastores) },
  ShowFlavors: { one: ok((call) => flavors(call.path.datastore_id ?? '')), 'unknown datastore': gone },
  ShowFlavorDetail: { one: ok((call) => flavorInFull(call.path.flavor_id ?? '')), 'unknown flavor': gone },
  ShowAvailabilityZones: { one: ok((call) => zones(call.path.region_id ?? '')), 'unknown region': gone },
  ShowEnterpriseProjects: {
    all: ok(() => object({ resources: list(projectOfCluster, { min: 1 }) })),
  },
  ShowClusterEnterpriseProjects: { one: ok(() => systemTags), 'unknown cluster': gone },
  ShowInstanceDetail: {
    one: ok((call) => nodeInFull(call.path.instance_id ?? '', call.scenario.cluster)),
    'unknown node': refused(404, /^Cdm\./),
  },

  ListClusters: {
    all: ok((call) => object({ clusters: listHolding('name', call.scenario.cluster.name, clusterInList) })),
  },
  ShowClusterDetail: {
    normal: ok((call) => clusterDetail(normalState, call.scenario.cluster)),
    'being created': ok((call) => clusterDetail(creatingState, call.scenario.cluster)),
    stopped: ok((call) => clusterDetail(stoppedState, call.scenario.cluster)),
    modified: ok((call) =>
      clusterDetail(
        {
          ...normalState,
          members: { ...normalState.members, isAutoOff: is(true), isScheduleBootOff: is(false) },
        },
        call.scenario.cluster,
      ),
    ),
    'unknown cluster': gone,
    deleted: gone,
  },
  CreateCluster: {
    second: accepted((call) => createdCluster(sentOf(call).cluster.name)),
    'unknown flavor': gone,
  },
  ModifyCluster: { 'automatic shutdown': accepted(() => nothing), 'unknown cluster': gone },
  StopCluster: {
    immediately: ok(() => taskList),
    gracefully: ok(() => taskList),
    'already stopped': wrongState,
    'unknown cluster': gone,
  },
  StartCluster: {
    stopped: ok(() => taskList),
    'regression: a running cluster is refused with CDM.5090': wrongState,
    'unknown cluster': gone,
  },
  RestartCluster: {
    service: ok(() => taskText),
    'machine, forced': ok(() => taskText),
    'while stopped': wrongState,
    'unknown cluster': gone,
  },
  DeleteCluster: { second: accepted(() => taskText), 'unknown cluster': gone },

  CreateLink: {
    spare: ok((call) => named(sentOf(call).links[0].name)),
    'taken name': refused(400, 'Cdm.0315'),
    'unreachable server': () => ({ status: 500, body: failedLinkCheck }),
    'unknown cluster': gone,
  },
  ShowLink: {
    one: ok((call) => linksWith(list(linkInFull(is(call.path.link_name)), { min: 1, max: 1 }))),
    all: ok(({ scenario: { links } }) =>
      linksWith(
        listNaming('name', [links.source.name, links.target.name, links.spare.name], linkInFull(text)),
      ),
    ),
    unknown: refused(404, 'Cdm.0101'),
  },
  UpdateLink: { spare: ok(() => findings), unknown: refused(404, 'Cdm.0101') },
  DeleteLink: {
    'in use': refused(400, 'Cdm.0321'),
    spare: ok(() => nothing),
    unknown: refused(404, 'Cdm.0101'),
  },

  CreateJob: {
    'for pages': ok((call) => named(sentOf(call).jobs[0].name)),
    'taken name': refused(400, 'Cdm.0104'),
    'unknown cluster': gone,
  },
  ShowJobs: {
    'one, never run': ok((call) =>
      jobsWith(list(jobInFull(jobRule(call), 'none'), { min: 1, max: 1 }), onePage),
    ),
    'first page': ok(({ scenario }) =>
      jobsWith(anyJobs(10, 10), { total: allJobNames(scenario).length, no: 1, size: 10 }),
    ),
    'last page': ok(({ scenario }) => {
      const total = allJobNames(scenario).length;
      return jobsWith(anyJobs(total - 10, total - 10), { total, no: 2, size: 10 });
    }),
    'behind the last page': ok(({ scenario }) =>
      jobsWith(list(text, { max: 0 }), { total: allJobNames(scenario).length, no: 3, size: 10 }),
    ),
    filtered: ok(({ scenario: { pageJobs } }) =>
      jobsWith(
        listNaming(
          'name',
          pageJobs.map(({ name }) => name),
          jobInFull(text, 'none'),
        ),
        { total: pageJobs.length, no: 1, size: 100 },
      ),
    ),
    'of another type': ok(() => jobsWith(list(text, { max: 0 }), onePage)),
    unknown: refused(400, 'Cdm.0100'),
    'on a stopped cluster': refused(400, /^Cdm\./),
    'regression: NEW has gone when the start call returns': ok((call) =>
      jobsWith(list(jobInFull(jobRule(call), 'open'), { min: 1, max: 1 }), onePage),
    ),
    'one, succeeded': ok((call) =>
      jobsWith(
        list(jobInFull(jobRule(call), 'succeeded', call.scenario.jobs.copy.rows), { min: 1, max: 1 }),
        onePage,
      ),
    ),
    'one, failed': ok((call) =>
      jobsWith(list(jobInFull(jobRule(call), 'failed'), { min: 1, max: 1 }), onePage),
    ),
  },
  UpdateJob: {
    one: ok(() => findings),
    running: refused(400, 'Cdm.0052'),
    unknown: refused(400, /^Cdm\.0(100|054|095)$/),
  },
  DeleteJob: {
    one: ok(() => nothing),
    running: refused(400, 'Cdm.0052'),
    unknown: refused(400, 'Cdm.0100'),
  },
  StartJob: {
    'regression: without a body': ok((call) => startedRun(jobName(call))),
    'with variables': ok((call) => startedRun(jobName(call))),
    running: refused(400, 'Cdm.0052'),
    unknown: refused(400, /^Cdm\./),
  },
  StopJob: {
    running: ok(() => findings),
    idle: refused(400, 'Cdm.0053'),
    unknown: refused(400, /^Cdm\./),
  },
  ShowJobStatus: {
    'never run': ok((call) => oneRun(runInFull(jobName(call), 'never'))),
    running: ok((call) => oneRun(runInFull(jobName(call), 'open'))),
    succeeded: ok((call) => oneRun(runInFull(jobName(call), 'succeeded', call.scenario.jobs.copy.rows))),
    failed: ok((call) => oneRun(runInFull(jobName(call), 'failed'))),
    stopped: ok((call) => oneRun(runInFull(jobName(call), 'failed'))),
    'failed to be submitted': ok((call) => oneRun(runInFull(jobName(call), 'rejected'))),
    unknown: refused(400, 'Cdm.0100'),
  },
  ShowSubmissions: {
    succeeded: ok(({ scenario: { jobs } }) =>
      runsWith(runInFull(jobs.copy.name, 'succeeded', jobs.copy.rows), 2),
    ),
    unknown: refused(400, /^Cdm\./),
  },
  CreateAndStartRandomClusterJob: {
    'one of two': ok((call) => startedRun(sentOf(call).jobs[0].name)),
    'taken name': refused(400, 'Cdm.0104'),
    'no such cluster': refused(404, /^Cdm\./),
  },
};

/** Calls that a typed SDK cannot make: bodies that another client wraps twice. Made through the one that has no models. */
export const UNTYPED_ANSWERS: typeof EXPECTED_ANSWERS = {
  StopCluster: { 'regression: wrapped twice': ok(() => taskList) },
  UpdateLink: { 'regression: wrapped twice': ok(() => findings) },
  UpdateJob: { 'regression: wrapped twice': ok(() => findings) },
};
