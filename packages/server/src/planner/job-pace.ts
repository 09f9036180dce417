import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { RateLimit, WatermarkWork } from '@sluice/engine/work';
import type { JobRecord, WatermarkRecord } from '../store/model.ts';

// Settings of a job as a whole, typed, once variables are filled in: how many slices, how fast, and from where on.

/** Bytes of the megabyte in which a rate is given: 1024 × 1024. */
export const rateMegabyte = 1_048_576;
/** The rate of a job that is throttled and says none, in MB/s. */
const byteRateDefault = 10;
const byteRateMin = 2;
const wholeMax = 2_147_483_647;
const extractorsMax = 300;
/** Most retries of one slice that a job can ask for. */
export const splitRetriesMax = 100;

/** `throttlingConfig.numExtractors`, 1 when unset. @throws Cdm.0024 a variable gave it a value that cannot be. */
export function extractorsOf(driver: OptionValues): number {
  return whole(driver, 'throttlingConfig.numExtractors', 1, extractorsMax) ?? 1;
}

/** How often a slice that failed is moved again before its run fails; 0 when unset. @throws Cdm.0024 as `extractorsOf`. */
export function sliceRetriesOf(driver: OptionValues): number {
  return whole(driver, 'throttlingConfig.splitRetryTime', 0, splitRetriesMax) ?? 0;
}

/**
 * How fast a job may read; null: without a limit. A throttled job has a byte rate, and a record rate where it says one.
 * @throws Cdm.0024 a rate that cannot be, 1 MB/s and less among them.
 */
export function rateLimitOf(driver: OptionValues): RateLimit | null {
  if (!isOn(driver, 'throttlingConfig.throttling')) return null;
  const megabytes = whole(driver, 'throttlingConfig.byteRate', byteRateMin, wholeMax) ?? byteRateDefault;
  return {
    bytesPerSecond: megabytes * rateMegabyte,
    rowsPerSecond: whole(driver, 'throttlingConfig.recordRate', 1, wholeMax),
    backsOff: isOn(driver, 'sluiceConfig.throttleBackOff'),
  };
}

/**
 * How an incremental job finds its new rows; null: the job is none.
 * @param job as it was written: a table whose name is made of macros is one place. @param driver its settings as a whole, filled in.
 * @param mark how far it has come.
 * @throws Cdm.0014 the mark is of another column or table; Cdm.0024 a value that cannot be.
 */
export function watermarkOf(
  job: Pick<JobRecord, 'fromOptions' | 'driverOptions'>,
  fromLinkId: number,
  driver: OptionValues,
  mark: WatermarkRecord | null,
  zone: string,
): WatermarkWork | null {
  const column = text(driver['sluiceConfig.watermarkColumn']);
  if (column === '') return null;
  const place = placeOf(job, fromLinkId);
  if (mark !== null && mark.place !== place) throw otherPlace(mark, column);
  const initial = text(driver['sluiceConfig.watermarkInitial']);
  return {
    column,
    place,
    last: mark?.bound ?? null,
    initial: initial === '' ? null : initial,
    overlap: whole(driver, 'sluiceConfig.watermarkOverlap', 0, wholeMax) ?? 0,
    upper: upperOf(driver),
    lagSeconds: whole(driver, 'sluiceConfig.watermarkLag', 0, wholeMax) ?? 0,
    zone,
  };
}

/** What the bound of an incremental job belongs to: link, table and column, as the job names them. */
export function placeOf(
  { fromOptions, driverOptions }: Pick<JobRecord, 'fromOptions' | 'driverOptions'>,
  fromLinkId: number,
): string {
  return JSON.stringify([
    fromLinkId,
    text(fromOptions['fromJobConfig.schemaName']),
    text(fromOptions['fromJobConfig.tableName']),
    text(driverOptions['sluiceConfig.watermarkColumn']),
  ]);
}

function upperOf(driver: OptionValues): WatermarkWork['upper'] {
  const option = 'sluiceConfig.watermarkUpper';
  const upper = text(driver[option]).toUpperCase();
  if (upper === '') return 'MAX';
  if (upper === 'MAX' || upper === 'BELOW_MAX' || upper === 'LAG') return upper;
  throw new SluiceError('Cdm.0024', { name: option, range: 'MAX, BELOW_MAX, LAG' });
}

function otherPlace(mark: WatermarkRecord, column: string): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: 'sluiceConfig.watermarkColumn',
    ...explained({
      en: `The job's stored watermark is of another link, table or column than ${column} is now: ${mark.column} up to ${mark.bound.value}. Reset it or set it anew first.`,
      zh: `作业已保存的水位（${mark.column} 至 ${mark.bound.value}）属于其他连接、表或字段，与当前的 ${column} 不符：请先重置或重新设置。`,
    }),
  });
}

function isOn(driver: OptionValues, option: string): boolean {
  const value = text(driver[option]).toLowerCase();
  if (value !== '' && value !== 'true' && value !== 'false') {
    throw new SluiceError('Cdm.0024', { name: option, range: 'true, false' });
  }
  return value === 'true';
}

/** null: unset. */
function whole(driver: OptionValues, option: string, min: number, max: number): number | null {
  const value = text(driver[option]);
  if (value === '') return null;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new SluiceError('Cdm.0024', { name: option, range: `${min}, ${max}` });
}

function text(value: Json | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value).trim();
}
