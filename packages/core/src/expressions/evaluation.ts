import { ExpressionRunError } from './expression-error.ts';
import { expressionLimits } from './limits.ts';
import type { ElValue, RowFields, TextMap } from './values.ts';

/** How often a text of the row may be gone through beside `workMax`. */
const passes = 16;

/** What an evaluation may ask for beside the row. One for all rows that a worker handles of a run. */
export interface RunScope {
  /** Zone of dates without one of their own: see `zoneOffsets`. */
  readonly zone: string;
  /** The run's moment, Unix milliseconds: the same in all its workers and after it was resumed. */
  readonly nowMs: number;
  readonly newUuid: () => string;
  /** Mapping files that were fetched, by URL. */
  readonly files: Map<string, TextMap>;
  /** Maps kept by `CommonUtils.setCache`, by key. */
  readonly cache: Map<string, TextMap>;
}

/** One evaluation: a row, the field, and the work that is left to it. */
export class Evaluation {
  readonly scope: RunScope;
  row: RowFields;
  /** The field's value; null where there is none, as for added fields. */
  value: ElValue;
  #workLeft: number;

  constructor(scope: RunScope, row: RowFields, value: ElValue) {
    this.scope = scope;
    this.row = row;
    this.value = value;
    this.#workLeft = expressionLimits.workMax;
  }

  /** Turns to another field or row; the work begins anew. */
  begin(row: RowFields, value: ElValue): void {
    this.row = row;
    this.value = value;
    this.#workLeft = expressionLimits.workMax;
    this.allow(value);
  }

  /** What the row itself holds may be gone through several times, however long it is. */
  allow(value: ElValue): void {
    if (typeof value === 'string') this.#workLeft += passes * value.length;
  }

  /** Counts characters that a function reads or writes. @throws ExpressionRunError when there were too many. */
  work(characters: number): void {
    this.#workLeft -= characters;
    if (this.#workLeft >= 0) return;
    throw new ExpressionRunError({
      en: `the expression handles more than ${expressionLimits.workMax} characters for one row`,
      zh: `表达式处理一行时超过 ${expressionLimits.workMax} 个字符`,
    });
  }
}
