import type { Projection, Snapshot, Source, SourceOffer } from '@sluice/core/connector/contract';
import type { Batch, Position, Value } from '@sluice/core/data/batch';
import type { Column, TableShape } from '@sluice/core/data/column';
import type { Json } from '@sluice/core/data/json';
import type { Slice } from '@sluice/core/data/slice';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { bracketed } from '../jdbc/predicate-proof.ts';
import type { SqlSourceOptions } from '../jdbc/sql-options.ts';
import { cutRange } from '../jdbc/value-ranges.ts';
import { BatchQueue } from './batch-queue.ts';
import { TupleCutter } from './binary-tuples.ts';
import { findRelation, type Leaf, type Relation, readLeaves, shapeOf } from './catalog.ts';
import { proveCondition } from './condition.ts';
import {
  type Cut,
  cutBlocks,
  cutCondition,
  cutFromJson,
  cutLabel,
  fromClause,
  numberedType,
  SLICES_MAX,
  sliceCount,
} from './cuts.ts';
import { translateError } from './errors.ts';
import { eachPayload, HEADER_BYTES } from './frames.ts';
import { binaryCast } from './pairing.ts';
import { quoteName, quoteTable } from './quote.ts';
import type { PgSession } from './session.ts';
import type { PgSessions } from './sessions.ts';
import { PgSnapshots } from './snapshots.ts';
import { decodeRow, decodersOf } from './text-rows.ts';
import { neutralOf } from './types.ts';
import { PgWatermarks } from './watermarks.ts';

/** Bytes of one batch of rows, as COPY text: as values they take several times as much. */
const ROWS_BATCH_BYTES = 64 * 1024;
/** Rows of one batch of rows at most: tiny rows gain nothing beyond. */
const ROWS_BATCH_ROWS_MAX = 2_000;

/** Tid Range Scan came with 14; before, every range of blocks would read the whole table. */
const BLOCK_RANGES_SINCE = 140_000;

/** Reads one table, view or partitioned table by COPY TO STDOUT. */
export class PgSource implements Source {
  readonly snapshots: PgSnapshots;
  readonly watermarks: PgWatermarks;
  readonly #sessions: PgSessions;
  readonly #options: SqlSourceOptions;
  readonly #batchRowsMax: number;
  readonly #tableText: string;
  /** The table as slices of a snapshot see it, all of them; null before the first of them. */
  #seen: { readonly snapshotId: string; readonly relation: Relation } | null = null;

  constructor(sessions: PgSessions, options: SqlSourceOptions, batchRowsMax: number | null) {
    this.#sessions = sessions;
    this.#options = options;
    this.#batchRowsMax = Math.min(batchRowsMax ?? ROWS_BATCH_ROWS_MAX, ROWS_BATCH_ROWS_MAX);
    this.#tableText = `${options.schema}.${options.table}`;
    this.snapshots = new PgSnapshots(sessions, { schema: options.schema, table: options.table });
    this.watermarks = new PgWatermarks(
      sessions,
      options,
      (where) => new PgSource(sessions, { ...options, where }, batchRowsMax),
    );
  }

