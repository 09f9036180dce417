import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Value } from '@sluice/core/data/batch';
import { isCutValue, type PortableRow, toPortableRow } from '@sluice/core/data/portable-row';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { rejectLimits } from '@sluice/engine/limits';
import { rejectContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import { isActiveState, type RunRecord } from '../store/model.ts';
import {
  type RejectFilter,
  type RejectKey,
  type RejectRecord,
  type ReplayRecord,
  rejectId,
  rejectKey,
} from '../store/reject-record.ts';
import type { Store } from '../store/store.ts';
import { runLimits } from './limits.ts';
import { newestRunLike } from './newest-run.ts';
import type { ReplayDesk } from './replay-desk.ts';

export interface QuarantineTools {
  readonly store: Store;
  readonly secrets: SecretBox;
  readonly replays: Pick<ReplayDesk, 'poke'>;
  readonly now: () => number;
}

/** A row that was set aside, with its values in clear. */
export interface SetAsideRow extends RejectRecord {
  readonly id: string;
  readonly row: PortableRow;
}

/** Rows that runs set aside: looked at, mended, brought to the destination, removed. Whoever calls has found the run first. */
export class Quarantine {
  readonly #tools: QuarantineTools;

  constructor(tools: QuarantineTools) {
    this.#tools = tools;
  }

  async list(
    run: RunRecord,
    filter: RejectFilter,
    limit: number,
    offset: number,
  ): Promise<{ readonly rows: readonly SetAsideRow[]; readonly total: number }> {
    const { rejects, total } = await this.#tools.store.rejects.list(run.id, filter, limit, offset);
    return { rows: rejects.map((reject) => this.#opened(reject)), total };
  }

  /** @throws Cdm.0001 (404) when there is no such row. */
  async find(run: RunRecord, id: string): Promise<SetAsideRow> {
    const key = rejectKey(id);
    const reject = key === null ? null : await this.#tools.store.rejects.find(run.id, key);
    if (reject === null) throw noSuchRow(id);
    return this.#opened(reject);
  }

  /**
   * Gives a row other values. @param values one for each of its columns.
   * @throws Cdm.0001 (404) no such row; Cdm.0014 it is not open, or a value is too long.
   */
  async edit(run: RunRecord, id: string, values: readonly Value[], user: string): Promise<SetAsideRow> {
    const { store, secrets, now } = this.#tools;
    const found = await this.find(run, id);
    const row = toPortableRow(values, rejectLimits.caps);
    const cut = row.findIndex(isCutValue);
    if (cut >= 0) throw refused('values', tooLong(cut));
    const sealed = secrets.seal(JSON.stringify(row), rejectContext(id));
    if (!(await store.rejects.edit(run.id, found, sealed, user, now()))) throw refused('reject_id', notOpen);
    return await this.find(run, id);
  }

  /** Removes rows, but for those on their way to the destination. @param ids null: all. @returns how many. */
  async remove(run: RunRecord, ids: readonly string[] | null): Promise<number> {
    return await this.#tools.store.rejects.remove(run.id, ids === null ? null : keysOf(ids));
  }

  /**
   * Brings rows to the destination of their run. Resolves when that is done, or after 10 s: then it goes on.
   * @param ids null: all that are open, as many as one replay takes.
   * @throws Cdm.0052 the run, or a later one of its job, is at work; Cdm.0014 none of the rows is open.
   */
  async replay(run: RunRecord, ids: readonly string[] | null, user: string): Promise<ReplayRecord> {
    const { store, replays, now } = this.#tools;
    const newest = await newestRunLike(store, run);
    if (isActiveState(run.state) || (newest !== null && isActiveState(newest.state)))
      throw new SluiceError('Cdm.0052', { job: run.jobName });
    const limits = { rowsMax: runLimits.replayRowsMax, charsMax: runLimits.replayCharsMax };
    const at = now();
    const begun = await store.replays.begin(
      { id: randomUUID(), runId: run.id, createdBy: user, createdAt: at },
      ids === null ? null : keysOf(ids),
      limits,
      at,
    );
    if (begun === null) throw refused('reject_ids', noneOpen);
    replays.poke();
    const deadline = at + runLimits.replayWaitMs;
    for (let pauseMs = 10; ; pauseMs = Math.min(200, pauseMs * 2)) {
      const seen = await store.replays.find(run.id, begun.id);
      if (seen === null) return begun;
      // One that was put off with an error is told as it is.
      if (seen.state !== 'pending' || seen.failure !== null || now() >= deadline) return seen;
      await sleep(pauseMs);
    }
  }

  async replaysOf(run: RunRecord): Promise<readonly ReplayRecord[]> {
    return await this.#tools.store.replays.list(run.id, runLimits.replaysListedMax);
  }

  /** @throws Cdm.0001 (404) when there is no such replay. */
  async replayOf(run: RunRecord, id: string): Promise<ReplayRecord> {
    const replay = await this.#tools.store.replays.find(run.id, id);
    if (replay === null) throw noSuchRow(id);
    return replay;
  }

  #opened(reject: RejectRecord): SetAsideRow {
    const id = rejectId(reject);
    return { ...reject, id, row: JSON.parse(this.#tools.secrets.open(reject.sealedRow, rejectContext(id))) };
  }
}

/** @throws Cdm.0001 (404) when a text is no id of a row. */
function keysOf(ids: readonly string[]): readonly RejectKey[] {
  return ids.map((id) => {
    const key = rejectKey(id);
    if (key === null) throw noSuchRow(id);
    return key;
  });
}

function noSuchRow(id: string): SluiceError {
  return new SluiceError('Cdm.0001', { name: id }, { status: 404 });
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) }, { status: 400 });
}

const notOpen = {
  en: 'Only an open row takes other values: this one is on its way, was written, or was rolled back with its part.',
  zh: '只有处于 open 状态的行可以修改：该行正在重放、已写入，或已随其分段回滚。',
};
const noneOpen = {
  en: 'None of these rows is open: they are on their way, were written, or were rolled back with their part.',
  zh: '所选的行均不处于 open 状态：正在重放、已写入，或已随其分段回滚。',
};
const tooLong = (at: number) => ({
  en: `Value ${at + 1} is too long: a value may have ${rejectLimits.caps.valueCharsMax} characters, a row ${rejectLimits.caps.rowCharsMax}.`,
  zh: `第 ${at + 1} 个值过长：单个值最多 ${rejectLimits.caps.valueCharsMax} 个字符，一行最多 ${rejectLimits.caps.rowCharsMax} 个。`,
});
