import type { RejectView, ReplayView } from '@sluice/contract/reject-views';
import type { Value } from '@sluice/core/data/batch';
import type { Column, NeutralType } from '@sluice/core/data/column';
import { isCutValue, type PortableValue } from '@sluice/core/data/portable-row';
import type { Language } from '@sluice/core/data/text';
import { explained } from '@sluice/core/errors/explained';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { SetAsideRow } from '../../runs/quarantine.ts';
import type { ReplayRecord } from '../../store/reject-record.ts';
import { int32 } from './submission.ts';

export type Cell = string | number | boolean | null;

export function writeReject(row: SetAsideRow, language: Language): RejectView {
  const { code, message, remedy } = renderError(new SluiceError(row.code, row.facts), language);
  return {
    id: row.id,
    slice: row.sliceNo,
    state: row.state,
    stage: row.stage,
    reason: { code, message, hint: remedy },
    values: row.row.map(writeValue),
    cut_values: row.row.flatMap((value, i) => (isCutValue(value) ? [i] : [])),
    created_at: row.createdAt,
    edited_by: row.editedBy,
    edited_at: row.editedAt,
  };
}

function writeValue(value: PortableValue): Cell {
  if (typeof value !== 'object' || value === null) return value;
  if ('b' in value) return value.b;
  if ('i' in value) return value.i;
  return 'n' in value ? value.n : value.cut;
}

/**
 * Reads values as `writeReject` writes them.
 * @param columns what the values are of, by position.
 * @throws Cdm.0014 there is another number of them, or one is no value of its column's kind.
 */
export function readValues(cells: readonly Cell[], columns: readonly Column[]): Value[] {
  if (cells.length !== columns.length) {
    throw refused({
      en: `The row has ${columns.length} values, not ${cells.length}.`,
      zh: `该行有 ${columns.length} 个值，而不是 ${cells.length} 个。`,
    });
  }
  return columns.map(({ name, type }, i) => {
    const cell = cells[i] ?? null;
    const value = readValue(cell, type);
    if (value !== undefined) return value;
    throw refused({
      en: `Value ${i + 1} (${name}) is no value of the kind ${type.kind}.`,
      zh: `第 ${i + 1} 个值（${name}）不是 ${type.kind} 类型的值。`,
    });
  });
}

/** undefined: it is none of that kind. */
function readValue(cell: Cell, type: NeutralType): Value | undefined {
  if (cell === null) return null;
  switch (type.kind) {
    case 'boolean':
      return typeof cell === 'boolean' ? cell : undefined;
    case 'integer': {
      if (typeof cell === 'boolean' || !/^-?\d{1,20}$/.test(String(cell))) return undefined;
      const exact = BigInt(cell);
      return exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact;
    }
    case 'float':
      if (typeof cell === 'number') return cell;
      if (cell === '-0') return -0;
      return cell === 'NaN' || cell === 'Infinity' || cell === '-Infinity' ? Number(cell) : undefined;
    case 'binary': {
      const isBase64 =
        typeof cell === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(cell) && cell.length % 4 === 0;
      return isBase64 ? Buffer.from(cell, 'base64') : undefined;
    }
    default:
      return typeof cell === 'boolean' ? undefined : String(cell);
  }
}

function refused(why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name: 'values', ...explained(why) }, { status: 400 });
}

export function writeReplay(replay: ReplayRecord, language: Language): ReplayView {
  const { failure } = replay;
  return {
    id: replay.id,
    // What is still at the destination of one that is settled concerns nobody here.
    state: replay.state === 'settled' ? 'done' : replay.state,
    rows_chosen: int32(replay.rowsChosen),
    rows_written: int32(replay.rowsWritten),
    rows_refused: int32(replay.rowsRefused),
    failure: failure === null ? null : { code: failure.code, summary: failure.summary[language] },
    created_by: replay.createdBy,
    created_at: replay.createdAt,
    ended_at: replay.endedAt,
  };
}

/** A line of the file: time, slice, reason, state, id, then the values. */
export function rejectLine(view: RejectView): string {
  const { created_at, slice, reason, state, id, values } = view;
  const time = new Date(created_at).toISOString();
  return csvLine([time, slice, `${reason.code} : ${reason.message}`, state, id, ...values]);
}

export const rejectFileHead = ['time', 'slice', 'reason', 'state', 'id'] as const;

/** One record of RFC 4180; null is nothing, an empty text is quoted. */
export function csvLine(cells: readonly Cell[]): string {
  const fields = cells.map((cell) => {
    if (cell === null) return '';
    const text = String(cell);
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(',')}\r\n`;
}
