import type { Sink, SinkAgreement, SourceOffer } from '@sluice/core/connector/contract';
import type { Column, NeutralType, TableShape } from '@sluice/core/data/column';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { ExpressionSyntaxError } from '@sluice/core/expressions/expression-error';
import { compileTemplate } from '@sluice/core/expressions/field-template';
import { parseExpression } from '@sluice/core/expressions/parse-expression';
import { resultType } from '@sluice/core/expressions/result-type';
import { compileConverters } from '@sluice/core/field-converters/compile-converters';
import type { FieldConverter } from '@sluice/core/field-converters/field-converter';
import { castableType } from './cast-value.ts';
import { pickColumn } from './pick-column.ts';
import type { AddedField, ShapedColumn, ShapePlan, TransformWork } from './shape-plan.ts';

/** One column of the destination before it is known: what it is made of, and the type that its values fit, null: untold. */
interface Draft {
  readonly column: Column;
  readonly made: 'field' | 'converted' | 'added';
  readonly from: number;
  readonly steps: readonly FieldConverter[];
  readonly value: string;
}

export interface ShapeDraft {
  readonly read: readonly Column[];
  readonly columns: readonly Draft[];
}

const anyText: NeutralType = { kind: 'text', length: null, fixed: false };

/**
 * What the rows of a job are made of.
 * @param names source columns and added fields by position; null: all columns, then the added fields.
 * @throws Cdm.0926 a column is missing; Cdm.0011 an expression that is none; Cdm.0921 a converter on binary data.
 */
export function draftShape(
  transform: TransformWork,
  shape: TableShape,
  names: readonly string[] | null,
): ShapeDraft {
  const added = new Map(transform.added.map((field) => [field.name, field]));
  const steps = new Map(transform.converters.map((each) => [each.field.toLowerCase(), each]));
  const mapped = names ?? [...shape.columns.map((column) => column.name), ...added.keys()];
  const read: Column[] = [];
  const places = mapped.map((name) => {
    if (added.has(name)) return -1;
    read.push(pickColumn(shape, name));
    return read.length - 1;
  });
  const types = read.map((column) => column.type);
  const columns = mapped.map((name, at): Draft => {
    const from = places[at] ?? -1;
    const field = added.get(name);
    if (field !== undefined) return addedDraft(field, types);
    const column = read[from] as Column;
    const converter = steps.get(column.name.toLowerCase());
    if (converter === undefined) return { column, made: 'field', from, steps: [], value: '' };
    if (column.type.kind === 'binary') {
      throw new SluiceError('Cdm.0921', { type: `${column.native} (${column.name})` });
    }
    const type = convertedType(column, converter.steps, types);
    return {
      column: madeColumn(column.name, type),
      made: 'converted',
      from,
      steps: converter.steps,
      value: '',
    };
  });
  for (const { field } of transform.converters) {
    if (!read.some((column) => column.name.toLowerCase() === field.toLowerCase())) {
      throw new SluiceError(
        'Cdm.0926',
        explained({
          en: `A converter is set on "${field}", which is not among the fields read.`,
          zh: `字段“${field}”设置了转换器，但不在读取的字段中。`,
        }),
      );
    }
  }
  // A statement reads at least one column, be it for the number of rows.
  const [first] = shape.columns;
  return { read: read.length === 0 && first !== undefined ? [first] : read, columns };
}

function addedDraft(field: AddedField, row: readonly NeutralType[]): Draft {
  const template = told('fromJobConfig.sampleValueColumn', () => compileTemplate(field.value));
  const type = template.kind === 'expression' ? resultType(template.syntax, { value: null, row }) : anyText;
  return { column: madeColumn(field.name, type), made: 'added', from: -1, steps: [], value: field.value };
}

function convertedType(
  column: Column,
  steps: readonly FieldConverter[],
  row: readonly NeutralType[],
): NeutralType | null {
  told('transformConfig.trans', () => compileConverters(steps));
  let type: NeutralType | null = column.type;
  for (const step of steps) {
    if (step.kind === 'EXPRESSION') {
      type = resultType(parseExpression(step.expression), { value: type, row });
    } else if (type?.kind !== 'text' || step.kind === 'REPLACE') type = anyText;
  }
  return type;
}

function told<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    throw new SluiceError('Cdm.0011', { name, ...explained(error.text) });
  }
}

function madeColumn(name: string, type: NeutralType | null): Column {
  const made = type ?? anyText;
  return { name, native: made.kind, type: made, isNullable: true, isGenerated: false };
}

/** What the sink agreed to, and how the rows get their shape. */
export interface ShapeAgreement {
  readonly agreement: SinkAgreement & { readonly columnNames: readonly string[] };
  /** Columns by position as the sink gets them. */
  readonly columns: readonly Column[];
  readonly shape: ShapePlan;
}

/**
 * Agrees with the sink on columns that are made on the way. They are offered with the types that their values are known to fit;
 * where one does not go into its column that way, as text, which may turn out to be a value of the column.
 */
export async function agreeOnShape(
  transform: TransformWork,
  draft: ShapeDraft,
  offer: SourceOffer,
  sink: Sink,
  names: readonly string[] | null,
): Promise<ShapeAgreement> {
  const { sendAs: _, byteFormsBy: __, ...rest } = offer;
  const offered = draft.columns.map(({ column }) => column);
  const agree = (columns: readonly Column[]) => sink.agree({ ...rest, columns, forms: ['rows'] }, names);
  let columns: readonly Column[] = offered;
  let agreement: ShapeAgreement['agreement'];
  try {
    agreement = await agree(columns);
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === 'Cdm.0921')) throw error;
    columns = draft.columns.map((each) =>
      each.made === 'field' ? each.column : madeColumn(each.column.name, anyText),
    );
    agreement = await agree(columns);
  }
  const agreed = agreement;
  const fed = columns.map((column, at): Column => {
    const target = agreed.targetTypes?.[at] ?? null;
    if (draft.columns[at]?.made === 'field' || target === null) return column;
    const type = castableType(target);
    if (type === null) {
      throw new SluiceError('Cdm.0921', { type: `${column.native} (${column.name}) in ${target.kind}` });
    }
    return { ...column, type: feedType(offered[at]?.type ?? type, type) };
  });
  return {
    agreement: agreed,
    columns: fed,
    shape: {
      zone: transform.zone,
      nowMs: transform.nowMs,
      read: draft.read,
      columns: draft.columns.map((each, at) => shapedColumn(each, fed[at]?.type ?? anyText)),
    },
  };
}

/** Numbers stay numbers before a column of truth values, which for some systems is a small number. */
function feedType(made: NeutralType, target: NeutralType): NeutralType {
  return target.kind === 'boolean' && made.kind === 'integer' ? made : target;
}

function shapedColumn(draft: Draft, as: NeutralType): ShapedColumn {
  const { from, steps, value } = draft;
  const { name } = draft.column;
  if (draft.made === 'field') return { kind: 'field', from };
  return draft.made === 'converted'
    ? { kind: 'converted', name, from, steps, as }
    : { kind: 'added', name, value, as };
}
