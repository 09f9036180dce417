import type { Migration } from '../migrate.ts';
import { initial } from './0001-initial.ts';
import { sliceTimes } from './0002-slice-times.ts';
import { resume } from './0003-resume.ts';
import { schedules } from './0004-schedules.ts';
import { fairClaims } from './0006-fair-claims.ts';
import { rightsAndTrail } from './0007-rights-and-trail.ts';
import { groupsAndVariables } from './0008-groups-and-variables.ts';
import { listedJobs } from './0010-listed-jobs.ts';
import { quarantine } from './0011-quarantine.ts';
import { runClockAndWatermarks } from './0012-run-clock-and-watermarks.ts';
import { verifications } from './0013-verifications.ts';
import { batchJobs } from './0014-batch-jobs.ts';

/** Every migration in order. They only go forward; one that has been released is never edited. */
export const migrations: readonly Migration[] = [
  initial,
  sliceTimes,
  resume,
  schedules,
  fairClaims,
  rightsAndTrail,
  groupsAndVariables,
  listedJobs,
  quarantine,
  runClockAndWatermarks,
  verifications,
  batchJobs,
];
