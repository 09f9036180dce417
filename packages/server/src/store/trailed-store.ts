import type { Store } from './store.ts';
import { type PendingEvent, type TrailScope, type TrailSubject, waitingTrail } from './trail-scope.ts';

type Repositories = Omit<Store, 'transaction' | 'close'>;
type RepositoryName = keyof Repositories;
/** Says what a change was about; null: nothing was changed. */
type SubjectOf = (args: readonly unknown[], result: unknown) => TrailSubject | null;

/** The changes of the store that events are written with. What is not here writes none, and its call writes its event by itself. */
const subjects: {
  readonly [R in RepositoryName]?: Readonly<Partial<Record<keyof Store[R] & string, SubjectOf>>>;
} = {
  clusters: { create: clusterOf, update: clusterOf },
  links: {
    create: (_args, result) => linkOf([result]),
    update: linkOf,
    delete: (args, done) => (done === true ? byName('link', args) : null),
  },
  jobs: {
    create: (_args, result) => jobOf([result]),
    update: jobOf,
    delete: (args, done) => (done === true ? byName('job', args) : null),
  },
  runs: { create: runOf, createResumed: runOf, requestStop: runOf },
  groups: {
    create: ([group], done) => (done === true ? groupOf(group) : null),
    delete: (_args, done) => (done === true ? unnamed : null),
  },
  variables: {
    put: () => unnamed,
    delete: (_args, done) => (done === true ? unnamed : null),
  },
  watermarks: {
    put: () => unnamed,
    delete: (_args, done) => (done === true ? unnamed : null),
  },
  verifications: {
    create: () => unnamed,
    requestStop: (_args, found) => (found === null ? null : unnamed),
  },
  identity: {
    createProject: named('project'),
    updateProject: named('project'),
    createUser: named('user'),
    updateUser: named('user'),
    putRole: ([role]) => ofUser((role as { readonly userId: string }).userId),
    removeRole: ([userId], done) => (done === true ? ofUser(String(userId)) : null),
    createAccessKey: keyOf,
    updateAccessKey: keyOf,
  },
};

/** The call names it. */
const unnamed: TrailSubject = { type: '', id: '', name: '', clusterId: null };

function groupOf(record: unknown): TrailSubject {
  const { name, clusterId } = record as { readonly name: string; readonly clusterId: string };
  return inCluster('job_group', clusterId, '', name);
}

function named(type: string): SubjectOf {
  return ([record]) => {
    const { id, name } = record as { readonly id: string; readonly name: string };
    return { type, id, name, clusterId: null };
  };
}

function clusterOf([record]: readonly unknown[]): TrailSubject {
  const { id, name } = record as { readonly id: string; readonly name: string };
  return { type: 'cluster', id, name, clusterId: id };
}

function linkOf([record]: readonly unknown[]): TrailSubject {
  const { id, name, clusterId } = record as { id: number; name: string; clusterId: string };
  return inCluster('link', clusterId, String(id), name);
}

function jobOf([record]: readonly unknown[]): TrailSubject {
  const { id, name, clusterId } = record as { id: number; name: string; clusterId: string };
  return inCluster('job', clusterId, String(id), name);
}

/** Runs are started and stopped by their jobs. */
function runOf(_args: readonly unknown[], result: unknown): TrailSubject | null {
  if (result === null) return null;
  const { jobId, jobName, clusterId } = result as { jobId: number; jobName: string; clusterId: string };
  return inCluster('job', clusterId, String(jobId), jobName);
}

function keyOf([record]: readonly unknown[]): TrailSubject {
  const { ak } = record as { readonly ak: string };
  return { type: 'access_key', id: ak, name: '', clusterId: null };
}

function ofUser(id: string): TrailSubject {
  return { type: 'user', id, name: '', clusterId: null };
}

function byName(type: string, [clusterId, name]: readonly unknown[]): TrailSubject {
  return inCluster(type, String(clusterId), '', String(name));
}

function inCluster(type: string, clusterId: string, id: string, name: string): TrailSubject {
  return { type, id, name, clusterId };
}

/** Where changes with an event run: inside a transaction of their own, with the repositories of that. */
type RunAlone = <T>(work: (repositories: Repositories) => Promise<T>) => Promise<T>;

/**
 * The same repositories outside of a transaction: a change that has an event to write gets a transaction in which it does so.
 * Without one, which is always but in calls that change something, they are the same methods.
 */
export function trailedOutside(repositories: Repositories, runAlone: RunAlone): Repositories {
  return wrapped(repositories, (room, method, args, plain) => {
    if (waitingTrail() === null) return plain();
    return runAlone((inner) => methodOf(inner[room], method)(...args));
  });
}

/** The same repositories in a transaction of a call that has an event to write. @param written gets what is written. */
export function trailedInside(
  repositories: Repositories,
  trail: TrailScope,
  written: PendingEvent[],
): Repositories {
  return wrapped(repositories, async (room, method, args, plain) => {
    const result = await plain();
    const subject = subjectOf(room, method)?.(args, result) ?? null;
    const pending = subject === null ? null : trail.take(subject);
    if (pending !== null) {
      written.push(pending);
      await repositories.audit.record(pending.event);
    }
    return result;
  });
}

type Intercept = (
  room: RepositoryName,
  method: string,
  args: readonly unknown[],
  plain: () => Promise<unknown>,
) => Promise<unknown>;

function wrapped(repositories: Repositories, intercept: Intercept): Repositories {
  const result: Record<string, unknown> = { ...repositories };
  for (const room of Object.keys(subjects) as RepositoryName[]) {
    const plain = repositories[room];
    result[room] = new Proxy(plain, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (typeof name !== 'string' || subjectOf(room, name) === undefined) return method;
        return (...args: unknown[]) => intercept(room, name, args, () => method(...args));
      },
    });
  }
  return result as unknown as Repositories;
}

function subjectOf(room: RepositoryName, method: string): SubjectOf | undefined {
  return (subjects[room] as Readonly<Record<string, SubjectOf>> | undefined)?.[method];
}

function methodOf(repository: object, method: string): (...args: readonly unknown[]) => Promise<never> {
  const found: unknown = Reflect.get(repository, method, repository);
  if (typeof found !== 'function') throw new Error(`the store has no ${method}`);
  return found.bind(repository) as (...args: readonly unknown[]) => Promise<never>;
}
