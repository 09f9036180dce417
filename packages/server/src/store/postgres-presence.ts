import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Refusal } from '../telemetry/refusal.ts';

/** Names the lock that servers share and that maintenance takes alone. The same in all versions. */
const presenceLockKey = 5_731_648_202;

const connectTimeoutMs = 10_000;
const retryMs = 1_000;

/** How a process uses a store: servers side by side, or maintenance with nobody else. */
export type Presence = 'serve' | 'alone';

export interface HeldPresence {
  /** Safe to repeat. */
  release(): Promise<void>;
}

/**
 * Says on the database itself that a process uses it, on a connection of its own, until `release` or the process's end.
 * A connection that the server ends is made again; between the two, maintenance could begin, which then only means
 * that this server must be started anew to open secrets.
 * @throws Refusal when the others present do not allow it; the driver's error when the server cannot be reached.
 */
export async function holdPresence(url: string, presence: Presence): Promise<HeldPresence> {
  let isReleased = false;
  let client: pg.Client | null = null;
  client = await connect();

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'sluice presence',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
    let isLost = false;
    const lost = (): void => {
      if (isLost || isReleased || fresh !== client) return;
      isLost = true;
      void takeAgain();
    };
    // Both can come for one loss, in either order.
    fresh.on('error', lost);
    fresh.on('end', lost);
    await fresh.connect();
    const take = presence === 'serve' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
    const { rows } = await fresh.query<{ taken: boolean }>(`select ${take}($1) as taken`, [presenceLockKey]);
    if (rows[0]?.taken === true) return fresh;
    await fresh.end();
    throw presence === 'serve' ? maintenanceRuns() : serverRuns();
  }

  async function takeAgain(): Promise<void> {
    while (!isReleased) {
      try {
        const fresh = await connect();
        if (isReleased) await fresh.end();
        else client = fresh;
        return;
      } catch {
        // The server is still away, or maintenance has it: both end, and the store's own statements report them.
        await sleep(retryMs, undefined, { ref: false });
      }
    }
  }

  return {
    async release() {
      if (isReleased) return;
      isReleased = true;
      await client?.end();
    },
  };
}

function serverRuns(): Refusal {
  return new Refusal({
    en: 'A Sluice server uses this store: stop every server on it first.',
    zh: '有 Sluice 服务正在使用该存储：请先停止所有使用它的服务。',
  });
}

function maintenanceRuns(): Refusal {
  return new Refusal({
    en: 'The master keys of this store are being rotated: start the server when that has ended.',
    zh: '该存储正在轮换主密钥：请在完成后再启动服务。',
  });
}