  async describe(): Promise<TableShape> {
    return this.#sessions.withControl(async (session) => {
      try {
        return shapeOf(await this.#relation(session), this.#options.columns);
      } catch (error) {
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }

  offer(_shape: TableShape, columns: readonly Column[]): SourceOffer {
    return {
      columns,
      forms: ['pgcopy-binary', 'rows'],
      sendAs: (_form, column, wireType) => binaryCast(column.native, wireType),
    };
  }

  async split(_shape: TableShape, sliceCountHint: number): Promise<readonly Slice[]> {
    return this.#sessions.withControl(async (session) => {
      try {
        // READ ONLY for the sake of the job's condition, which may call anything.
        await session.query('BEGIN READ ONLY');
        const relation = await this.#relation(session);
        if (this.#options.where !== null) await proveCondition(session, relation.name, this.#options.where);
        const cuts = await this.#cuts(session, relation, sliceCountHint);
        await session.query('COMMIT');
        return cuts.map((cut, no) => ({
          no,
          cut: cut as unknown as Json,
          label: cutLabel(cut),
          rowsEstimate:
            relation.rowsEstimate === null ? null : Math.ceil(relation.rowsEstimate / cuts.length),
        }));
      } catch (error) {
        if (session.lost() === null) await session.query('ROLLBACK');
        throw translateError(error, 'metadata', this.#tableText);
      }
    });
  }

  async #relation(session: PgSession): Promise<Relation> {
    const relation = await findRelation(session, {
      schema: this.#options.schema,
      table: this.#options.table,
    });
    if (relation === null) throw new SluiceError('Cdm.0900', { table: this.#tableText });
    return relation;
  }

  async #cuts(session: PgSession, relation: Relation, sliceCountHint: number): Promise<readonly Cut[]> {
    const table = relation.name;
    if (this.#options.partitionColumn !== null) {
      return this.#valueCuts(session, relation, this.#options.partitionColumn, sliceCountHint);
    }
    const leaves: readonly Leaf[] =
      relation.kind === 'p'
        ? await readLeaves(session, relation.oid)
        : [
            {
              name: table,
              kind: relation.kind,
              accessMethod: relation.accessMethod,
              bytes: relation.bytesEstimate ?? 0,
            },
          ];
    const isPartitioned = relation.kind === 'p';
    // More partitions than slices may be: the whole in one, for a slice is one statement.
    if (leaves.length === 0 || leaves.length > SLICES_MAX) return [{ kind: 'whole', table, isLeaf: false }];
    const blockBytes = Number((await session.query('SHOW block_size')).rows[0]?.[0] ?? 8192);
    const hasBlockRanges = session.serverVersion >= BLOCK_RANGES_SINCE;
    const spare = SLICES_MAX - leaves.length;
    const totalBytes = leaves.reduce((sum, leaf) => sum + leaf.bytes, 0);
    return leaves.flatMap((leaf): readonly Cut[] => {
      const isHeap = (leaf.kind === 'r' || leaf.kind === 'm') && leaf.accessMethod === 'heap';
      if (!isHeap || !hasBlockRanges) return [{ kind: 'whole', table: leaf.name, isLeaf: isPartitioned }];
      const limit = 1 + Math.floor((spare * leaf.bytes) / Math.max(1, totalBytes));
      const count = sliceCount(leaf.bytes, isPartitioned ? 1 : sliceCountHint, limit);
      return cutBlocks(leaf.name, isPartitioned, Math.ceil(leaf.bytes / blockBytes), count);
    });
  }

  /** Ranges of equal span between the least and the greatest value under the job's condition, and the nulls. */
  async #valueCuts(
    session: PgSession,
    relation: Relation,
    name: string,
    count: number,
  ): Promise<readonly Cut[]> {
    const column = relation.columns.find((c) => c.name === name);
    if (column === undefined) {
      throw new SluiceError('Cdm.0903', {
        cause: `table ${quoteTable(relation.name)} has no column "${name}"`,
      });
    }
    const numbered = numberedType(column.type);
    const number = numbered.numberOf(quoteName(name));
    const where = this.#options.where === null ? '' : ` WHERE ${bracketed(this.#options.where)}`;
    const { rows } = await session.query(
      `SELECT min(n)::text, max(n)::text FROM (SELECT ${number} AS n FROM ${quoteTable(relation.name)}${where}) AS numbers`,
    );
    const [min, max] = rows[0] ?? [];
    const bounds =
      min === null || min === undefined || max === null || max === undefined
        ? []
        : cutRange(BigInt(min), BigInt(max), Math.min(count, SLICES_MAX)).map((bound) =>
            numbered.literalOf(bound),
          );
    const edges = [null, ...bounds, null];
    const cuts: Cut[] = bounds.concat('').map((_, i) => ({
      kind: 'values',
      table: relation.name,
      column: name,
      from: edges[i] ?? null,
      to: edges[i + 1] ?? null,
      native: column.native,
    }));
    if (column.isNullable && this.#options.readsNullPartition)
      cuts.push({ kind: 'nulls', table: relation.name, column: name });
    return cuts;
  }

  async *read(
    slice: Slice,
    projection: Projection,
    after: Position | null,
    snapshot: Snapshot | null = null,
  ): AsyncIterable<Batch> {
    // A slice is one statement and has no order: it is read again from its start. No position was ever given out.
    if (after !== null) throw new Error('a slice of PostgreSQL cannot be entered behind a position');
    const cut = cutFromJson(slice.cut);
    const session = await this.#sessions.openData();
    const queue = new BatchQueue<Batch>(session, (batch) => {
      if (batch.form === 'pgcopy-binary') session.giveBack(batch.bytes);
    });
    try {
      try {
        // READ ONLY also holds for whatever the job's condition may call.
        if (snapshot === null) await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        else await this.snapshots.enter(session, snapshot);
        const relation = await this.#relationOf(session, cut, snapshot);
        const copying = this.#copy(session, this.#statement(relation, cut, projection), projection, queue);
        copying.then(
          () => queue.end(),
          (error: unknown) => queue.fail(error),
        );
        yield* queue.drain();
        if (snapshot === null) await session.query('COMMIT');
        else await this.snapshots.leave(session, snapshot);
      } catch (error) {
        throw translateError(error, 'extract', this.#tableText);
      }
    } finally {
      this.#sessions.release(session);
    }
  }

  /** The table, and the proof of the condition. Under a snapshot once: each of its slices proves that the table is the same. */
  async #relationOf(session: PgSession, cut: Cut, snapshot: Snapshot | null): Promise<Relation> {
    if (snapshot !== null && this.#seen?.snapshotId === snapshot.id) return this.#seen.relation;
    if (this.#options.where !== null) await proveCondition(session, cut.table, this.#options.where);
    const relation = await this.#relation(session);
    this.#seen = snapshot === null ? null : { snapshotId: snapshot.id, relation };
    return relation;
  }

  /** The SELECT inside the COPY, with the casts that the sink asked for. */
  #statement(
    relation: Relation,
    cut: Cut,
    projection: Projection,
  ): { sql: string; types: readonly string[] } {
    const byName = new Map(relation.columns.map((column) => [column.name, column]));
    const types: string[] = [];
    const columns = projection.columns.map(({ name, cast }) => {
      const column = byName.get(name);
      if (column === undefined)
        throw new SluiceError('Cdm.0233', {
          cause: `table ${this.#tableText} has no column "${name}" any more`,
        });
      types.push(cast ?? column.native);
      return cast === null ? quoteName(name) : `${quoteName(name)}::${cast}`;
    });
    const conditions = [
      cutCondition(cut),
      this.#options.where === null ? null : bracketed(this.#options.where),
    ].filter((c) => c !== null);
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return { sql: `SELECT ${columns.join(', ')} ${fromClause(cut)}${where}`, types };
  }

  #copy(
    session: PgSession,
    statement: { sql: string; types: readonly string[] },
    projection: Projection,
    queue: BatchQueue<Batch>,
  ): Promise<void> {
    return projection.form === 'pgcopy-binary'
      ? copyTuples(session, statement.sql, queue)
      : copyRows(session, statement, queue, this.#batchRowsMax);
  }
}

/** COPY BINARY, forwarded as it comes: a batch is what the server sent, in the memory that it was read into. */
async function copyTuples(session: PgSession, select: string, queue: BatchQueue<Batch>): Promise<void> {
  const cutter = new TupleCutter();
  let rowCount = 0;
  const tag = await session.copyOut(`COPY (\n${select}\n) TO STDOUT (FORMAT binary)`, (run) => {
    const tuples = cutter.cut(run);
    if (tuples.rowCount === 0) {
      session.giveBack(run.slab);
      return;
    }
    rowCount += tuples.rowCount;
    queue.push({
      form: 'pgcopy-binary',
      framing: 'copy-data',
      rowCount: tuples.rowCount,
      byteCount: tuples.bytes.length - tuples.rowCount * HEADER_BYTES,
      position: null,
      bytes: tuples.bytes,
    });
  });
  checkCount(tag, rowCount);
}

/** The server counts its rows too. @throws Cdm.0233 when not all of them came. */
function checkCount(tag: string, rowCount: number): void {
  if (tag !== `COPY ${rowCount}`)
    throw new SluiceError('Cdm.0233', { cause: `the server ended with ${tag} after ${rowCount} rows` });
}

/** COPY text, parsed into values: decoders are chosen once per column. */
async function copyRows(
  session: PgSession,
  statement: { sql: string; types: readonly string[] },
  queue: BatchQueue<Batch>,
  batchRowsMax: number,
): Promise<void> {
  const decoders = decodersOf(statement.types.map(neutralOf));
  let rows: (readonly Value[])[] = [];
  let byteCount = 0;
  const flush = () => {
    if (rows.length > 0) queue.push({ form: 'rows', rowCount: rows.length, byteCount, position: null, rows });
    rows = [];
    byteCount = 0;
  };
  let rowCount = 0;
  const tag = await session.copyOut(`COPY (\n${statement.sql}\n) TO STDOUT`, (run) => {
    eachPayload(run, (buffer, start, end) => {
      rows.push(decodeRow(buffer, start, end, decoders));
      byteCount += end - start;
      if (byteCount >= ROWS_BATCH_BYTES || rows.length >= batchRowsMax) flush();
    });
    rowCount += run.messageCount;
    session.giveBack(run.slab);
  });
  checkCount(tag, rowCount);
  flush();
}
