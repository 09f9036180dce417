import { DiskWitness, outsideStalls, type Stall } from './disk-witness.ts';
import { bytesOf, type FuzzRequest } from './fuzz-request.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { learn } from './fuzz-world.ts';
import { answerMsMax, judge } from './judge.ts';
import { type Answer, RawConnection } from './raw-connection.ts';
import { requestOf } from './request-maker.ts';

/** Requests under way at once, each on a kept connection of its own. */
const inFlight = 64;
/** Failures that are shrunk and told of; further ones are only counted. */
const toldMax = 12;
/** How often a failing request is sent again to make it smaller. */
const shrinkTriesMax = 120;
/** Sent one by one ahead of the first that is judged. */
const warmUpRequests = 150;
const warmUpSeed = 1_000_003;
/** Requests between two looks at the server's memory. */
const memoryLookEvery = 1_000;

export interface FuzzTotals {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Operations with an answer of 2xx. */
  readonly succeeded: readonly string[];
  readonly codes: readonly string[];
  readonly unanswered: number;
  /** Failures by the first word of what was found. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers that took more than two seconds in which a process beside the server could make something durable. */
  readonly slowerThan2s: number;
  /** Answers that took more than two seconds with the times in which nobody could; and these times. */
  readonly slowerWithTheDisk: number;
  readonly diskStallsMs: readonly number[];
  readonly slowestMs: number;
  readonly medianMs: number;
  /** The server's resident memory when a fifth of the requests was sent, at the end, and at most, in MiB. */
  readonly rssMb: { readonly early: number; readonly late: number; readonly most: number };
}

export interface FuzzOrder {
  readonly seed: number;
  readonly count: number;
  readonly log: (line: string) => void;
  /** Ends when the first failure was found. */
  readonly stopAtFirst?: boolean;
}

