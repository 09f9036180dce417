import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CompiledQuery } from 'kysely';
import type { Db } from './adapter.ts';
import { clusterOf } from './cluster-repository.ts';
import { jobOf } from './job-repository.ts';
import { activeRunStates, type ClusterRecord, type JobRecord, type RunRecord } from './model.ts';
import { runOf } from './run-rows.ts';
import type { ClusterRow, JobRow, RunRow } from './schema.ts';
import { SharedLooks } from './shared-looks.ts';
import { openSqliteForReading } from './sqlite-dialect.ts';

/** Names a job as the status operation does. */
export interface JobPlace {
  readonly projectId: string;
  readonly clusterId: string;
  readonly jobName: string;
}

/** A job, its cluster and the newest run under its name, all of one moment. */
export interface JobStatusFacts {
  readonly cluster: ClusterRecord;
  readonly job: JobRecord;
  /** Runs are found by name, so it may be one of an earlier job of this name. One that has ended comes without its plan, which may be long. */
  readonly run: RunRecord | null;
}

/** Answers the one question that is asked more often than all others together. */
export interface JobStatusReader {
  /**
   * What is committed when it is called, or later; null: there is no such cluster or job. An embedded store answers at once,
   * and with the same object as before if nothing was committed meanwhile.
   */
  find(place: JobPlace): JobStatusFacts | null | Promise<JobStatusFacts | null>;
  close(): void;
}

/** Answers of one version of the store kept; beyond it all are forgotten. */
const factsKeptMax = 1_024;

const isActive = `r.state in (${activeRunStates.map((state) => `'${state}'`).join(', ')})`;

/** One statement, so that no other commit comes between the three rows. */
function statusQuery(columns: string, parameter: (no: number) => string): string {
  return `select ${columns} from clusters c
    join jobs j on j.cluster_id = c.id and j.name = ${parameter(1)}
    left join runs r on r.cluster_id = c.id and r.job_name = j.name and r.submission_id =
      (select max(submission_id) from runs where cluster_id = ${parameter(2)} and job_name = ${parameter(3)} and parent_run_id is null)
    where c.id = ${parameter(4)} and c.project_id = ${parameter(5)}`;
}

const parametersOf = ({ projectId, clusterId, jobName }: JobPlace): string[] => [
  jobName,
  clusterId,
  jobName,
  clusterId,
  projectId,
];

function factsOf(cluster: ClusterRow, job: JobRow, run: RunRow | null): JobStatusFacts {
  return { cluster: clusterOf(cluster), job: jobOf(job), run: run === null ? null : runOf(run) };
}

/**
 * Over a store that others may write to at any time: every answer is of a look begun after its question, and of questions
 * about one job that come while a look is under way, all share the next.
 */
export function statusReader(db: Db): JobStatusReader {
  const looks = new SharedLooks<JobStatusFacts | null>();
  const run = `case when ${isActive} then to_jsonb(r) else jsonb_set(to_jsonb(r), '{plan}', 'null') end`;
  const text = statusQuery(`to_json(c) as cluster, to_json(j) as job, ${run} as run`, (no) => `$${no}`);
  return {
    find(place) {
      return looks.look(keyOf(place), async () => {
        const query = CompiledQuery.raw(text, parametersOf(place));
        const { rows } = await db.executeQuery<{ cluster: ClusterRow; job: JobRow; run: RunRow | null }>(
          query,
        );
        const [row] = rows;
        return row === undefined ? null : factsOf(row.cluster, row.job, row.run);
      });
    },
    close() {
      // The connections are the store's.
    },
  };
}

/**
 * Over the file of an embedded store, on a connection of its own: it sees what is committed and never what a transaction is
 * about to, and it waits for none. SQLite itself says whether anything was committed since the last look, whoever did.
 */
export class SqliteStatusReader implements JobStatusReader {
  readonly #path: string;
  #open: OpenReader | null = null;
  #version = Number.NaN;
  readonly #facts = new Map<string, JobStatusFacts | null>();

  constructor(path: string) {
    this.#path = path;
  }

  find(place: JobPlace): JobStatusFacts | null {
    this.#open ??= openReader(this.#path);
    const { version, look, tables } = this.#open;
    // First the version, then the rows: a commit between the two makes the next look read again, for nothing.
    const now = Number((version.get() as unknown as readonly unknown[])[0]);
    if (now !== this.#version || this.#facts.size >= factsKeptMax) this.#facts.clear();
    this.#version = now;
    const key = keyOf(place);
    const known = this.#facts.get(key);
    if (known !== undefined) return known;
    const row = look.get(...parametersOf(place)) as unknown as readonly unknown[] | undefined;
    const facts = row === undefined ? null : factsFrom(row, tables);
    this.#facts.set(key, facts);
    return facts;
  }

  close(): void {
    this.#facts.clear();
    this.#open?.database.close();
    this.#open = null;
  }
}

interface OpenReader {
  readonly database: DatabaseSync;
  readonly version: StatementSync;
  readonly look: StatementSync;
  /** Names of the columns of each of the three rows, in order. */
  readonly tables: readonly (readonly string[])[];
}

function openReader(path: string): OpenReader {
  const database = openSqliteForReading(path);
  const version = database.prepare('pragma data_version');
  const [clusters, jobs, runs] = (['clusters', 'jobs', 'runs'] as const).map((table) =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name)),
  ) as [string[], string[], string[]];
  const columns = [
    ...clusters.map((name) => `c.${name}`),
    ...jobs.map((name) => `j.${name}`),
    ...runs.map((name) => (name === 'plan' ? `case when ${isActive} then r.plan end` : `r.${name}`)),
  ];
  const look = database.prepare(statusQuery(columns.join(', '), () => '?'));
  const tables = [clusters, jobs, runs];
  version.setReturnArrays(true);
  look.setReturnArrays(true);
  return { database, version, look, tables };
}

function factsFrom(row: readonly unknown[], tables: readonly (readonly string[])[]): JobStatusFacts {
  let at = 0;
  const [cluster, job, run] = tables.map((names) =>
    Object.fromEntries(names.map((name) => [name, row[at++]])),
  );
  const runRow = run as unknown as RunRow;
  return factsOf(
    cluster as unknown as ClusterRow,
    job as unknown as JobRow,
    runRow.id === null ? null : runRow,
  );
}

/** Ids hold no slash, so no two places have one key. */
function keyOf({ projectId, clusterId, jobName }: JobPlace): string {
  return `${projectId}/${clusterId}/${jobName}`;
}
