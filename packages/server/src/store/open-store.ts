import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { messageOf, Refusal } from '../telemetry/refusal.ts';
import type { Db, StoreAdapter } from './adapter.ts';
import { SqlAuditRepository } from './audit-repository.ts';
import { SqlBatchRepository } from './batch-repository.ts';
import { SqlClusterRepository } from './cluster-repository.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { SqlGroupRepository } from './group-repository.ts';
import { SqlHistoryRepository } from './history-repository.ts';
import { SqlIdentityRepository } from './identity-repository.ts';
import { SqlJobRepository } from './job-repository.ts';
import { type JobStatusReader, SqliteStatusReader, statusReader } from './job-status-reader.ts';
import { SqlLinkRepository } from './link-repository.ts';
import { type MaintenanceRepository, SqlMaintenanceRepository } from './maintenance-repository.ts';
import { type Migration, migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { openPostgresPool, postgresAdapter } from './postgres-adapter.ts';
import { type HeldPresence, holdPresence, type Presence } from './postgres-presence.ts';
import { SqlRejectRepository } from './reject-repository.ts';
import { SqlReplayRepository } from './replay-repository.ts';
import { SqlRunRepository } from './run-repository.ts';
import type { Tables } from './schema.ts';
import { sqliteAdapter } from './sqlite-adapter.ts';
import { openSqliteFile } from './sqlite-dialect.ts';
import type { Store } from './store.ts';
import { SqlTimerRepository } from './timer-repository.ts';
import { SqlTraceRepository } from './trace-repository.ts';
import { type PendingEvent, waitingTrail } from './trail-scope.ts';
import { trailedInside, trailedOutside } from './trailed-store.ts';
import { markTransaction, outsideTransactionOnly, refuseInsideTransaction } from './transaction-scope.ts';
import { SqlVariableRepository } from './variable-repository.ts';
import { SqlVerificationRepository } from './verification-repository.ts';
import { SqlWatermarkRepository } from './watermark-repository.ts';

/** The embedded store's file in the data folder. */
export const storeFileName = 'sluice.db';

export interface StoreLocation {
  /** Taken for this process alone until the store is closed. Required without `url`: the embedded store lives in it. */
  readonly dataFolder?: string;
  /** postgres://user:password@host:port/database; without it the store is embedded. */
  readonly url?: string;
}

export interface StoreSettings {
  /** `alone`: refused while a server uses the store, and servers are refused meanwhile. Default: `serve`. */
  readonly presence?: Presence;
  readonly now?: () => number;
  /** For tests of migrations. */
  readonly migrations?: readonly Migration[];
  /** Hears of connections that a PostgreSQL server ended while they were idle; the store goes on with new ones. */
  readonly onConnectionLost?: (error: Error) => void;
  /** Hears of every statement when it has ended. */
  readonly onStatement?: (elapsedMs: number, hasFailed: boolean) => void;
}

/** A store as start-up has it: with what only start-up and housekeeping need. */
export interface OpenedStore extends Store {
  readonly maintenance: MaintenanceRepository;
  /** Connections to the database that are open now. */
  readonly connections: number;
  /** For the status operation. */
  readonly statuses: JobStatusReader;
}

/**
 * Opens the store, makes it if there is none, and brings its schema up to date.
 * @throws Refusal when the folder is in use, the store was made by a newer program, or it cannot be reached.
 */
export async function openStore(location: StoreLocation, settings: StoreSettings = {}): Promise<OpenedStore> {
  const lock = location.dataFolder === undefined ? null : lockDataFolder(location.dataFolder);
  let db: Kysely<Tables> | null = null;
  let held: HeldPresence | null = null;
  let statuses: JobStatusReader | null = null;
  const close = async (): Promise<void> => {
    statuses?.close();
    await db?.destroy();
    await held?.release();
    lock?.release();
  };
  try {
    // The embedded store needs no more than its folder's lock: there everyone is alone.
    if (location.url !== undefined) held = await holdPresence(location.url, settings.presence ?? 'serve');
    const adapter = openAdapter(location, settings);
    const { onStatement } = settings;
    db = new Kysely<Tables>({
      dialect: adapter.dialect,
      ...(onStatement === undefined
        ? {}
        : { log: (event) => onStatement(event.queryDurationMillis, event.level === 'error') }),
    });
    await migrate(db, adapter, settings.migrations ?? migrations, settings.now ?? Date.now);
    statuses = location.url === undefined ? new SqliteStatusReader(storePath(location)) : statusReader(db);
    return composeStore(db, adapter, statuses, close);
  } catch (error) {
    await close();
    throw error instanceof Refusal ? error : unusable(location, error);
  }
}

/** A store of this process alone that is gone with it: for simulations and tests, which need many of them fast. */
export async function openMemoryStore(now: () => number = Date.now): Promise<OpenedStore> {
  const adapter = sqliteAdapter(openSqliteFile(':memory:'));
  const db = new Kysely<Tables>({ dialect: adapter.dialect });
  await migrate(db, adapter, migrations, now);
  return composeStore(db, adapter, statusReader(db), () => db.destroy());
}

function openAdapter(location: StoreLocation, settings: StoreSettings): StoreAdapter {
  if (location.url !== undefined) {
    return postgresAdapter(openPostgresPool(location.url, settings.onConnectionLost ?? ignoreLostConnection));
  }
  const path = storePath(location);
  // Made here for its mode, which SQLite also gives to the log beside it: only the owner reads the store.
  closeSync(openSync(path, 'a', 0o600));
  return sqliteAdapter(openSqliteFile(path));
}

function storePath({ dataFolder }: StoreLocation): string {
  if (dataFolder === undefined) throw new Error('A store needs a data folder or a URL');
  return join(dataFolder, storeFileName);
}

function ignoreLostConnection(): void {
  // The pool has taken it out already, and the next statement opens another or fails with its own error.
}

function composeStore(
  db: Kysely<Tables>,
  adapter: StoreAdapter,
  statuses: JobStatusReader,
  close: () => Promise<void>,
): OpenedStore {
  const outer = db.withPlugin(outsideTransactionOnly);
  const transaction: Store['transaction'] = async (work) => {
    refuseInsideTransaction();
    const trail = waitingTrail();
    const written: PendingEvent[] = [];
    try {
      return await db.transaction().execute((inner) =>
        markTransaction(() => {
          const plain = repositories(inner, adapter);
          return work(trail === null ? plain : trailedInside(plain, trail, written));
        }),
      );
    } catch (error) {
      trail?.putBack(written);
      throw error;
    }
  };
  return {
    ...trailedOutside(repositories(outer, adapter), transaction),
    maintenance: new SqlMaintenanceRepository(outer),
    statuses,
    transaction,
    close,
    get connections() {
      return adapter.connections();
    },
  };
}

function repositories(db: Db, adapter: StoreAdapter): Omit<Store, 'transaction' | 'close'> {
  return {
    identity: new SqlIdentityRepository(db),
    clusters: new SqlClusterRepository(db, adapter),
    links: new SqlLinkRepository(db, adapter),
    jobs: new SqlJobRepository(db, adapter),
    runs: new SqlRunRepository(db, adapter),
    batches: new SqlBatchRepository(db),
    traces: new SqlTraceRepository(db, adapter),
    timers: new SqlTimerRepository(db, adapter),
    audit: new SqlAuditRepository(db),
    groups: new SqlGroupRepository(db),
    variables: new SqlVariableRepository(db),
    history: new SqlHistoryRepository(db),
    rejects: new SqlRejectRepository(db),
    replays: new SqlReplayRepository(db, adapter),
    watermarks: new SqlWatermarkRepository(db),
    verifications: new SqlVerificationRepository(db, adapter),
  };
}

function unusable(location: StoreLocation, error: unknown): Refusal {
  const place =
    location.url === undefined ? `${location.dataFolder}/${storeFileName}` : withoutPassword(location.url);
  return new Refusal(
    {
      en: `The store ${place} cannot be opened: ${messageOf(error)}.`,
      zh: `无法打开存储 ${place}：${messageOf(error)}。`,
    },
    { cause: error },
  );
}

/** @returns host, port and database of a URL; nothing that could hold a password. */
function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? '(URL not readable)' : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
