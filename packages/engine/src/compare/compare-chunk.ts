import type {
  ComparedSide,
  Comparer,
  Division,
  PartSummary,
  Region,
  RowRefusal,
  SinkComparer,
  SourceComparer,
} from '@sluice/core/connector/comparison';
import type { Snapshot, TargetPlan } from '@sluice/core/connector/contract';
import { compareLimits } from '../limits.ts';
import type { ChunkOutcome, ComparedChunk, ComparisonPlan, Difference } from './comparison-work.ts';
import { type DifferingPart, differingParts, rowDifferences } from './row-differences.ts';

/** What a repair does besides. */
export interface RepairWish {
  /** Rows that only the destination has are removed. */
  readonly removesExtra: boolean;
}

export interface ChunkTools {
  readonly source: SourceComparer;
  readonly destination: SinkComparer;
  /** The moment of the source to compare with; null: now. */
  readonly snapshot: Snapshot | null;
  /** null: nothing is changed. */
  readonly repair: RepairWish | null;
  /** What the run copied where: for a repair. */
  readonly target: TargetPlan;
  readonly signal: AbortSignal;
}

/**
 * Compares one chunk: both ends sum up its parts at the same time, each inside of its database; what differs is divided
 * again, until it is small enough to be listed row by row and the lists merged.
 * @throws what the connectors throw; SnapshotLost when the moment is gone.
 */
export async function compareChunk(
  plan: ComparisonPlan,
  chunk: ComparedChunk,
  tools: ChunkTools,
): Promise<ChunkOutcome> {
  return await new ChunkComparison(plan, tools).run(chunk.region);
}

