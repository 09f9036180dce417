import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  | 'progress-zero-on-failure';

export type StandInOptions = {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly projectId: string;
  readonly region: string;
  readonly rows: number;
  readonly secret: string;
  readonly fault: Fault;
};

type Json = { [name: string]: unknown };
type Run = { id: number; startedAt: number; endedAt: number | null; stopped: boolean };
type Job = { body: Json; runs: Run[] };
type Cluster = {
  id: string;
  body: Json;
  createdAt: number;
  links: Map<string, Json>;
  jobs: Map<string, Job>;
};

const BOOTING_MS = 150;
const RUNNING_MS = 400;
const CLUSTER_CREATION_MS = 300;

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(`refused with ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** Starts the stand-in on a free loopback port; `endpoint` has no trailing slash. */
export async function startStandIn(
  options: StandInOptions,
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const clusters = new Map<string, Cluster>();
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
  clusters: Map<string, Cluster>,
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
  clusters: Map<string, Cluster>,
): [number, Json] {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/v3/projects') {
    const known = url.searchParams.get('name') === options.region;
    return [200, { projects: known ? [{ id: options.projectId, name: options.region }] : [] }];
  }
  const [, version, projectId, noun, clusterId, , kind, name, action] = url.pathname.split('/');
  if (version !== 'v1.1' || projectId !== options.projectId || noun !== 'clusters') {
    throw new Refusal(404, 'APIGW.0101');
  }
  const json = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Json) : {};
  const method = request.method ?? '';
  if (clusterId === undefined) return clusterList(method, json, clusters);
  const cluster = clusters.get(clusterId);
  if (!cluster) throw new Refusal(404, 'Cdm.0001');
  if (kind === undefined) return clusterDetail(method, cluster, clusters);
  if (kind === 'link') return linkCall(method, name, url, json, cluster, options);
  if (kind === 'submissions') return history(url.searchParams.get('jname') ?? '', cluster, options);
  return jobCall(method, name, action, json, cluster, options);
}

function clusterList(method: string, json: Json, clusters: Map<string, Cluster>): [number, Json] {
  if (method === 'GET') return [200, { clusters: [...clusters.values()].map(clusterMembers) }];
  const body = json.cluster as Json;
  const cluster = { id: randomUUID(), body, createdAt: Date.now(), links: new Map(), jobs: new Map() };
  clusters.set(cluster.id, cluster);
  return [202, { id: cluster.id, name: body.name }];
}

function clusterMembers(cluster: Cluster): Json {
  const [node] = cluster.body.instances as Json[];
  return {
    id: cluster.id,
    name: cluster.body.name,
    status: Date.now() - cluster.createdAt < CLUSTER_CREATION_MS ? '100' : '200',
    created: '2026-01-02T03:04:05',
    updated: '2026-01-02T03:04:05',
    isFrozen: '0',
    instances: [
      {
        id: 'n1',
        name: 'node-1',
        type: 'cdm',
        status: '200',
        isFrozen: '0',
        flavor: { id: node?.flavorRef, links: [] },
        volume: { type: 'local', size: 100 },
      },
    ],
  };
}

function clusterDetail(method: string, cluster: Cluster, clusters: Map<string, Cluster>): [number, Json] {
  if (method !== 'DELETE') return [200, clusterMembers(cluster)];
  clusters.delete(cluster.id);
  return [202, { jobId: randomUUID() }];
}

function linkCall(
  method: string,
  name: string | undefined,
  url: URL,
  json: Json,
  cluster: Cluster,
  options: StandInOptions,
): [number, Json] {
  if (name === undefined) {
    const [link = {}] = json.links as Json[];
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
    if (cluster.jobs.size > 0) throw new Refusal(400, 'Cdm.0321');
    cluster.links.delete(name);
    return [200, {}];
  }
  return [200, { 'validation-result': [{}] }];
}

/** The link as a reader sees it: the entry of the secret stays, its value goes. */
function shown(link: Json, options: StandInOptions): Json {
  const text = JSON.stringify(link);
  const masked =
    options.fault === 'secret-shown' ? text : text.replaceAll(`"value":"${options.secret}"`, '"value":null');
  return { ...(JSON.parse(masked) as Json), 'creation-date': Date.now() };
}

function jobCall(
  method: string,
  name: string | undefined,
  action: string | undefined,
  json: Json,
  cluster: Cluster,
  options: StandInOptions,
): [number, Json] {
  if (name === undefined) {
    const [body = {}] = json.jobs as Json[];
    if (cluster.jobs.has(String(body.name))) throw new Refusal(400, 'Cdm.0104');
    cluster.jobs.set(String(body.name), { body: { ...body, 'creation-date': Date.now() }, runs: [] });
    return [200, { name: body.name, 'validation-result': [] }];
  }
  if (method === 'GET' && name === 'all') {
    const jobs = [...cluster.jobs.values()].map(jobMembers);
    return [200, { total: jobs.length, jobs, page_no: 1, page_size: 10 }];
  }
  const job = cluster.jobs.get(name);
  if (!job) throw new Refusal(400, 'Cdm.0100');
  const run = job.runs.at(-1);
  const isOpen =
    run !== undefined && ['BOOTING', 'RUNNING'].includes(String(runMembers(job, run, options).status));
  if (action === 'status') return [200, { submissions: [runMembers(job, run, options)] }];
  if (action === 'start') {
    if (isOpen) throw new Refusal(400, 'Cdm.0052');
    const started = { id: job.runs.length + 1, startedAt: Date.now(), endedAt: null, stopped: false };
    job.runs.push(started);
    return [200, { submissions: [runMembers(job, started, options)] }];
  }
  if (action === 'stop') {
    if (!isOpen || !run) throw new Refusal(400, 'Cdm.0053');
    run.stopped = true;
    return [200, { 'validation-result': [] }];
  }
  if (method === 'GET') return [200, { total: 0, jobs: [jobMembers(job)], page_no: 1, page_size: 10 }];
  if (method === 'DELETE') cluster.jobs.delete(name);
  return [200, method === 'DELETE' ? {} : { 'validation-result': [{}, {}, {}] }];
}

function jobMembers(job: Job): Json {
  return { ...job.body, status: job.runs.length === 0 ? 'NEW' : 'SUCCEEDED' };
}

function history(name: string, cluster: Cluster, options: StandInOptions): [number, Json] {
  const job = cluster.jobs.get(name);
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
    'creation-date': date(run?.startedAt ?? Date.now()),
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
  if (!run) return { ...base, status: 'NEVER_EXECUTED', progress: 0 };
  base['execute-date'] = date(run.startedAt);
  const age = Date.now() - run.startedAt;
  if (run.stopped || (name.includes('failing') && age >= BOOTING_MS)) {
    const cause = run.stopped ? 'Stopped by admin.' : 'Table [missing] does not exist.';
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
