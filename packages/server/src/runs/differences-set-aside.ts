import type { CanonicalForm } from '@sluice/core/connector/comparison';
import type { PortableRow, PortableValue } from '@sluice/core/data/portable-row';
import type { Text } from '@sluice/core/data/text';
import type { ComparisonPlan } from '@sluice/engine/compare/comparison-work';
import type { RunPlan } from '@sluice/engine/work';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { RunRecord } from '../store/model.ts';
import { type RejectRecord, type RejectState, rejectId } from '../store/reject-record.ts';
import type { Store } from '../store/store.ts';
import type { VerificationChunk } from '../store/verification-record.ts';
import type { VerificationTotals } from './verification-totals.ts';

/** What is known of a run whose tables were compared. */
export interface ComparedRun {
  readonly run: Pick<RunRecord, 'id' | 'counts'>;
  readonly target: RunPlan['target'];
  readonly plan: ComparisonPlan;
  readonly chunks: readonly VerificationChunk[];
  readonly totals: VerificationTotals;
}

/**
 * How differences and rows that the run set aside go together:
 *
 * `none`: the run set nothing aside, or nothing differs. `accounted`: every key that differs is one of a row that was set
 * aside. `unaccounted`: more differs than that. `untold`: nobody can tell, for rows have no key.
 */
export interface SetAsideVerdict {
  readonly kind: 'none' | 'accounted' | 'unaccounted' | 'untold';
  /** For people; null: nothing is to be said. */
  readonly note: Text | null;
}

const nothing: SetAsideVerdict = { kind: 'none', note: null };
/** Rows that are not at the destination. */
const absentStates: readonly RejectState[] = ['open', 'replaying'];
const rowsPerLook = 500;

/**
 * Holds the keys that differ against those of the rows that the run set aside. Where all of both are known, they must be the
 * same keys. Where some are not (a run keeps and lists only so many), their numbers must be equal, which is as good as long as
 * the source's keys are unique and the destination held nothing before.
 */
export async function judgeSetAside(
  compared: ComparedRun,
  { store, secrets }: { readonly store: Pick<Store, 'rejects'>; readonly secrets: SecretBox },
): Promise<SetAsideVerdict> {
  const { run, plan, chunks, totals } = compared;
  const skipped = run.counts.rowsSkipped;
  if (totals.isEqual || skipped === 0) return nothing;
  if (plan.source.key.length === 0) {
    return totals.sourceRows - totals.destinationRows === skipped
      ? { kind: 'untold', note: texts.noKey(skipped) }
      : { kind: 'unaccounted', note: texts.more(skipped) };
  }
  const differing = totals.changed + totals.missing;
  if (totals.extra > 0 || !totals.isExact) return { kind: 'unaccounted', note: texts.more(skipped) };
  const listed = chunks
    .filter(({ phase }) => phase === 'comparing')
    .flatMap(({ outcome }) => outcome.differences);
  const known = listed.length === differing ? await keysOf(compared, store, secrets) : null;
  if (known !== null) {
    const unknown = listed.filter(({ key }) => !known.has(JSON.stringify(key))).length;
    if (unknown > 0) return { kind: 'unaccounted', note: texts.beyond(unknown, skipped) };
    return { kind: 'accounted', note: texts.accounted(differing) };
  }
  return differing === skipped && !plan.ignoresForeignRows
    ? { kind: 'accounted', note: texts.byNumber(skipped) }
    : { kind: 'unaccounted', note: texts.notListed(skipped) };
}

/** Keys of the rows that were set aside and are not at the destination, as lists of differences have them; null: not all are known. */
async function keysOf(
  { run, target, plan }: ComparedRun,
  store: Pick<Store, 'rejects'>,
  secrets: SecretBox,
): Promise<ReadonlySet<string> | null> {
  const places = plan.destination.key.map(({ name, form }) => ({ at: placeOf(target, name), form }));
  if (places.some(({ at }) => at < 0)) return null;
  const keys = new Set<string>();
  let seen = 0;
  for (let offset = 0; ; offset += rowsPerLook) {
    const filter = { sliceNo: null, state: null };
    const { rejects, total } = await store.rejects.list(run.id, filter, rowsPerLook, offset);
    for (const reject of rejects) {
      if (reject.state === 'rolled_back') continue;
      seen += 1;
      if (!absentStates.includes(reject.state)) continue;
      const row = opened(reject, secrets);
      if (row === null) return null;
      const key = places.map(({ at, form }) => canonicalValue(row[at] ?? null, form));
      if (key.includes(undefined)) return null;
      keys.add(JSON.stringify(key));
    }
    if (rejects.length === 0 || offset + rejects.length >= total) break;
  }
  // Beyond the limits of the quarantine rows are counted only, and some may have been removed from it.
  return seen >= run.counts.rowsSkipped ? keys : null;
}

