import type { ZoneClock } from '../scheduler/zone-clock.ts';
import type { ClusterRecord } from '../store/model.ts';
import { recordServiceEvent, serviceUser } from '../store/service-event.ts';
import type { Store } from '../store/store.ts';
import { atOnce, type ClusterActions, type ClusterTimers } from './cluster-actions.ts';
import { clusterStatus, isBeingDeleted, isChanging, isUsable, withAction } from './cluster-states.ts';
import { clusterLimits } from './limits.ts';
import { type PowerSettings, powerSettingsOf } from './power-settings.ts';

const dayMs = 86_400_000;

export interface PowerScheduleDeps {
  readonly store: Store;
  readonly actions: ClusterActions;
  /** The clock that daily times mean. */
  readonly zone: ZoneClock;
  readonly timers: ClusterTimers;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * Switches clusters on and off by themselves: at their daily times, and off when they have been idle for a while. It looks
 * once a second, at the records only: when a schedule counts from, and since when a cluster is idle, is stored with
 * the cluster, so a restart loses nothing and of many servers one acts. Each look also brings this server in line with what
 * others did to clusters.
 */
export class PowerSchedule {
  readonly #deps: PowerScheduleDeps;
  #cancel: () => void = () => undefined;
  #looking: Promise<void> | null = null;
  #idleLookedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(deps: PowerScheduleDeps) {
    this.#deps = deps;
  }

  open(): void {
    void this.look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
  }

  /** Acts on what is due now. Safe at any time, never rejects. */
  look(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#cancel();
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = null;
      if (!this.#isClosed)
        this.#cancel = this.#deps.timers.after(clusterLimits.lookPauseMs, () => this.look());
    });
    return this.#looking;
  }

  async #lookAtAll(): Promise<void> {
    const { actions, timers, log } = this.#deps;
    try {
      const clusters = await actions.takeUp();
      const now = timers.now();
      const isIdleLook = Math.abs(now - this.#idleLookedAt) >= clusterLimits.idlePauseMs;
      if (isIdleLook) this.#idleLookedAt = now;
      for (const cluster of clusters) {
        if (this.#isClosed) return;
        const power = powerSettingsOf(cluster);
        if (power.isScheduleBootOff) await this.#keepSchedule(cluster);
        else if (power.isAutoOff && isIdleLook) await this.#watchIdle(cluster);
      }
    } catch (error) {
      // The store is out of reach for the moment; the next look is a second away.
      log('power.look-failed', { error });
    }
  }

  async #keepSchedule(cluster: ClusterRecord): Promise<void> {
    const { store, actions, zone, timers, log } = this.#deps;
    if (dueSwitch(cluster, zone, timers.now()) === null || isChanging(cluster)) return;
    const done = await store.transaction(async (tx) => {
      const current = await tx.clusters.lock(cluster.id);
      // What is under way ends soon, and then the moment is still due.
      if (current === null || isChanging(current)) return null;
      const at = timers.now();
      const due = dueSwitch(current, zone, at);
      if (due === null) return null;
      const kept = { ...current, settings: { ...current.settings, powerSince: due.at } };
      const isNeeded =
        current.status === (due.name === 'start' ? clusterStatus.stopped : clusterStatus.normal);
      await tx.clusters.update(
        isNeeded ? withAction(kept, actions.newAction(atOnce(due.name), serviceUser)) : kept,
      );
      const event = due.name === 'start' ? 'startCluster' : 'stopCluster';
      if (isNeeded) await recordServiceEvent(tx, { event, at, cluster: current, job: null });
      return { ...due, isNeeded };
    });
    if (done === null) return;
    log(`power.${done.name}`, { cluster: cluster.id, dueAt: done.at, isNeeded: done.isNeeded });
    if (done.isNeeded) actions.goOn(cluster.id);
  }

  /** Notes since when a cluster is idle, and switches it off when that is long enough. */
  async #watchIdle(cluster: ClusterRecord): Promise<void> {
    const { store, actions, timers, log } = this.#deps;
    if (!isUsable(cluster)) return;
    const mark = await this.#idleMark(cluster);
    if (mark === null && idleMarkOf(cluster) === null) return;
    const isStopped = await store.transaction(async (tx) => {
      const current = await tx.clusters.lock(cluster.id);
      if (current === null || !isUsable(current) || !powerSettingsOf(current).isAutoOff) return false;
      const { idle: _, ...settings } = current.settings;
      if (mark === null) {
        await tx.clusters.update({ ...current, settings });
        return false;
      }
      const known = idleMarkOf(current);
      const at = timers.now();
      const isSame =
        known !== null && known.runsStarted === mark.runsStarted && known.since >= current.updatedAt;
      if (!isSame) {
        await tx.clusters.update({ ...current, settings: { ...settings, idle: { ...mark, since: at } } });
        return false;
      }
      if (at - known.since < clusterLimits.idleOffMs) return false;
      // A run that was queued since the look was queued under the lock that is held now, or not at all.
      if ((await tx.runs.active(current.id)).length > 0) return false;
      await tx.clusters.update(
        withAction({ ...current, settings }, actions.newAction(atOnce('stop'), serviceUser)),
      );
      await recordServiceEvent(tx, { event: 'stopCluster', at, cluster: current, job: null });
      return true;
    });
    if (!isStopped) return;
    log('power.idle-off', { cluster: cluster.id });
    actions.goOn(cluster.id);
  }

  /** How many runs an idle cluster has seen, so that one between two looks is noticed. null: it is not idle. */
  async #idleMark(cluster: ClusterRecord): Promise<{ readonly runsStarted: number } | null> {
    const { store } = this.#deps;
    if ((await store.runs.active(cluster.id)).length > 0) return null;
    if (await store.timers.isAnySet(cluster.id)) return null;
    return { runsStarted: await store.clusters.lastSubmission(cluster.id) };
  }
}

