import type { SliceCounts } from '../../packages/core/src/data/slice.ts';
import type { RunRecord } from '../../packages/server/src/store/model.ts';
import type { Claim, Store } from '../../packages/server/src/store/store.ts';
import type { Owner, VirtualTime } from './virtual-time.ts';

type Tx = Omit<Store, 'transaction' | 'close'>;

/** What a call to the store may meet, as shares of the calls. */
export interface StoreFaults {
  /** The process ends before the call, or behind it. */
  readonly crash: number;
  /** The call fails and nothing was done. */
  readonly error: number;
  /** The call fails although it was done: its answer was lost. */
  readonly lostAnswer: number;
  /** The call takes up to five seconds. */
  readonly slow: number;
}

/** A fault planted between server and store, to see that the judge would find it in the product. */
export type StorePlant = 'fence not checked' | 'claims no run twice' | 'failed tables not counted' | null;

export interface StoreWorld {
  readonly store: Store;
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly faults: () => StoreFaults;
  readonly plant: StorePlant;
  readonly crash: (owner: Owner) => void;
  readonly violate: (what: string) => void;
  /** Highest fence that was ever given out, by run. */
  readonly fences: Map<string, number>;
  /** Something may have changed. */
  readonly touched: () => void;
  /** The store counts so many rows of a run from now on. */
  readonly counted: (runId: string, rows: number) => void;
}

/** Ends a transaction of a process that is gone, so that the store rolls it back. */
class Gone extends Error {}

const never = <T>() => new Promise<T>(() => undefined);
const slowMs = 5_000;
const isWrite =
  /^(?:create|change|claim|checkpoint|storePlan|heartbeat|requestStop|releaseLeases|put|remove|doom|delete|update)/;

/** The store as one server sees it: each call may be its last, fail, or be slow; a transaction as well. */
export function faultyStore(world: StoreWorld, owner: Owner): Store {
  const { store } = world;
  return {
    ...repositories(store, world, owner, false),
    transaction: (work) =>
      call(world, owner, async () =>
        store.transaction((tx) => work(repositories(tx, world, owner, true) as Tx)),
      ),
    close: async () => undefined,
  } as Store;
}

function repositories(of: Tx, world: StoreWorld, owner: Owner, isInside: boolean): Tx {
  const wrapped: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(of)) {
    if (typeof member !== 'object') continue;
    const repository = member as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    wrapped[name] = new Proxy(repository, {
      get(target, method) {
        if (typeof method !== 'string') return Reflect.get(target, method);
        return (...args: unknown[]) => {
          const work = () =>
            watched(world, of, name, method, args, () => target[method]?.(...args) ?? never());
          return isInside ? inside(world, owner, work) : call(world, owner, work, isWrite.test(method));
        };
      },
    });
  }
  return wrapped as unknown as Tx;
}

/** Sees to the fences: what is written under an old one is a violation, whoever let it through. */
async function watched(
  world: StoreWorld,
  of: Tx,
  repository: string,
  method: string,
  args: unknown[],
  work: () => Promise<unknown>,
): Promise<unknown> {
  if (repository === 'batches' && method === 'standing' && world.plant === 'failed tables not counted')
    return { ...((await work()) as object), failed: 0 };
  if (repository !== 'runs') return await work();
  if (method === 'claim') return await claimed(world, of, work);
  const [claim] = args;
  if (!isClaim(claim)) return await work();
  if (world.plant === 'fence not checked') {
    const run = await of.runs.find(claim.runId);
    args[0] = { ...claim, fence: run?.fence ?? claim.fence };
  }
  const newest = world.fences.get(claim.runId) ?? 0;
  const done = await work();
  if (method === 'checkpoint' && done !== null) world.counted(claim.runId, (done as SliceCounts).rowsWritten);
  if (done !== null && done !== false && claim.fence < newest)
    world.violate(`${method} of ${claim.runId} under fence ${claim.fence}, ${newest} was given out`);
  return done;
}

async function claimed(world: StoreWorld, of: Tx, work: () => Promise<unknown>): Promise<unknown> {
  const run = (await work()) as RunRecord | null;
  if (run === null) return null;
  if (run.fence <= (world.fences.get(run.id) ?? 0))
    world.violate(`${run.id} was claimed under ${run.fence} twice`);
  world.fences.set(run.id, run.fence);
  if (world.plant === 'claims no run twice' && run.fence > 1) {
    void of;
    return null;
  }
  return run;
}

function isClaim(value: unknown): value is Claim {
  return value !== null && typeof value === 'object' && 'runId' in value && 'fence' in value;
}

/** A call within a transaction: a process that dies here is rolled back. */
async function inside(world: StoreWorld, owner: Owner, work: () => Promise<unknown>): Promise<unknown> {
  const { random, faults } = world;
  const { crash, error } = faults();
  if (random() < crash / 4) world.crash(owner);
  if (owner.isDead) throw new Gone('the process is gone');
  if (random() < error / 4) throw new Error('the store failed within a transaction');
  return await work();
}

async function call<T>(world: StoreWorld, owner: Owner, work: () => Promise<T>, changes = true): Promise<T> {
  const { time, random, faults } = world;
  if (owner.isDead) return await never<T>();
  const { crash, error, lostAnswer, slow } = faults();
  if (owner.stillUntil > time.now) await time.sleep(owner.stillUntil - time.now);
  if (random() < slow) await time.sleep(random() * slowMs);
  if (random() < crash / 2) world.crash(owner);
  if (owner.isDead) return await never<T>();
  if (random() < error) throw new Error('the store failed');
  let result: T;
  try {
    result = await work();
  } catch (failure) {
    if (owner.isDead) return await never<T>();
    throw failure;
  } finally {
    if (changes) world.touched();
  }
  if (random() < crash / 2) world.crash(owner);
  if (owner.isDead) return await never<T>();
  if (random() < lostAnswer) throw new Error("the store's answer was lost");
  return result;
}
