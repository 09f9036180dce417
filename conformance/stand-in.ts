import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Answered,
  type Cluster,
  type Clusters,
  clusterCall,
  clusterOf,
  type Json,
  Refusal,
} from './stand-in-clusters.ts';

/**
 * A scripted stand-in for a Sluice server: just enough of the API, held in memory, that the SDK programs can be tried
 * in a second without databases. It moves no data. Its answers follow the published shapes, so it also serves to show
 * that a check can fail: every `Fault` spoils one answer, and the check made for it must turn red.
 */
export type Fault =
  | 'none'
  | 'counters-missing'
  | 'date-as-text'
  | 'secret-shown'
  | 'signature-ignored'
  | 'request-id-missing'
  | 'progress-zero-on-failure'
  | 'pages-ignored'
  | 'job-stays-new';

export type StandInOptions = {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly projectId: string;
  readonly region: string;
  readonly rows: number;
  readonly secret: string;
  readonly fault: Fault;
};

type Run = { id: number; startedAt: number; stoppedAt: number | null };
type Job = { body: Json; createdAt: number; runs: Run[] };

const BOOTING_MS = 150;
const RUNNING_MS = 400;

/** Starts the stand-in on a free loopback port; `endpoint` has no trailing slash. */
export async function startStandIn(
  options: StandInOptions,
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const clusters: Clusters = new Map();
  const server: Server = createServer((request, response) => {
    void answer(request, response, options, clusters);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: StandInOptions,
  clusters: Clusters,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const requestId = randomUUID();
  let status = 200;
  let content: Json;
  try {
    if (options.fault !== 'signature-ignored') verify(request, body, options);
    [status, content] = route(request, body, options, clusters);
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'Cdm.0000');
    status = refusal.status;
    const text = error instanceof Error ? error.message : 'failed';
    content = {
      error_code: refusal.code,
      error_msg: text,
      errCode: refusal.code,
      externalMessage: text,
      code: refusal.code,
      message: text,
      request_id: requestId,
      ...(refusal.status === 500
        ? { 'validation-result': [{ linkConfig: [{ message: text, status: 'ERROR' }] }] }
        : {}),
    };
  }
  if (options.fault !== 'request-id-missing') response.setHeader('X-Request-Id', requestId);
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(content));
}

