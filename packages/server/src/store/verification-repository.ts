import { sql } from 'kysely';
import { type Db, inTransaction, type StoreAdapter } from './adapter.ts';
import { fromJson, fromJsonOrNull, toFlag } from './columns.ts';
import type { VerificationRow } from './schema.ts';
import { Conflict } from './store.ts';
import {
  activeVerificationStates,
  isActiveVerification,
  type VerificationChange,
  type VerificationChunk,
  type VerificationClaim,
  type VerificationKind,
  type VerificationPhase,
  type VerificationRecord,
  type VerificationRepository,
  type VerificationState,
} from './verification-record.ts';

/** Statements on verifications. */
export class SqlVerificationRepository implements VerificationRepository {
  readonly #db: Db;
  readonly #adapter: StoreAdapter;

  constructor(db: Db, adapter: StoreAdapter) {
    this.#db = db;
    this.#adapter = adapter;
  }

  async create(verification: VerificationRecord): Promise<void> {
    try {
      await this.#db.insertInto('verifications').values(rowOf(verification)).execute();
    } catch (error) {
      if (this.#adapter.isUniqueViolation(error)) throw new Conflict('an active verification of the run');
      throw error;
    }
  }

  async find(id: string): Promise<VerificationRecord | null> {
    const row = await this.#db
      .selectFrom('verifications')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async list(runId: string, limit: number): Promise<readonly VerificationRecord[]> {
    const rows = await this.#db
      .selectFrom('verifications')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(verificationOf);
  }

  async active(runId: string): Promise<VerificationRecord | null> {
    const row = await this.#db
      .selectFrom('verifications')
      .selectAll()
      .where('active_run_id', '=', runId)
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async claim(
    owner: string,
    now: number,
    leaseMs: number,
    passedOver: readonly string[] = [],
  ): Promise<VerificationRecord | null> {
    const oldest = this.#db
      .selectFrom('verifications')
      .select('id')
      .where('active_run_id', 'is not', null)
      .where('kind', '<>', 'run')
      .where('lease_until', '<=', now)
      .$if(passedOver.length > 0, (query) => query.where('project_id', 'not in', passedOver))
      .orderBy('created_at')
      .orderBy('id')
      .limit(1)
      .$if(this.#adapter.hasRowLocks, (query) => query.forUpdate().skipLocked());
    const row = await this.#db
      .updateTable('verifications')
      .set(({ eb }) => ({ lease_owner: owner, lease_until: now + leaseMs, fence: eb('fence', '+', 1) }))
      .where('id', '=', oldest)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async take(id: string): Promise<VerificationRecord | null> {
    const row = await this.#db
      .updateTable('verifications')
      .set(({ eb }) => ({ fence: eb('fence', '+', 1) }))
      .where('id', '=', id)
      .where('state', 'in', activeVerificationStates)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async releaseLeases(owner: string): Promise<void> {
    await this.#db
      .updateTable('verifications')
      .set({ lease_owner: null, lease_until: 0 })
      .where('lease_owner', '=', owner)
      .where('active_run_id', 'is not', null)
      .execute();
  }

  async heartbeat(
    { id, fence }: VerificationClaim,
    now: number,
    leaseMs: number,
  ): Promise<VerificationRecord | null> {
    const row = await this.#db
      .updateTable('verifications')
      .set({ lease_until: now + leaseMs })
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('active_run_id', 'is not', null)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async change(
    { id, fence }: VerificationClaim,
    change: VerificationChange,
  ): Promise<VerificationRecord | null> {
    const ends = change.state !== undefined && !isActiveVerification(change.state);
    const row = await this.#db
      .updateTable('verifications')
      .set({
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.phase === undefined ? {} : { phase: change.phase }),
        ...(change.plan === undefined ? {} : { plan: JSON.stringify(change.plan) }),
        ...(change.notComparable === undefined
          ? {}
          : { not_comparable: JSON.stringify(change.notComparable) }),
        ...(change.isAtSnapshot === undefined ? {} : { is_at_snapshot: toFlag(change.isAtSnapshot) }),
        ...(change.failure === undefined ? {} : { failure: JSON.stringify(change.failure) }),
        ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
        ...(change.endedAt === undefined ? {} : { ended_at: change.endedAt }),
        ...(ends ? { active_run_id: null, lease_owner: null, lease_until: 0 } : {}),
        fence,
      })
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('active_run_id', 'is not', null)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : verificationOf(row);
  }

  async requestStop(id: string, user: string, now: number): Promise<VerificationRecord | null> {
    return await inTransaction(this.#db, async (db) => {
      const asked = await db
        .updateTable('verifications')
        // The first who asked is the one who stopped it.
        .set({ stop_requested_by: sql<string>`coalesce(stop_requested_by, ${user})` })
        .where('id', '=', id)
        .where('active_run_id', 'is not', null)
        .returningAll()
        .executeTakeFirst();
      if (asked === undefined) return null;
      if (asked.state !== 'queued' || asked.lease_owner !== null) return verificationOf(asked);
      // Nobody has it in hand. A claim in this moment has raised the fence, and hears of the stop itself.
      const ended = await db
        .updateTable('verifications')
        .set({ state: 'stopped', ended_at: now, active_run_id: null })
        .where('id', '=', id)
        .where('fence', '=', asked.fence)
        .returningAll()
        .executeTakeFirst();
      return verificationOf(ended ?? asked);
    });
  }

  storeChunk({ id, fence }: VerificationClaim, chunk: VerificationChunk): Promise<boolean> {
    return inTransaction(this.#db, async (db) => {
      const held = await db
        .updateTable('verifications')
        .set({ fence })
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('active_run_id', 'is not', null)
        .executeTakeFirst();
      if (held.numUpdatedRows === 0n) return false;
      const outcome = JSON.stringify(chunk.outcome);
      await db
        .insertInto('verification_chunks')
        .values({ verification_id: id, phase: chunk.phase, no: chunk.no, outcome })
        .onConflict((conflict) =>
          conflict.columns(['verification_id', 'phase', 'no']).doUpdateSet({ outcome }),
        )
        .execute();
      return true;
    });
  }

  async chunks(id: string): Promise<readonly VerificationChunk[]> {
    const rows = await this.#db
      .selectFrom('verification_chunks')
      .selectAll()
      .where('verification_id', '=', id)
      .orderBy('phase')
      .orderBy('no')
      .execute();
    return rows.map(({ phase, no, outcome }) => ({
      phase: phase as VerificationPhase,
      no,
      outcome: fromJson(outcome),
    }));
  }
}

function rowOf(record: VerificationRecord): VerificationRow {
  return {
    id: record.id,
    run_id: record.runId,
    project_id: record.projectId,
    cluster_id: record.clusterId,
    active_run_id: isActiveVerification(record.state) ? record.runId : null,
    kind: record.kind,
    removes_extra: toFlag(record.removesExtra),
    state: record.state,
    phase: record.phase,
    plan: record.plan === null ? null : JSON.stringify(record.plan),
    not_comparable: record.notComparable === null ? null : JSON.stringify(record.notComparable),
    is_at_snapshot: toFlag(record.isAtSnapshot),
    failure: record.failure === null ? null : JSON.stringify(record.failure),
    created_by: record.createdBy,
    created_at: record.createdAt,
    started_at: record.startedAt,
    ended_at: record.endedAt,
    stop_requested_by: record.stopRequestedBy,
    lease_owner: record.leaseOwner,
    lease_until: record.leaseUntil,
    fence: record.fence,
  };
}

function verificationOf(row: VerificationRow): VerificationRecord {
  return {
    id: row.id,
    runId: row.run_id,
    projectId: row.project_id,
    clusterId: row.cluster_id,
    kind: row.kind as VerificationKind,
    removesExtra: row.removes_extra === 1,
    state: row.state as VerificationState,
    phase: row.phase as VerificationPhase,
    plan: fromJsonOrNull(row.plan),
    notComparable: fromJsonOrNull(row.not_comparable),
    isAtSnapshot: row.is_at_snapshot === 1,
    failure: fromJsonOrNull(row.failure),
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    stopRequestedBy: row.stop_requested_by,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    fence: row.fence,
  };
}
