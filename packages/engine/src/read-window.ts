import type { Source, Watermarks } from '@sluice/core/connector/contract';
import type { ReadWindow, WatermarkBound, WatermarkColumn } from '@sluice/core/data/read-window';
import type { Text } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import {
  type GrowingType,
  growingType,
  instantValue,
  isBefore,
  lowered,
  normalValue,
} from './watermark-values.ts';
import type { PlannedWindow, WatermarkWork } from './work.ts';

/** Options that name what is wrong in errors. */
const columnOption = 'sluiceConfig.watermarkColumn';
const initialOption = 'sluiceConfig.watermarkInitial';
const upperOption = 'sluiceConfig.watermarkUpper';
const overlapOption = 'sluiceConfig.watermarkOverlap';

/**
 * Fixes which rows an incremental run reads: from behind the last committed bound up to one that is fixed now, before the
 * run's slices are cut. Rows with the same value are never torn apart unless the column says that there are none:
 *
 * | upper     | up to                                    | ties                                                        |
 * |-----------|------------------------------------------|-------------------------------------------------------------|
 * | MAX       | the greatest value, itself included      | only with an overlap or on a column that is the primary key |
 * | BELOW_MAX | the greatest value, itself left to later | all rows of a value together, in a later run                |
 * | LAG       | the source's clock less a lag            | whatever is written later than the lag allows is not seen   |
 *
 * @throws Cdm.0926 no such column; Cdm.0014 the column, a bound or the way does not fit.
 */
export async function fixWindow(source: Source, work: WatermarkWork): Promise<PlannedWindow> {
  const marks = watermarksOf(source);
  const found = await marks.describe(work.column);
  const type = growingType(found.column.type);
  if (type === null) {
    throw refused(columnOption, {
      en: `The column ${work.column} is of type ${found.column.native}; only whole and decimal numbers, dates, timestamps and texts grow in an order that can be relied on.`,
      zh: `字段 ${work.column} 的类型为 ${found.column.native}；只有整数、小数、日期、时间戳和文本的顺序可靠。`,
    });
  }
  const from = lowerBound(type, work);
  const window: ReadWindow = {
    column: found.column.name,
    native: found.column.native,
    type,
    from,
    to: null,
  };
  const to = await upperBound(marks, window, type, work, found);
  return { ...window, to, place: work.place, isNullable: found.column.isNullable };
}

/** The source of which only the plan's window is read; without one, the source itself. */
export function windowed(source: Source, window: ReadWindow | undefined): Source {
  return window === undefined ? source : watermarksOf(source).within(window);
}

/** What is to be said of a window beside its bounds, for people. */
export function windowWarnings(window: PlannedWindow): readonly string[] {
  return window.isNullable
    ? [`Rows without a value in ${window.column} are never read by an incremental job.`]
    : [];
}

function watermarksOf(source: Source): Watermarks {
  if (source.watermarks !== undefined) return source.watermarks;
  throw refused(columnOption, {
    en: 'This source cannot be read incrementally by a column.',
    zh: '该源端不支持按字段增量读取。',
  });
}

function lowerBound(type: GrowingType, work: WatermarkWork): WatermarkBound | null {
  const { last, initial, overlap, zone } = work;
  if (last === null) {
    if (initial === null) return null;
    const value = normalValue(type, initial, zone);
    if (value !== null) return { value, isIncluded: false };
    throw noValue(initialOption, initial, work.column);
  }
  const done = normalValue(type, last.value, zone);
  if (done === null) throw noValue('watermark', last.value, work.column);
  if (overlap === 0) return { value: done, isIncluded: !last.isIncluded };
  const value = lowered(type, done, overlap);
  if (value !== null) return { value, isIncluded: false };
  throw refused(overlapOption, {
    en: `The column ${work.column} has no steps of which ${overlap} could be read again: leave the overlap out.`,
    zh: `字段 ${work.column} 无法按步长回退 ${overlap}：请不要设置重叠窗口。`,
  });
}

async function upperBound(
  marks: Watermarks,
  window: ReadWindow,
  type: GrowingType,
  work: WatermarkWork,
  found: WatermarkColumn,
): Promise<WatermarkBound | null> {
  if (work.upper === 'LAG') return laggingBound(window, type, work, found.now);
  if (work.upper === 'MAX' && work.overlap === 0 && !found.isUnique) {
    throw refused(upperOption, {
      en: `${work.column} is not the table's primary key, so rows with the greatest value may still be written after this run and would never be read. Set ${upperOption} to BELOW_MAX or LAG, or an overlap together with a conflict mode.`,
      zh: `${work.column} 不是表的主键，本次运行之后仍可能写入与最大值相同的行，这些行将永远不会被读取。请将 ${upperOption} 设为 BELOW_MAX 或 LAG，或同时设置重叠窗口和冲突处理方式。`,
    });
  }
  const highest = await marks.highest(window);
  if (highest === null) return null;
  const value = normalValue(type, highest, 'UTC');
  if (value === null) {
    throw refused(columnOption, {
      en: `The greatest value of ${work.column}, ${highest}, cannot be a bound.`,
      zh: `字段 ${work.column} 的最大值 ${highest} 不能作为边界。`,
    });
  }
  // Rows that an overlap reads again may be all that is left: what is done stays done.
  if (work.last !== null && isBefore(type, value, work.last.value)) return work.last;
  return { value, isIncluded: work.upper === 'MAX' };
}

function laggingBound(
  { from, column }: ReadWindow,
  type: GrowingType,
  work: WatermarkWork,
  now: number,
): WatermarkBound | null {
  const value = instantValue(type, now - work.lagSeconds * 1_000, work.zone);
  if (value === null) {
    throw refused(upperOption, {
      en: `A lag behind the clock has a meaning for dates and timestamps only, and ${column} is neither.`,
      zh: `时钟滞后仅对日期和时间戳字段有意义，${column} 不是此类字段。`,
    });
  }
  // A day that is not over may still get rows: it is left to a later run.
  const done = work.last?.value ?? from?.value;
  if (done !== undefined && !isBefore(type, done, value)) return null;
  return { value, isIncluded: false };
}

function noValue(name: string, value: string, column: string): SluiceError {
  return refused(name, {
    en: `"${value}" is no value of the column ${column}.`,
    zh: `“${value}”不是字段 ${column} 的有效值。`,
  });
}

function refused(name: string, why: Text): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) });
}
