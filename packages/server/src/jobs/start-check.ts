import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { keptVariables, undefinedVariables } from '../planner/job-variables.ts';
import type { ZoneClock } from '../scheduler/zone-clock.ts';
import type { JobRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { documentLimits, requireSize } from './document-limits.ts';
import { requireStartable } from './job-check.ts';

/** Looked at when a job is started, and when it is asked what a start would do. */
export interface StartCheckDeps {
  readonly store: Pick<Store, 'links' | 'variables'>;
  readonly registry: ConnectorRegistry;
  readonly zone: ZoneClock;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** @throws Cdm.0055 no job of this type is run; Cdm.0101 (400) no such link; Cdm.0060 a link is disabled. */
export async function requireRunnable(
  { links }: Pick<Store, 'links'>,
  job: Omit<JobRecord, 'id'>,
): Promise<void> {
  if (job.type === 'SCENARIO_JOB') {
    throw new SluiceError('Cdm.0055', {
      type: job.type,
      ...explained({
        en: `Jobs of type NORMAL_JOB and BATCH_JOB are run; ${job.name} is a ${job.type}.`,
        zh: `可运行 NORMAL_JOB 和 BATCH_JOB 类型的作业，${job.name} 的类型是 ${job.type}。`,
      }),
    });
  }
  for (const link of [job.fromLink, job.toLink]) {
    const found = await links.find(job.clusterId, link);
    if (found === null) throw new SluiceError('Cdm.0101', { link }, { status: 400 });
    if (!found.isEnabled) throw new SluiceError('Cdm.0060', { link });
  }
}

/**
 * What the settings of the job refer to, with the values that they have now.
 * @throws Cdm.0014 one is set nowhere; Cdm.0085 those of the start are too many; what `requireStartable` throws.
 */
export async function startVariables(
  { store, registry, zone, now }: StartCheckDeps,
  projectId: string,
  job: Omit<JobRecord, 'id'>,
  given: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  requireSize('variables', documentLimits.startVariablesBytesMax, given);
  const kept = await keptVariables(store, projectId, job, given);
  if (kept.missing.length > 0) throw undefinedVariables(kept.missing);
  requireStartable(job, kept.variables, registry, zone.name, now());
  return kept.variables;
}
