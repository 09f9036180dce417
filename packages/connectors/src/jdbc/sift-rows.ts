import type { SluiceError } from '@sluice/core/errors/sluice-error';

/** Why a part was refused. */
export interface Refusal {
  /** What the destination said. */
  readonly error: SluiceError;
  /** Which row of the part it named, from 0; null: it named none. A hint: the row is set aside only once it was refused alone. */
  readonly row: number | null;
}

/** Writes the rows `[from, to)`, all or none. @returns null when they are written. @throws what is no row's fault. */
export type WritePart = (from: number, to: number) => Promise<Refusal | null>;

/**
 * Writes all rows that the destination takes. A part that is refused is taken apart at the row that the refusal names, or
 * in the middle, until the bad rows stand alone. Parts shrink with each refusal and grow with each success, so that a batch
 * of bad rows costs one statement a row and not one batch a row.
 * @param partMax rows of a part at most.
 * @param refused hears of each row that cannot be written, in the order of the rows.
 */
export async function siftRows(
  rowCount: number,
  partMax: number,
  write: WritePart,
  refused: (row: number, error: SluiceError) => void,
): Promise<void> {
  const open: (readonly [from: number, to: number])[] = [];
  const leave = (from: number, to: number): void => {
    if (to > from) open.push([from, to]);
  };
  let size = partMax;
  leave(0, rowCount);
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [from, last] = part;
    const to = Math.min(last, from + size);
    leave(to, last);
    const refusal = await write(from, to);
    if (refusal === null) {
      size = Math.min(partMax, size * 2);
      continue;
    }
    if (to - from === 1) {
      refused(from, refusal.error);
      continue;
    }
    size = Math.max(1, size >>> 1);
    const named = refusal.row;
    if (named === null || named < 0 || named >= to - from) {
      const half = (from + to) >>> 1;
      leave(half, to);
      leave(from, half);
    } else {
      leave(from + named + 1, to);
      leave(from + named, from + named + 1);
      leave(from, from + named);
    }
  }
}
