import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '../packages/contract/src/operations.ts';
import { ownOperations } from '../packages/contract/src/own-operations.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { type FuzzTotals, fuzz } from './fuzz/fuzz-run.ts';
import { FuzzTarget, type TargetSettings } from './fuzz/fuzz-target.ts';
import { type Plant, plantedCheckout } from './kill/planted-bug.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'Whatever is sent to any operation: no answer of 5xx but the failed link test, none slower than 2 s, code and message in both languages, bodies that fit their schemas, nothing leaked';

export const choices = {
  /** Where the server keeps its state. */
  store: ['embedded', 'postgres'],
  /** `without`: no bugs are planted, and the proof is none: for a second run beside one that plants them. */
  plants: ['with', 'without'],
} as const;

const requests = 100_000;
/** Requests to the copies with a bug: far more than it takes. */
const plantedRequests = 4_000;
/** The server's memory may grow by so much from the first fifth of the requests to the last one, in MiB. */
const growthMbMax = 160;
const rssMbMax = 700;

const plants = {
  /** A document that is null meets a reader of members. */
  null: {
    bug: 'null passes for an object',
    edits: [
      {
        file: 'packages/server/src/http/wire/documents.ts',
        before: `return value !== null && typeof value === 'object'`,
        after: `return typeof value === 'object'`,
      },
    ],
  },
  /** One member of one answer has another type. */
  type: {
    bug: 'the date of a job travels as text',
    edits: [
      {
        file: 'packages/server/src/http/wire/job.ts',
        before: `'creation-date': job.createdAt,`,
        after: `'creation-date': String(job.createdAt) as never,`,
      },
    ],
  },
} as const satisfies Readonly<Record<string, Plant>>;

/** Sends `count` requests to a real server over loopback, 64 at a time, then demands that two planted bugs are seen. */
export async function run({
  count = requests,
  seed = Date.now() % 1_000_000,
  choice,
  log,
}: ProofOptions): Promise<ProofResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fuzz-'));
  const given = process.env.SLUICE_TEST_POSTGRES;
  const postgres = given === undefined ? await startPostgres() : null;
  const settings: TargetSettings = {
    folder: join(folder, 'honest'),
    postgresUrl: given ?? postgres?.url ?? '',
    name: `fuzz_${seed}_${process.pid}`,
    hasPostgresStore: choice?.store === 'postgres',
  };
  try {
    log(`seed ${seed}: ${count} requests, store ${choice?.store ?? 'embedded'}`);
    const { totals, complaints } = await honest(settings, { seed, count, log });
    for (const complaint of complaints) log(complaint);
    const planted: Record<string, boolean> = {};
    for (const [name, plant] of choice?.plants === 'without' ? [] : Object.entries(plants)) {
      const script = await plantedCheckout(join(folder, `planted-${name}`), plant);
      log(`planted bug: ${plant.bug}`);
      planted[name] = await isSeen(
        { ...settings, folder: join(folder, name), name: `${settings.name}_${name}`, script },
        seed,
      );
    }
    const plantedBugsSeen = Object.keys(plants).every((name) => planted[name]);
    const { failures, succeeded, codes, rssMb, ...figures } = totals;
    const unreached = [...operations, ...ownOperations]
      .map(({ operationId }) => operationId)
      .filter((operationId) => !succeeded.includes(operationId));
    const isBounded = rssMb.late - rssMb.early <= growthMbMax && rssMb.most <= rssMbMax;
    return {
      ok:
        totals.slowerThan2s === 0 &&
        Object.keys(failures).length === 0 &&
        complaints.length === 0 &&
        isBounded &&
        plantedBugsSeen,
      figures: {
        seed,
        store: choice?.store ?? 'embedded',
        ...figures,
        failures,
        rssMb,
        operationsWithSuccess: succeeded.length,
        operationsWithout: unreached,
        codesSeen: codes.length,
        complaints: complaints.length,
        isBounded,
        plantedBugsSeen,
      },
    };
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function honest(
  settings: TargetSettings,
  order: { readonly seed: number; readonly count: number; readonly log: (line: string) => void },
): Promise<{ readonly totals: FuzzTotals; readonly complaints: readonly string[] }> {
  const target = await FuzzTarget.open(settings);
  try {
    const totals = await fuzz(target, order);
    const complaints: string[] = [];
    await target.worksStill().catch((error: Error) => complaints.push(`afterwards: ${error.message}`));
    for (const line of (await target.unhandled()).slice(0, 10))
      complaints.push(`log: ${line.slice(0, 1_000)}`);
    return { totals, complaints };
  } finally {
    await target.close();
  }
}

async function isSeen(settings: TargetSettings, seed: number): Promise<boolean> {
  const target = await FuzzTarget.open(settings);
  try {
    const { failures } = await fuzz(target, {
      seed,
      count: plantedRequests,
      log: () => undefined,
      stopAtFirst: true,
    });
    return Object.keys(failures).length > 0;
  } finally {
    await target.close();
  }
}