/** Sends `count` requests and judges every answer. */
export async function fuzz(
  target: FuzzTarget,
  { seed, count, log, stopAtFirst }: FuzzOrder,
): Promise<FuzzTotals> {
  const byStatus: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const succeeded = new Set<string>();
  const codes = new Set<string>();
  const times: number[] = [];
  const told: { index: number; request: FuzzRequest; why: string }[] = [];
  const rssMb = { early: 0, late: 0, most: 0 };
  let unanswered = 0;
  const slow: Stall[] = [];
  let slowest = 0;
  let next = 0;
  let isOver = false;

  const fail = (index: number, request: FuzzRequest, why: string): void => {
    const rule = why.slice(0, why.indexOf(':'));
    // A machine that others use makes everything slow at times: told apart from what is wrong whenever it is sent.
    if (rule !== 'slow') failures[rule] = (failures[rule] ?? 0) + 1;
    if (rule === 'slow' && slow.length > toldMax / 2) return;
    if (told.length < toldMax) told.push({ index, request, why });
    if (stopAtFirst === true && rule !== 'slow') isOver = true;
  };

  const look = async (index: number): Promise<void> => {
    rssMb.late = await target.rssMb();
    rssMb.most = Math.max(rssMb.most, rssMb.late);
    if (rssMb.early === 0 && index >= count / 5) rssMb.early = rssMb.late;
  };

  await warmUp(target);
  const witness = await DiskWitness.start(target.folder);
  const client = async (): Promise<void> => {
    const connection = new RawConnection(target.port);
    while (next < count && !isOver) {
      const index = next++;
      if (index % memoryLookEvery === memoryLookEvery - 1) await look(index);
      const request = requestOf(seed, index, target.world);
      try {
        const answer = await send(connection, request);
        if (answer === null) {
          unanswered += 1;
          if (request.raw === null && !isRefusable(request))
            fail(index, request, 'closed: without an answer');
          continue;
        }
        byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
        if (times.length < 100_000) times.push(answer.ms);
        slowest = Math.max(slowest, answer.ms);
        if (answer.ms > answerMsMax) slow.push({ from: Date.now() - answer.ms, to: Date.now() });
        for (const why of judge(request, answer, target.forbidden)) fail(index, request, why);
        note(request, answer, succeeded, codes, target);
      } catch (error) {
        fail(index, request, `no answer: ${(error as Error).message}`);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  const stalls = await witness.end();
  const slowByItself = slow.filter((time) => outsideStalls(time, stalls) > answerMsMax).length;
  await look(count);
  for (const { index, request, why } of told)
    log(`seed ${seed}, request ${index}: ${await toldOf(target, request, why)}`);
  times.sort((a, b) => a - b);
  return {
    requests: Math.min(next, count),
    byStatus,
    succeeded: [...succeeded].sort(),
    codes: [...codes].sort(),
    unanswered,
    failures,
    slowerThan2s: slowByItself,
    slowerWithTheDisk: slow.length - slowByItself,
    diskStallsMs: stalls.map(({ from, to }) => to - from),
    slowestMs: Math.round(slowest),
    medianMs: Number((times[times.length >> 1] ?? 0).toFixed(1)),
    rssMb: { early: Math.round(rssMb.early), late: Math.round(rssMb.late), most: Math.round(rssMb.most) },
  };
}

/** The first of everything is slow: the server compiles what it needs when it is first asked for it. */
async function warmUp(target: FuzzTarget): Promise<void> {
  const connection = new RawConnection(target.port);
  for (let index = 0; index < warmUpRequests; index += 1) {
    const request = requestOf(warmUpSeed, index, target.world);
    if (request.raw === null) await send(connection, request).catch(() => null);
  }
  connection.close();
}

/** What a library takes out of an answer. */
function note(
  request: FuzzRequest,
  answer: Answer,
  succeeded: Set<string>,
  codes: Set<string>,
  target: FuzzTarget,
): void {
  if (request.method === 'HEAD' || answer.body.length > 1_000_000) return;
  const body = parsed(answer.body.toString()) as { readonly errCode?: unknown };
  if (answer.status < 300) {
    if (request.operationId !== null) succeeded.add(request.operationId);
    learn(target.world, request.operationId, body);
  } else if (typeof body.errCode === 'string') codes.add(body.errCode);
}

/** The judge says what is no JSON; nothing is learned from it. */
function parsed(text: string): object {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}

/** The server may hang up on a head or body that is too long before all of it was sent. */
function isRefusable({ target, headers, body }: FuzzRequest): boolean {
  const bytes = target.length + headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return (
    bytes > 32_000 || (body?.length ?? 0) > 1_000_000 || headers.some(([, value]) => value === 'upgrade')
  );
}

async function send(connection: RawConnection, request: FuzzRequest): Promise<Answer | null> {
  const isHead = request.method === 'HEAD';
  return await connection.exchange({ bytes: bytesOf(request), isHead, endsBehind: request.endsBehind });
}

/** The failure with the smallest request that still shows it, or with a word that it does not alone. */
async function toldOf(target: FuzzTarget, request: FuzzRequest, why: string): Promise<string> {
  const rule = why.slice(0, why.indexOf(':') + 1);
  const connection = new RawConnection(target.port);
  const fails = async (candidate: FuzzRequest): Promise<boolean> => {
    try {
      const answer = await send(connection, candidate);
      if (answer === null) return rule === 'closed:';
      return judge(candidate, answer, target.forbidden).some((each) => each.startsWith(rule));
    } catch {
      return rule === 'no answer:';
    }
  };
  try {
    if (!(await fails(request))) return `${why} (not when sent alone) ${shown(request)}`;
    let smallest = request;
    let tries = 0;
    for (let isSmaller = true; isSmaller && tries < shrinkTriesMax; ) {
      isSmaller = false;
      for (const candidate of smallerOnes(smallest)) {
        if (++tries > shrinkTriesMax) break;
        if (!(await fails(candidate))) continue;
        smallest = candidate;
        isSmaller = true;
        break;
      }
    }
    return `${why} ${shown(smallest)}`;
  } finally {
    connection.close();
  }
}

function* smallerOnes(request: FuzzRequest): Generator<FuzzRequest> {
  const { headers, target, body } = request;
  for (const at of headers.keys())
    yield { ...request, headers: headers.filter((_header, each) => each !== at) };
  const query = target.indexOf('?');
  if (query >= 0) {
    yield { ...request, target: target.slice(0, query) };
    const pairs = target.slice(query + 1).split('&');
    for (const at of pairs.keys()) {
      const rest = pairs.filter((_pair, each) => each !== at).join('&');
      yield { ...request, target: `${target.slice(0, query)}?${rest}` };
    }
  }
  if (body === null) return;
  yield { ...request, body: null };
  let document: unknown;
  try {
    document = JSON.parse(body.toString());
  } catch {
    yield { ...request, body: body.subarray(0, body.length >> 1) };
    return;
  }
  for (const less of withoutOne(document)) yield { ...request, body: Buffer.from(JSON.stringify(less)) };
}

/** The document without one member or item, the outermost first. */
function* withoutOne(value: unknown): Generator<unknown> {
  if (value === null || typeof value !== 'object') return;
  const keys = Object.keys(value);
  for (const key of keys) {
    if (Array.isArray(value)) yield value.filter((_item, at) => String(at) !== key);
    else yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
  for (const key of keys) {
    for (const less of withoutOne((value as Record<string, unknown>)[key])) {
      if (Array.isArray(value)) yield value.map((item, at) => (String(at) === key ? less : item));
      else yield { ...value, [key]: less };
    }
  }
}

function shown(request: FuzzRequest): string {
  const text = JSON.stringify(bytesOf(request).toString('latin1'));
  return text.length > 900 ? `${text.slice(0, 900)}… (${text.length} characters)` : text;
}
