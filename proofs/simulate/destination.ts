import { type Checkpoint, zeroCounts } from '../../packages/core/src/data/slice.ts';
import { Fenced, SluiceError } from '../../packages/core/src/errors/sluice-error.ts';

/** A connection of a worker to the destination. */
export interface Session {
  readonly runKey: string;
  /** Ended by the database, or with its process: nothing it asks for happens any more. */
  isCut: boolean;
}

/**
 * Stands in for a destination database: what is durable there, and what a transaction of rows and checkpoint does. A
 * commit happens in one moment, or not at all.
 */
export class Destination {
  readonly violations: string[] = [];
  /** Checkpoint tables that are there: by run key, by slice. */
  readonly #tables = new Map<string, Map<number, Checkpoint>>();
  /** Rows that were ever committed under a run key, also when its table is dropped by now. */
  readonly #rows = new Map<string, number>();
  readonly #sessions = new Set<Session>();

  open(runKey: string): Session {
    const session = { runKey, isCut: false };
    this.#sessions.add(session);
    return session;
  }

  /** The newest attempt ends what earlier ones left behind. */
  endOthers(session: Session): void {
    for (const other of this.#sessions)
      if (other !== session && other.runKey === session.runKey) this.cut(other);
  }

  cut(session: Session): void {
    session.isCut = true;
    this.#sessions.delete(session);
  }

  rowsOf(runKey: string): number {
    return this.#rows.get(runKey) ?? 0;
  }

  prepare(session: Session): void {
    requireLive(session);
    const { runKey } = session;
    // As connectors do.
    if ((this.#tables.get(runKey)?.size ?? 0) > 0) throw new Fenced(runKey);
    if (this.rowsOf(runKey) > 0) this.violations.push(`${runKey}: prepared anew over committed rows`);
    this.#tables.set(runKey, new Map());
  }

  /** @throws Fenced when there is no table of the run. */
  checkpoints(session: Session): ReadonlyMap<number, Checkpoint> {
    requireLive(session);
    return this.#tableOf(session.runKey);
  }

  /** Rows and checkpoint in one transaction, which finds the sequence that it expects or rolls back. @throws Fenced */
  commit(session: Session, sliceNo: number, rows: number, checkpoint: Checkpoint): void {
    requireLive(session);
    const table = this.#tableOf(session.runKey);
    if ((table.get(sliceNo)?.sequence ?? 0) !== checkpoint.sequence - 1)
      throw new Fenced(`slice ${sliceNo} of ${session.runKey}`);
    table.set(sliceNo, checkpoint);
    this.#rows.set(session.runKey, this.rowsOf(session.runKey) + rows);
  }

  drop(session: Session): void {
    requireLive(session);
    this.#tables.delete(session.runKey);
  }

  #tableOf(runKey: string): Map<number, Checkpoint> {
    const table = this.#tables.get(runKey);
    if (table === undefined) throw new Fenced(`the checkpoint table of ${runKey}`);
    return table;
  }
}

function requireLive(session: Session): void {
  if (session.isCut) throw new SluiceError('Cdm.0234', { cause: 'the connection was cut' }, { retry: true });
}

/** The checkpoint behind `rows` more rows of a slice. */
export function checkpointAfter(before: Checkpoint | undefined, rows: number, total: number): Checkpoint {
  const counts = before?.counts ?? zeroCounts;
  const rowsRead = counts.rowsRead + rows;
  return {
    sequence: (before?.sequence ?? 0) + 1,
    position: null,
    counts: {
      ...counts,
      rowsRead,
      rowsWritten: rowsRead,
      bytesRead: rowsRead * 10,
      bytesWritten: rowsRead * 10,
    },
    isComplete: rowsRead >= total,
  };
}