/** SDK-HMAC-SHA256 in its plain form, which is all the four SDKs send for these names. */
function verify(request: IncomingMessage, body: Buffer, options: StandInOptions): void {
  const header = request.headers.authorization ?? '';
  const parts = /^SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    header,
  );
  if (!parts || parts[1] !== options.accessKey) throw new Refusal(401, 'APIGW.0301');
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const uri = decodeURIComponent(path).split('/').map(encode).join('/');
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
      return [pair.slice(0, at), pair.slice(at + 1)]
        .map((text) => encode(decodeURIComponent(text)))
        .join('=');
    })
    .sort()
    .join('&');
  const names = (parts[2] ?? '').split(';');
  const headers = names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`).join('');
  const hash = createHash('sha256').update(body).digest('hex');
  const canonical = [
    request.method,
    uri.endsWith('/') ? uri : `${uri}/`,
    canonicalQuery,
    headers,
    parts[2],
    hash,
  ];
  const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const text = `SDK-HMAC-SHA256\n${request.headers['x-sdk-date']}\n${digest}`;
  const expected = createHmac('sha256', options.secretKey).update(text).digest('hex');
  if (expected !== parts[3]) throw new Refusal(401, 'APIGW.0301');
}

function route(
  request: IncomingMessage,
  body: Buffer,
  options: StandInOptions,
  clusters: Clusters,
): Answered {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/v3/projects') {
    const known = url.searchParams.get('name') === options.region;
    return [200, { projects: known ? [{ id: options.projectId, name: options.region }] : [] }];
  }
  const [, version, projectId, ...parts] = url.pathname.split('/');
  if (version !== 'v1.1' || projectId !== options.projectId) throw new Refusal(404, 'APIGW.0101');
  const json = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Json) : {};
  const method = request.method ?? '';
  const answered = clusterCall({ method, parts, json, region: options.region }, clusters);
  if (answered !== null) return answered;
  const [, clusterId, , kind, name, action] = parts;
  if (clusterId === 'job') return randomJob(json, clusters, options);
  const cluster = clusterOf(clusters, clusterId);
  if (cluster.state() !== '200') throw new Refusal(400, 'Cdm.0201');
  if (kind === 'link') return linkCall(method, name, url, json, cluster, options);
  if (kind === 'submissions') return history(url.searchParams.get('jname') ?? '', cluster, options);
  return jobCall(method, name, action, url.searchParams, json, cluster, options);
}

function linkCall(
  method: string,
  name: string | undefined,
  url: URL,
  json: Json,
  cluster: Cluster,
  options: StandInOptions,
): Answered {
  if (name === undefined) {
    const link = onlyOne(json, 'links');
    if (cluster.links.has(String(link.name))) throw new Refusal(400, 'Cdm.0315');
    if (String(link.name).includes('unreachable')) throw new Refusal(500, 'Cdm.0901');
    if (url.searchParams.get('validate') !== 'true')
      cluster.links.set(String(link.name), shown(link, options));
    return [200, { name: link.name, 'validation-result': [{}] }];
  }
  const all = { 'fromTo-unMapping': '', 'batchFromTo-mapping': '' };
  if (method === 'GET' && name === 'all') return [200, { links: [...cluster.links.values()], ...all }];
  const link = cluster.links.get(name);
  if (!link) throw new Refusal(404, 'Cdm.0101');
  if (method === 'GET') return [200, { links: [link], ...all }];
  if (method === 'DELETE') {
    const users = [...jobsOf(cluster).values()].filter(({ body }) =>
      [body['from-link-name'], body['to-link-name']].includes(name),
    );
    if (users.length > 0) throw new Refusal(400, 'Cdm.0321');
    cluster.links.delete(name);
    return [200, {}];
  }
  return [200, { 'validation-result': [{}] }];
}

/** The one link or job of a body; some clients wrap it twice. */
function onlyOne(json: Json, member: string): Json {
  const inner = (json[member] as Json | undefined)?.[member] ?? json[member];
  return (inner as Json[])[0] ?? {};
}

/** The link as a reader sees it: the entry of the secret stays, its value goes. */
function shown(link: Json, options: StandInOptions): Json {
  const text = JSON.stringify(link);
  const masked =
    options.fault === 'secret-shown' ? text : text.replaceAll(`"value":"${options.secret}"`, '"value":null');
  return { ...(JSON.parse(masked) as Json), id: 1, ...editors(Date.now()) };
}

const editors = (at: number) => ({
  'creation-user': 'admin',
  'creation-date': at,
  'update-user': 'admin',
  'update-date': at,
});

const jobsOf = (cluster: Cluster) => cluster.jobs as Map<string, Job>;

function createJob(body: Json, cluster: Cluster): Job {
  const jobs = jobsOf(cluster);
  if (jobs.has(String(body.name))) throw new Refusal(400, 'Cdm.0104');
  const job = { body, createdAt: Date.now(), runs: [] };
  jobs.set(String(body.name), job);
  return job;
}

function startRun(job: Job): Run {
  const run = { id: job.runs.length + 1, startedAt: Date.now(), stoppedAt: null };
  job.runs.push(run);
  return run;
}

function randomJob(json: Json, clusters: Clusters, options: StandInOptions): Answered {
  const [cluster] = (json.clusters as string[]).map((id) => clusterOf(clusters, id));
  if (cluster === undefined) throw new Refusal(400, 'Cdm.0238');
  const job = createJob(onlyOne(json, 'jobs'), cluster);
  return [200, { submissions: [started(runMembers(job, startRun(job), options))] }];
}

/** What start calls answer of a run. */
function started(run: Json): Json {
  const { 'external-id': _, ...members } = run;
  return members;
}

function jobList(jobs: readonly Job[], query: URLSearchParams, options: StandInOptions): Json {
  const [no, size] = [Number(query.get('page_no') ?? 1), Number(query.get('page_size') ?? 10)];
  const isWanted = ({ body }: Job) =>
    body.job_type === (query.get('jobType') ?? 'NORMAL_JOB') &&
    String(body.name).includes(query.get('filter') ?? '');
  const found = jobs.filter(isWanted);
  const page = options.fault === 'pages-ignored' ? found : found.slice((no - 1) * size, no * size);
  return {
    total: found.length,
    jobs: page.map((job) => jobMembers(job, options)),
    page_no: no,
    page_size: size,
  };
}

function jobCall(
  method: string,
  name: string | undefined,
  action: string | undefined,
  query: URLSearchParams,
  json: Json,
  cluster: Cluster,
  options: StandInOptions,
): Answered {
  const jobs = jobsOf(cluster);
  if (name === undefined) {
    const { body } = createJob(onlyOne(json, 'jobs'), cluster);
    return [200, { name: body.name, 'validation-result': [] }];
  }
  if (method === 'GET' && name === 'all') return [200, jobList([...jobs.values()], query, options)];
  const job = jobs.get(name);
  if (!job) throw new Refusal(400, 'Cdm.0100');
  const run = job.runs.at(-1);
  const isOpen =
    run !== undefined && ['BOOTING', 'RUNNING'].includes(String(runMembers(job, run, options).status));
  if (action === 'status') return [200, { submissions: [runMembers(job, run, options)] }];
  if (action === 'start') {
    if (isOpen) throw new Refusal(400, 'Cdm.0052');
    return [200, { submissions: [started(runMembers(job, startRun(job), options))] }];
  }
  if (action === 'stop') {
    if (!isOpen || !run) throw new Refusal(400, 'Cdm.0053');
    run.stoppedAt = Date.now();
    return [200, { 'validation-result': [] }];
  }
  if (method === 'GET')
    return [200, { total: 0, jobs: [jobMembers(job, options)], page_no: 1, page_size: 10 }];
  if (isOpen) throw new Refusal(400, 'Cdm.0052');
  if (method === 'DELETE') jobs.delete(name);
  return [200, method === 'DELETE' ? {} : { 'validation-result': [{}, {}, {}] }];
}

function jobMembers(job: Job, options: StandInOptions): Json {
  const run = job.runs.at(-1);
  const lastStatus = run === undefined ? 'NEW' : String(runMembers(job, run, options).status);
  const isNew = run === undefined || options.fault === 'job-stays-new';
  return {
    ...job.body,
    id: 1,
    ...editors(job.createdAt),
    enabled: true,
    group_name: 'DEFAULT',
    is_incre_job: false,
    is_incrementing: false,
    is_use_sql: false,
    status: isNew ? 'NEW' : lastStatus,
    ...(run === undefined
      ? {}
      : {
          execute_create_date: run.startedAt,
          execute_start_date: run.startedAt,
          execute_update_date: run.startedAt,
        }),
    ...(lastStatus === 'SUCCEEDED'
      ? {
          rows_read: options.rows,
          rows_written: options.rows,
          write_rows: options.rows,
          update_rows: 0,
          delete_rows: 0,
        }
      : {}),
  };
}

function history(name: string, cluster: Cluster, options: StandInOptions): Answered {
  const job = jobsOf(cluster).get(name);
  if (!job) throw new Refusal(400, 'Cdm.0100');
  const submissions = job.runs.map((run) => runMembers(job, run, options)).reverse();
  return [200, { submissions, total: submissions.length, page_no: 1, page_size: 10 }];
}

function runMembers(job: Job, run: Run | undefined, options: StandInOptions): Json {
  const date = (at: number) => (options.fault === 'date-as-text' ? String(at) : at);
  const name = String(job.body.name);
  const base: Json = {
    'job-name': name,
    'submission-id': run?.id ?? 0,
    'creation-user': 'admin',
    'creation-date': date(run?.startedAt ?? job.createdAt),
    'last-update-user': 'admin',
    'last-udpate-user': 'admin',
    'last-update-date': date(Date.now()),
    'is-execute-auto': false,
    isIncrementing: false,
    isStopingIncrement: '',
    isDeleteJob: false,
    'external-id': run ? `job_local_${run.id}` : '',
    write_rows: 0,
    update_rows: 0,
    delete_rows: 0,
  };
  base['execute-date'] = base['creation-date'];
  if (!run) return { ...base, status: 'NEVER_EXECUTED', progress: 0 };
  base['execute-date'] = date(run.startedAt);
  const age = Date.now() - run.startedAt;
  if (run.stoppedAt !== null || (name.includes('failing') && age >= BOOTING_MS)) {
    const cause = run.stoppedAt !== null ? 'Stopped by admin.' : 'Table [missing] does not exist.';
    const progress = options.fault === 'progress-zero-on-failure' ? 0 : -1;
    return {
      ...base,
      status: 'FAILED',
      progress,
      'error-summary': `Cdm.0900 ${cause}`,
      'error-details': cause,
    };
  }
  if (name.includes('unfit') && age >= BOOTING_MS)
    return { ...base, status: 'FAILURE_ON_SUBMIT', progress: -1 };
  if (age < BOOTING_MS) return { ...base, status: 'BOOTING', progress: 0 };
  if (age < RUNNING_MS || name.includes('slow')) return { ...base, status: 'RUNNING', progress: 50.5 };
  const succeeded: Json = { ...base, status: 'SUCCEEDED', progress: 100, write_rows: options.rows };
  if (options.fault === 'counters-missing') return succeeded;
  return {
    ...succeeded,
    counters: {
      'org.apache.sqoop.submission.counter.SqoopCounters': {
        BYTES_WRITTEN: 4096,
        TOTAL_FILES: -1,
        ROWS_READ: options.rows,
        BYTES_READ: 4096,
        ROWS_WRITTEN: options.rows,
        FILES_WRITTEN: -1,
        FILES_READ: -1,
        TOTAL_SIZE: -1,
        FILES_SKIPPED: -1,
        ROWS_WRITTEN_SKIPPED: 0,
      },
    },
  };
}