interface IdleMark {
  readonly runsStarted: number;
  /** Unix milliseconds. */
  readonly since: number;
}

function idleMarkOf({ settings }: ClusterRecord): IdleMark | null {
  const { idle } = settings;
  if (idle === null || typeof idle !== 'object' || Array.isArray(idle)) return null;
  const { runsStarted, since } = idle as Readonly<Record<string, unknown>>;
  return typeof runsStarted === 'number' && typeof since === 'number' ? { runsStarted, since } : null;
}

/** A daily time that has come, and what is to be done then. */
export interface DueSwitch {
  readonly name: 'start' | 'stop';
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * The newest daily time of a cluster that has come since its schedule was last kept, or set; null: none has. Of several that
 * were missed the newest says how the cluster is to be: on from one time on, off from the other.
 */
export function dueSwitch(cluster: ClusterRecord, zone: ZoneClock, now: number): DueSwitch | null {
  if (isBeingDeleted(cluster)) return null;
  const power = powerSettingsOf(cluster);
  if (!power.isScheduleBootOff) return null;
  const { powerSince } = cluster.settings;
  const since = typeof powerSince === 'number' ? powerSince : cluster.updatedAt;
  const newest = switchesOf(power)
    .map(({ name, time }): DueSwitch => ({ name, at: latestAt(time, zone, now) }))
    .reduce<DueSwitch | null>((best, each) => (best === null || each.at > best.at ? each : best), null);
  return newest !== null && newest.at > since ? newest : null;
}

function switchesOf(
  power: PowerSettings,
): readonly { readonly name: 'start' | 'stop'; readonly time: string }[] {
  return [
    { name: 'start' as const, time: power.scheduleBootTime },
    { name: 'stop' as const, time: power.scheduleOffTime },
  ].filter(({ time }) => time !== '');
}

/** The last instant, not after `now`, at which the zone's clock showed a time of day. */
function latestAt(time: string, zone: ZoneClock, now: number): number {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  const ofDay = ((hour * 60 + minute) * 60 + second) * 1_000;
  const today = Math.floor(zone.clockTimeOf(now) / dayMs);
  for (let day = today + 1; ; day -= 1) {
    const instant = zone.instantOf(day * dayMs + ofDay);
    if (instant <= now) return instant;
  }
}
