import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Language } from '@sluice/core/data/text';
import type { Caller, CallerMemory } from '../identity/caller.ts';
import type { RunService } from '../runs/run-service.ts';
import type { JobPlace, JobStatusFacts, JobStatusReader } from '../store/job-status-reader.ts';
import type { ClusterRecord, JobRecord, RunRecord } from '../store/model.ts';
import type { OperationMeter } from '../telemetry/http-meter.ts';
import { type Call, parameterOf } from './call.ts';
import { languageOf } from './language.ts';
import { joinedHeaders } from './raw-headers.ts';
import { newRequestId } from './request-id.ts';
import { neverExecuted, submissionOf } from './wire/submission.ts';

export interface QuickStatusDeps {
  readonly callers: CallerMemory;
  readonly runs: Pick<RunService, 'progress' | 'driven'>;
  readonly statuses: JobStatusReader;
  /** Whether the jobs of a cluster may be asked for their state: as the operation itself decides it. */
  readonly isReadable: (cluster: ClusterRecord) => boolean;
  /** Counts what is answered here; null or absent: nobody does. */
  readonly meter?: OperationMeter | null;
}

/** Targets remembered; the oldest is forgotten first. */
const targetsMax = 10_000;
/** Characters of a target that is remembered; longer ones always go the long way. */
const targetLengthMax = 1_024;
/** Answers kept, with the records that they were made of; the oldest is forgotten first. */
const answersMax = 1_024;

/** What a request target was found to mean when it went the long way, and who got an answer there. */
interface Target extends JobPlace {
  /** Whoever was let through was let through to this job: another one of the same name may be somebody else's. */
  readonly jobId: number;
  readonly admitted: WeakSet<Caller>;
}

/** The answer as it was given last, and all that it depends on. */
interface Shown {
  readonly source: RunRecord | JobStatusFacts;
  readonly percent: number;
  readonly language: Language;
  readonly body: string;
  readonly byteLength: number;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const noBytes = new Uint8Array();

/**
 * The status operation, ahead of the web framework: thousands of clients ask it every few seconds, and the way through
 * routing, hooks and handlers costs several times what the answer does.
 *
 * It says yes or nothing. A request is answered here only when its caller is proved anew (`CallerMemory`) and the same caller,
 * unchanged in all that the authenticator knows, has got an answer for the same target and job the long way. Everything else,
 * refusals above all, is left to the long way: what that checks need not be known here.
 */
export class QuickStatus {
  readonly #deps: QuickStatusDeps;
  readonly #targets = new Map<string, Target>();
  readonly #answers = new Map<Target, Shown>();
  #isClosed = false;

  constructor(deps: QuickStatusDeps) {
    this.#deps = deps;
  }

  /** Takes the requests of a server before the one listener that it has. */
  standBefore(server: Server): void {
    const [long, ...others] = server.listeners('request') as Listener[];
    if (long === undefined || others.length > 0) throw new Error('the server must have one listener');
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#take(request, response, long);
    });
  }

  /** From here on everything goes the long way, which says that the server closes. */
  close(): void {
    this.#isClosed = true;
  }

  /** Learns that a call of the status operation was answered, with the state of this job. */
  admit(call: Call, jobId: number): void {
    const key = call.target;
    if (key.length > targetLengthMax) return;
    let target = this.#targets.get(key);
    if (target?.jobId !== jobId) {
      target = {
        projectId: call.projectId,
        clusterId: parameterOf(call, 'cluster_id'),
        jobName: parameterOf(call, 'job_name'),
        jobId,
        admitted: new WeakSet(),
      };
      this.#targets.delete(key);
      this.#targets.set(key, target);
      keepNewest(this.#targets, targetsMax);
    }
    target.admitted.add(call.caller);
  }

  #take(request: IncomingMessage, response: ServerResponse, long: Listener): void {
    const begin = performance.now();
    let shown: Shown | null | Promise<Shown | null> = null;
    try {
      shown = this.#answer(request);
    } catch {
      // Whatever is wrong, the long way finds it too and has words for it.
    }
    if (!(shown instanceof Promise)) {
      this.#tell(shown, request, response, long, begin);
      return;
    }
    shown.then(
      (told) => this.#tell(told, request, response, long, begin),
      () => long(request, response),
    );
  }

  #tell(
    shown: Shown | null,
    request: IncomingMessage,
    response: ServerResponse,
    long: Listener,
    begin: number,
  ): void {
    if (shown === null || this.#isClosed) {
      long(request, response);
      return;
    }
    send(response, shown);
    this.#deps.meter?.count(200, performance.now() - begin);
  }

  /** null: not to be answered here. */
  #answer(request: IncomingMessage): Shown | null | Promise<Shown | null> {
    const found = this.#find(request);
    if (found === null) return null;
    const { target, language } = found;
    const driven = this.#deps.runs.driven(target.clusterId, target.jobName);
    if (driven !== null && driven.projectId === target.projectId) {
      return driven.jobId === target.jobId ? this.#shown(target, driven, driven, language) : null;
    }
    const facts = this.#deps.statuses.find(target);
    if (facts instanceof Promise) return facts.then((those) => this.#stored(target, those, language));
    return this.#stored(target, facts, language);
  }

  /** null: not to be answered here. */
  #find(request: IncomingMessage): { readonly target: Target; readonly language: Language } | null {
    const key = request.url ?? '';
    const target = request.method === 'GET' ? this.#targets.get(key) : undefined;
    if (target === undefined || this.#isClosed) return null;
    const headers = joinedHeaders(request.rawHeaders);
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return null;
    const { callers } = this.#deps;
    const caller = callers.recall({ method: 'GET', target: key, headers, body: noBytes });
    if (caller === null || !target.admitted.has(caller)) return null;
    if (!callers.recallsProject(caller, target.projectId)) return null;
    return { target, language: languageOf(headers['x-language']) };
  }

  #stored(target: Target, facts: JobStatusFacts | null, language: Language): Shown | null {
    if (facts === null) return null;
    const { cluster, job, run } = facts;
    if (job.id !== target.jobId || !this.#deps.isReadable(cluster)) return null;
    return this.#shown(target, facts, run?.jobId === job.id ? run : job, language);
  }

  /** The answer that was told before, when nothing has changed that it depends on. */
  #shown(
    target: Target,
    source: RunRecord | JobStatusFacts,
    subject: RunRecord | JobRecord,
    language: Language,
  ): Shown {
    const percent = 'state' in subject ? this.#deps.runs.progress(subject) : 0;
    const before = this.#answers.get(target);
    if (before?.source === source && before.percent === percent && before.language === language) {
      return before;
    }
    const submission = 'state' in subject ? submissionOf(subject, percent, language) : neverExecuted(subject);
    const body = JSON.stringify({ submissions: [submission] });
    const shown = { source, percent, language, body, byteLength: Buffer.byteLength(body) };
    this.#answers.set(target, shown);
    keepNewest(this.#answers, answersMax);
    return shown;
  }
}

/** Entries are in the order in which they were first put in. */
function keepNewest<K>(entries: Map<K, unknown>, max: number): void {
  if (entries.size <= max) return;
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}

function send(response: ServerResponse, { body, byteLength }: Shown): void {
  response.writeHead(200, [
    'content-type',
    'application/json',
    'x-request-id',
    newRequestId(),
    'content-length',
    String(byteLength),
  ]);
  response.end(body);
}
