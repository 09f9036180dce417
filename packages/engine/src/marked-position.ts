import type { Position } from '@sluice/core/data/batch';
import type { Checkpoint } from '@sluice/core/data/slice';

/** The position of a tolerant slice's checkpoint: where to go on, and by which attempt the commit was made. */
interface MarkedPosition {
  readonly at: Position | null;
  readonly madeBy: string;
}

export function markPosition(at: Position | null, madeBy: string): Position {
  return { at, madeBy };
}

/** Where the source goes on behind a checkpoint of a tolerant slice. */
export function markedPlace(position: Position | null): Position | null {
  return position === null ? null : (position as unknown as MarkedPosition).at;
}

/** The attempt that made the commit of a tolerant slice; null: the slice is none. */
export function makerOf({ position }: Pick<Checkpoint, 'position'>): string | null {
  const isObject = typeof position === 'object' && position !== null && !Array.isArray(position);
  const madeBy = isObject ? (position as Partial<MarkedPosition>).madeBy : undefined;
  return typeof madeBy === 'string' ? madeBy : null;
}