class ChunkComparison {
  readonly #plan: ComparisonPlan;
  readonly #tools: ChunkTools;
  readonly #counts = {
    changed: 0,
    missing: 0,
    extra: 0,
    foreign: 0,
    rowsWritten: 0,
    rowsRemoved: 0,
    rowsRefused: 0,
  };
  #refusal: RowRefusal | null = null;
  readonly #listed: Difference[] = [];
  /** Differences that wait for the next transaction of a repair. */
  #toRepair: Difference[] = [];
  #looked = 0;
  #isExact = true;

  constructor(plan: ComparisonPlan, tools: ChunkTools) {
    this.#plan = plan;
    this.#tools = tools;
  }

  async run(region: Region): Promise<ChunkOutcome> {
    const hasKey = this.#plan.source.key.length > 0;
    const division: Division = hasKey ? divisionOf(region, 0) : { by: 'none' };
    const [ours, theirs] = await this.#summaries(region, division);
    const parts = differingParts(ours, theirs);
    if (hasKey) await this.#descend(region, division, parts);
    await this.#repair(0);
    const { changed, missing, extra } = this.#counts;
    return {
      sourceRows: rowsOf(ours),
      destinationRows: rowsOf(theirs),
      // Rows of others make a part differ in which nothing is wrong.
      isEqual: hasKey ? changed + missing + extra === 0 && this.#isExact : parts.length === 0,
      ...this.#counts,
      refusal: this.#refusal,
      isExact: this.#isExact,
      differences: this.#listed,
    };
  }

  async #descend(region: Region, division: Division, differing: readonly DifferingPart[]): Promise<void> {
    const parts = this.#withoutForeign(differing);
    if (division.by === 'range') {
      for (const { part, rows } of parts) {
        const narrower = { range: partRange(region, division, part), prefixes: null };
        if (rows <= compareLimits.listRowsMax) await this.#list(narrower, rows);
        else await this.#divide(narrower, rows);
      }
      return;
    }
    // Each list reads the whole region: small parts are listed together.
    let together: string[] = [];
    let rowsTogether = 0;
    const flush = async () => {
      if (together.length > 0) await this.#list({ ...region, prefixes: together }, rowsTogether);
      together = [];
      rowsTogether = 0;
    };
    for (const { part, rows } of parts) {
      if (rows > compareLimits.hashListRowsMax && part.length < DIGITS_MIN - HASH_DIGITS_MAX) {
        await this.#divide({ ...region, prefixes: [part] }, rows);
        continue;
      }
      if (rowsTogether + rows > compareLimits.hashListRowsMax) await flush();
      together.push(part);
      rowsTogether += rows;
    }
    await flush();
  }

  /** Parts in which only the destination has rows need no look where these are others': an earlier run may have written millions. */
  #withoutForeign(parts: readonly DifferingPart[]): readonly DifferingPart[] {
    if (!this.#plan.ignoresForeignRows) return parts;
    for (const { rows, isExtra } of parts) if (isExtra) this.#counts.foreign += rows;
    return parts.filter(({ isExtra }) => !isExtra);
  }

  async #divide(region: Region, rows: number): Promise<void> {
    if (!this.#mayLook(0)) return;
    const division = divisionOf(region, rows);
    const [ours, theirs] = await this.#summaries(region, division);
    await this.#descend(region, division, differingParts(ours, theirs));
  }

  async #list(region: Region, rows: number): Promise<void> {
    if (!this.#mayLook(rows)) return;
    const { source, destination, snapshot } = this.#tools;
    this.#tools.signal.throwIfAborted();
    const [ours, theirs] = await Promise.all([
      source.list(this.#plan.source, region, snapshot),
      destination.list(this.#plan.destination, region, null),
    ]);
    for (const difference of rowDifferences(ours, theirs)) {
      if (difference.kind === 'extra' && this.#plan.ignoresForeignRows) {
        this.#counts.foreign++;
        continue;
      }
      this.#counts[difference.kind]++;
      if (this.#listed.length < compareLimits.listedKeysMax) this.#listed.push(difference);
      if (this.#tools.repair !== null) this.#toRepair.push(difference);
    }
    await this.#repair(compareLimits.repairRowsMax);
  }

  /** Whether so many more rows may be looked into; what is left is not counted. */
  #mayLook(rows: number): boolean {
    this.#looked += rows;
    if (this.#tools.repair !== null || this.#looked <= compareLimits.differingRowsMax) return true;
    this.#isExact = false;
    return false;
  }

  #summaries(region: Region, division: Division): Promise<[readonly PartSummary[], readonly PartSummary[]]> {
    const { source, destination, snapshot, signal } = this.#tools;
    signal.throwIfAborted();
    const ask = (end: Comparer, side: ComparedSide, at: Snapshot | null) =>
      end.summarise(side, region, division, at);
    return Promise.all([
      ask(source, this.#plan.source, snapshot),
      ask(destination, this.#plan.destination, null),
    ]);
  }

  /** Sets right what waits, in transactions. @param keep differences that may go on waiting. */
  async #repair(keep: number): Promise<void> {
    const { repair } = this.#tools;
    while (repair !== null && this.#toRepair.length > Math.max(0, keep - 1)) {
      const now = this.#toRepair.slice(0, compareLimits.repairRowsMax);
      this.#toRepair = this.#toRepair.slice(now.length);
      await this.#repairNow(now, repair);
    }
  }

  async #repairNow(differences: readonly Difference[], { removesExtra }: RepairWish): Promise<void> {
    const { source, destination, target, signal } = this.#tools;
    signal.throwIfAborted();
    const isExtra = ({ kind }: Difference) => kind === 'extra';
    const keys = differences.filter((difference) => !isExtra(difference)).map(({ key }) => key);
    const names = target.sourceColumns.map(({ name }) => name);
    // As they are now: what is gone at the source meanwhile is left to the next comparison.
    const rows = keys.length === 0 ? [] : await source.fetch(this.#plan.source, names, keys);
    const removals = removesExtra ? differences.filter(isExtra).map(({ key }) => key) : [];
    if (rows.length === 0 && removals.length === 0) return;
    const done = await destination.repair({
      side: this.#plan.destination,
      sourceColumns: target.sourceColumns,
      columnNames: target.columnNames,
      rows,
      removals,
    });
    this.#counts.rowsWritten += done.rowsWritten;
    this.#counts.rowsRemoved += done.rowsRemoved;
    this.#counts.rowsRefused += done.rowsRefused;
    this.#refusal ??= done.refusal;
  }
}

/** Hexadecimal digits of a hash, at least. */
const DIGITS_MIN = 32;
/** Digits by which a region is divided at once, at most: 65,536 parts. */
const HASH_DIGITS_MAX = 4;

/** By ranges of the key as long as there are any, then by the key's hash. @param rows in the region; 0: not known. */
function divisionOf({ range, prefixes }: Region, rows: number): Division {
  if (range !== null && range.from !== null && range.below !== null && prefixes === null) {
    const span = BigInt(range.below) - BigInt(range.from);
    const parts = BigInt(compareLimits.partsPerRange);
    if (span > 1n) return { by: 'range', from: range.from, width: String((span + parts - 1n) / parts) };
  }
  const digits = rows > 10_000_000 ? HASH_DIGITS_MAX : 3;
  return { by: 'hash', digits: (prefixes?.[0]?.length ?? 0) + digits };
}

function partRange(
  { range }: Region,
  { from, width }: Division & { readonly by: 'range' },
  part: string,
): Region['range'] {
  const start = BigInt(from) + BigInt(part) * BigInt(width);
  const end = start + BigInt(width);
  const below = range?.below ?? null;
  return { from: String(start), below: below === null || end < BigInt(below) ? String(end) : below };
}

function rowsOf(parts: readonly PartSummary[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
