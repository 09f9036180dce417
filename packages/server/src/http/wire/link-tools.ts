import type {
  LinkColumn,
  ListLinkColumnsResponse,
  PreviewTableResponse,
  TestLinkResponse,
} from '@sluice/contract/link-views';
import type { Preview, StageResult } from '@sluice/core/connector/inspection';
import type { Column, NeutralType, TableShape } from '@sluice/core/data/column';
import type { Language } from '@sluice/core/data/text';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { int32 } from './submission.ts';

/** A staged test in the caller's language. */
export function writeLinkTest(stages: readonly StageResult[], language: Language): TestLinkResponse {
  return {
    is_usable: stages.every(({ state }) => state !== 'failed'),
    ms: int32(stages.reduce((sum, { ms }) => sum + ms, 0)),
    stages: stages.map(({ stage, state, ms, finding }) => ({
      stage,
      state,
      ms: int32(ms),
      finding: finding === null ? null : inWords(new SluiceError(finding.code, finding.facts), language),
    })),
  };
}

function inWords(error: SluiceError, language: Language): { code: string; message: string; hint: string } {
  const { code, message, remedy } = renderError(error, language);
  return { code, message, hint: remedy };
}

export function writeColumns(shape: TableShape): ListLinkColumnsResponse {
  return {
    columns: shape.columns.map(writeColumn),
    primary_key: [...shape.primaryKey],
    rows_estimate: shape.rowsEstimate,
    bytes_estimate: shape.bytesEstimate,
  };
}

/** @param readAt Unix milliseconds. */
export function writePreview(preview: Preview, readAt: number): PreviewTableResponse {
  return {
    columns: preview.columns.map(writeColumn),
    rows: preview.rows.map((row) => [...row]),
    row_count: preview.rows.length,
    is_whole: preview.isWhole,
    cut_values: preview.cut.map(([row, column]) => ({ row, column })),
    read_at: readAt,
  };
}

function writeColumn(column: Column): LinkColumn {
  return {
    name: column.name,
    native_type: column.native,
    type: writeType(column.type),
    is_nullable: column.isNullable,
    is_generated: column.isGenerated,
  };
}

function writeType(type: NeutralType): LinkColumn['type'] {
  switch (type.kind) {
    case 'integer':
      return { kind: type.kind, bits: type.bits, is_unsigned: type.unsigned };
    case 'float':
      return { kind: type.kind, bits: type.bits };
    case 'decimal':
      return { kind: type.kind, precision: type.precision, scale: type.scale };
    case 'text':
      return { kind: type.kind, length: type.length, is_fixed: type.fixed };
    case 'binary':
    case 'bits':
      return { kind: type.kind, length: type.length };
    case 'time':
    case 'timestamp':
      return { kind: type.kind, fraction: type.fraction, is_zoned: type.zoned };
    default:
      return { kind: type.kind };
  }
}
