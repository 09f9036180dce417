import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';

/**
 * Limits of what one caller may have stored: one place, each with its unit. A document is read back whole, a hundred at a time in
 * lists, and a run keeps a copy of its job: without them a caller who may make jobs could fill this server's memory.
 */
export const documentLimits = {
  /** Settings of one job, all three blocks, in bytes of JSON. A column list of 4,000 names is a quarter of it. */
  jobBytesMax: 512 * 1024,
  /** Settings of one link, secrets included, in bytes of JSON. Certificates of eighty authorities fit. */
  linkBytesMax: 128 * 1024,
  /** Links of one cluster: their list has no pages. */
  linksPerClusterMax: 1_000,
  /** Variables of one start, in bytes of JSON: each of its runs keeps them. */
  startVariablesBytesMax: 128 * 1024,
} as const;

/** What is measured, as errors name it. */
type Measured = 'job' | 'link' | 'variables';

/** @throws Cdm.0085 when the settings are larger than may be stored. */
export function requireSize(what: Measured, bytesMax: number, ...blocks: readonly OptionValues[]): void {
  const bytes = blocks.reduce((sum, block) => sum + Buffer.byteLength(JSON.stringify(block)), 0);
  if (bytes > bytesMax) throw new SluiceError('Cdm.0085', { name: what, max: `${bytesMax} bytes` });
}
