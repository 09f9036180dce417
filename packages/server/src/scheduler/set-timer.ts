import type { JobRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { nextAfter } from './next-after.ts';
import { impossible, readSchedule } from './read-schedule.ts';
import type { Schedule } from './schedule.ts';
import type { ZoneClock } from './zone-clock.ts';

/** @throws what `readSchedule` throws; Cdm.0065 as well when the schedule is never due, whatever the time is. */
export function requireSchedule(
  job: Pick<JobRecord, 'name' | 'type' | 'driverOptions'>,
  zone: ZoneClock,
): void {
  const schedule = readSchedule(job);
  if (schedule === null || nextAfter(schedule, zone, 0) !== null) return;
  throw impossible(job.name, {
    en: 'It has no moment between its start and its end',
    zh: '起止时间之间没有任何触发时间点',
  });
}

/**
 * Makes a job's timer what its options say: the first moment after now. A timer of the same schedule in the same zone stays
 * as it is, so that what is due at the moment of an edit is not lost. To be called in the transaction that stores the job.
 * @param now Unix milliseconds.
 */
export async function setTimer(
  tx: Pick<Store, 'timers'>,
  job: JobRecord,
  zone: ZoneClock,
  now: number,
): Promise<void> {
  const schedule = readSchedule(job);
  const timing = timingOf(schedule, zone);
  if ((await tx.timers.find(job.id))?.timing === timing) return;
  if (schedule === null) await tx.timers.remove(job.id);
  else await tx.timers.put({ jobId: job.id, timing, dueAt: nextAfter(schedule, zone, now) });
}

function timingOf(schedule: Schedule | null, zone: ZoneClock): string {
  return JSON.stringify({ ...schedule, zone: zone.name });
}