/** @returns null: it was sealed with another master key. */
function opened(reject: RejectRecord, secrets: SecretBox): PortableRow | null {
  try {
    return JSON.parse(secrets.open(reject.sealedRow, rejectContext(rejectId(reject)))) as PortableRow;
  } catch {
    return null;
  }
}

function placeOf({ columnNames }: RunPlan['target'], name: string): number {
  const exact = columnNames.indexOf(name);
  if (exact >= 0) return exact;
  return columnNames.findIndex((each) => each.toLowerCase() === name.toLowerCase());
}

/** A value as `CanonicalForm` has it printed; undefined: that is not known here. */
export function canonicalValue(value: PortableValue, form: CanonicalForm): string | null | undefined {
  if (value === null) return null;
  switch (form.kind) {
    case 'number':
      return numberText(value);
    case 'text':
      if (typeof value !== 'string') return typeof value === 'number' ? numberText(value) : undefined;
      return form.isPadded ? value.replace(/ +$/, '') : value;
    case 'uuid':
      return typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    case 'bits':
    case 'date':
      return typeof value === 'string' ? value : undefined;
    case 'time':
      return typeof value === 'string' ? withoutZeros(value) : undefined;
    case 'timestamp':
      return typeof value === 'string' ? timestampText(value) : undefined;
    case 'binary': {
      const isBytes = typeof value === 'object' && 'b' in value;
      return isBytes ? Buffer.from(value.b, 'base64').toString('hex') : undefined;
    }
    default:
      return undefined;
  }
}

function numberText(value: PortableValue): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : undefined;
  if (typeof value === 'object' && value !== null && 'i' in value) return value.i;
  if (typeof value !== 'string' || !/^-?\d+(?:\.\d+)?$/.test(value)) return undefined;
  const text = withoutZeros(value).replace(/^(-?)0+(?=\d)/, '$1');
  return text === '-0' ? '0' : text;
}

/** Zones of a timestamp's text are always that of UTC. */
function timestampText(value: string): string | undefined {
  const [, day, time] =
    /^(\d{4,6}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00)?)?$/.exec(value) ?? [];
  return day === undefined ? undefined : `${day} ${withoutZeros(time ?? '00:00:00')}`;
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const texts = {
  accounted: (keys: number): Text => ({
    en: `The ${keys} keys that differ are all of rows that the run set aside as dirty data; every other row is the same.`,
    zh: `存在差异的 ${keys} 个主键均属于本次运行作为脏数据搁置的记录，其余记录一致。`,
  }),
  byNumber: (rows: number): Text => ({
    en: `As many keys differ as the run set rows aside as dirty data: ${rows}. They were not held against each other one by one, for not all of them are kept.`,
    zh: `存在差异的主键数与本次运行作为脏数据搁置的记录数相同：${rows}。由于未保存全部记录，未逐一核对。`,
  }),
  beyond: (keys: number, rows: number): Text => ({
    en: `${keys} of the keys that differ are not among the ${rows} rows that the run set aside as dirty data.`,
    zh: `存在差异的主键中有 ${keys} 个不属于本次运行作为脏数据搁置的 ${rows} 条记录。`,
  }),
  more: (rows: number): Text => ({
    en: `The ${rows} rows that the run set aside as dirty data do not explain this.`,
    zh: `本次运行作为脏数据搁置的 ${rows} 条记录不足以解释上述差异。`,
  }),
  notListed: (rows: number): Text => ({
    en: `The run set ${rows} rows aside as dirty data, of which not all are kept: which of the differences are theirs cannot be told.`,
    zh: `本次运行将 ${rows} 条记录作为脏数据搁置，但未全部保存，无法确定哪些差异由其造成。`,
  }),
  noKey: (rows: number): Text => ({
    en: `The run set ${rows} rows aside as dirty data, and neither table has a primary key: whether it is these rows that are missing cannot be told.`,
    zh: `本次运行将 ${rows} 条记录作为脏数据搁置，而两端的表均无主键：无法确定缺失的是否正是这些记录。`,
  }),
} as const;
