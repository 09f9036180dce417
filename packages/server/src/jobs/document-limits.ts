import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { Store } from '../store/store.ts';

/**
 * Limits of what one caller may have stored: one place, each with its unit. A document is read back whole, a hundred at a time in
 * lists, and a run keeps a copy of its job: without them a caller who may make jobs could fill this server's memory.
 */
export const documentLimits = {
  /** Settings of one job, all three blocks, in bytes of JSON. A column list of 4,000 names is a quarter of it. */
  jobBytesMax: 512 * 1024,
  /** Jobs of a cluster above this size, in bytes, share the next limit. */
  smallJobBytes: 16 * 1024,
  /** Settings of all jobs of a cluster that are not small, in bytes: many are read at once for lists, groups and exports. */
  largeJobsBytesMax: 64 * 1024 * 1024,
  /** Settings of one link, secrets included, in bytes of JSON. Certificates of eighty authorities fit. */
  linkBytesMax: 128 * 1024,
  /** Links of one cluster: their list has no pages. */
  linksPerClusterMax: 1_000,
  /** Variables of one start, in bytes of JSON: each of its runs keeps them. */
  startVariablesBytesMax: 128 * 1024,
} as const;

/** What is measured, as errors name it. */
type Measured = 'job' | 'link' | 'variables';

/** @returns their bytes. @throws Cdm.0085 when the settings are larger than may be stored. */
export function requireSize(what: Measured, bytesMax: number, ...blocks: readonly OptionValues[]): number {
  const bytes = blocks.reduce((sum, block) => sum + Buffer.byteLength(JSON.stringify(block)), 0);
  if (bytes > bytesMax) throw new SluiceError('Cdm.0085', { name: what, max: `${bytesMax} bytes` });
  return bytes;
}

/**
 * Looks whether a job's settings find room in its cluster.
 * @param jobId the job that they are to be of; null: a new one.
 * @throws Cdm.0085
 */
export async function requireRoomForJob(
  { jobs }: Pick<Store, 'jobs'>,
  clusterId: string,
  jobId: number | null,
  blocks: readonly OptionValues[],
): Promise<void> {
  const { jobBytesMax, smallJobBytes, largeJobsBytesMax: max } = documentLimits;
  const bytes = requireSize('job', jobBytesMax, ...blocks);
  if (bytes <= smallJobBytes) return;
  const others = await jobs.largeBytes(clusterId, smallJobBytes, jobId);
  if (others + bytes > max) {
    throw new SluiceError('Cdm.0085', {
      name: 'jobs',
      max: `${max} bytes`,
      ...explained({
        en: `The limit is on all jobs of the cluster together that are larger than ${smallJobBytes} bytes.`,
        zh: `该上限针对集群中所有大于 ${smallJobBytes} 字节的作业的总大小。`,
      }),
    });
  }
}
