import type { Preview, PreviewLimits, PreviewValue } from '@sluice/core/connector/inspection';
import type { Column, NeutralType } from '@sluice/core/data/column';

/** A value as it is shown, and whether something of it was cut off. */
export interface ShownValue {
  readonly value: PreviewValue;
  readonly isCut: boolean;
}

/** Text that one fetch may bring, in characters, whatever the table's columns hold. */
const FETCH_CHARS_MAX = 4 * 1024 * 1024;

/** Rows that may be fetched at once without more text than can be held. */
export function rowsPerFetch(columnCount: number, limits: PreviewLimits): number {
  const perRow = Math.max(1, columnCount) * (limits.valueCharsMax + 1);
  return Math.max(1, Math.min(limits.rowsMax + 1, Math.floor(FETCH_CHARS_MAX / perRow)));
}

/**
 * A value by its column's type, see `PreviewValue`.
 * @param text as the database prints it, at most one character longer than is shown; binary values in Base64, one byte longer.
 */
export function previewValue(type: NeutralType, text: string | null, limits: PreviewLimits): ShownValue {
  if (text === null) return { value: null, isCut: false };
  switch (type.kind) {
    case 'boolean':
      if (/^(?:t|true|1)$/.test(text)) return whole(true);
      if (/^(?:f|false|0)$/.test(text)) return whole(false);
      // A column that its type alone calls boolean may hold other numbers.
      return whole(text);
    case 'integer':
      return whole(type.bits <= 32 && /^-?\d{1,10}$/.test(text) ? Number(text) : text);
    case 'float': {
      const number = Number(text);
      return whole(text.trim() !== '' && Number.isFinite(number) ? number : text);
    }
    case 'binary':
      return shownBytes(text, limits.valueCharsMax);
    default:
      return shownText(text, limits.valueCharsMax);
  }
}

function whole(value: PreviewValue): ShownValue {
  return { value, isCut: false };
}

function shownText(text: string, charsMax: number): ShownValue {
  // Counted as databases count: by character, not by half of a pair.
  const characters = text.length > charsMax ? [...text] : [];
  if (characters.length <= charsMax) return whole(text);
  return { value: characters.slice(0, charsMax).join(''), isCut: true };
}

function shownBytes(base64: string, bytesMax: number): ShownValue {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length <= bytesMax) return whole(base64);
  return { value: bytes.subarray(0, bytesMax).toString('base64'), isCut: true };
}

/** Takes rows until the limits are reached. */
export class RowBudget {
  readonly #limits: PreviewLimits;
  readonly #rows: (readonly PreviewValue[])[] = [];
  readonly #cut: (readonly [row: number, column: number])[] = [];
  #bytes = 0;
  #isFull = false;
  #isWhole = false;

  constructor(limits: PreviewLimits) {
    this.#limits = limits;
  }

  /** No further row is taken. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get rowsLeft(): number {
    return this.#limits.rowsMax - this.#rows.length;
  }

  /** @returns false when the row did not fit: then the table has more rows than are shown. */
  take(values: readonly ShownValue[]): boolean {
    if (this.#isFull) return false;
    const row = values.map(({ value }) => value);
    const bytes = Buffer.byteLength(JSON.stringify(row)) + 1;
    if (this.rowsLeft === 0 || this.#bytes + bytes > this.#limits.bytesMax) {
      this.#isFull = true;
      return false;
    }
    for (const [column, { isCut }] of values.entries()) {
      if (isCut) this.#cut.push([this.#rows.length, column]);
    }
    this.#bytes += bytes;
    this.#rows.push(row);
    return true;
  }

  /** The table has no more rows. */
  end(): void {
    this.#isWhole = !this.#isFull;
  }

  preview(columns: readonly Column[]): Preview {
    return {
      columns: columns.map(({ name, native, type, isNullable, isGenerated }) => ({
        name,
        native,
        type,
        isNullable,
        isGenerated,
      })),
      rows: this.#rows,
      isWhole: this.#isWhole,
      cut: this.#cut,
    };
  }
}
