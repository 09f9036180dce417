import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import type { CdmCluster } from '../kill/cdm-cluster.ts';
import {
  allKinds,
  type DirtySide,
  type Kind,
  kinds,
  leftovers,
  makeSource,
  makeTarget,
  rowTexts,
} from './dirty-table.ts';

export interface DirtyTotals {
  runs: number;
  rowsRead: number;
  rowsPlanted: number;
  rowsListed: number;
  killsLanded: number;
  replayedRows: number;
  /** Rows missing, doubled or not as they were; counts that do not add up; rows listed that were not planted, or the other way round. */
  differences: number;
  wrongEnds: number;
  leftovers: number;
}

export const noTotals = (): DirtyTotals => ({
  runs: 0,
  rowsRead: 0,
  rowsPlanted: 0,
  rowsListed: 0,
  killsLanded: 0,
  replayedRows: 0,
  differences: 0,
  wrongEnds: 0,
  leftovers: 0,
});

export interface DirtyCase {
  readonly from: DirtySide;
  readonly to: DirtySide;
  readonly rows: number;
  readonly planted: number;
  /** Bad rows allowed in a slice; null: any number. */
  readonly limit: number | null;
  readonly extractors: number;
  /** Workers are killed while the run goes on, each within so many milliseconds of its work; null: none is. */
  readonly killedWithinMs: number | null;
  /** Half of the rows are mended and all replayed. */
  readonly isReplayed: boolean;
}

interface Listed {
  readonly id: string;
  readonly key: number;
  readonly message: string;
  readonly state: string;
  readonly values: readonly unknown[];
}

const runMs = 120_000;
/** Kills in one run at most: a slice is tried eight times. */
const killsPerRunMax = 3;

/** Runs cases against one server, and judges each by what the databases themselves say. */
export class DirtyRounds {
  readonly totals = noTotals();
  readonly #cluster: CdmCluster;
  readonly #server: SluiceProcess;
  readonly #random: () => number;
  readonly #log: (line: string) => void;
  #next = 0;

  constructor(cluster: CdmCluster, server: SluiceProcess, random: () => number, log: (line: string) => void) {
    this.#cluster = cluster;
    this.#server = server;
    this.#random = random;
    this.#log = log;
  }

  async run(given: DirtyCase): Promise<void> {
    const { from, to, rows, planted: count, limit } = given;
    const name = `d_${++this.#next}`;
    const planted = this.#plant(rows, count);
    const [source, target] = [`s_${name}`, `t_${name}`];
    await makeSource(from, source, rows, planted);
    await makeTarget(to, target);
    await this.#cluster.createJob(name, from, to, target, given.extractors, {
      fromTable: source,
      ...(given.extractors > 1 && { partitionColumn: 'id' }),
      driver: {
        'throttlingConfig.recordDirtyData': 'true',
        ...(limit !== null && { 'throttlingConfig.maxErrorRecords': String(limit) }),
      },
    });
    await this.#cluster.startJob(name);
    const { killedWithinMs } = given;
    const killer = killedWithinMs === null ? Promise.resolve() : this.#kill(name, killedWithinMs);
    const end = await this.#cluster.waitForEnd(name, runMs);
    await killer;
    const view = await this.#newest(name);
    const durable = view.durable as Readonly<Record<string, number>>;
    const isWithin = limit === null || count <= limit;
    const complain = (what: string): void => {
      this.totals.differences++;
      this.#log(`${name} ${from.kind} to ${to.kind}, ${count} of ${rows}, limit ${limit}: ${what}`);
    };
    if ((end.status === 'SUCCEEDED') !== isWithin || (!isWithin && !end.summary?.includes('Cdm.0936'))) {
      this.totals.wrongEnds++;
      this.#log(`${name}: ended ${end.status}: ${end.summary}`);
    }
    const { rows_read: read = 0, rows_written: written = 0, rows_skipped: skipped = 0 } = durable;
    this.totals.runs++;
    this.totals.rowsRead += read;
    this.totals.rowsPlanted += count;
    if (read !== written + skipped) complain(`${read} read, ${written} written, ${skipped} skipped`);
    const there = await rowTexts(to, target);
    if (there.length !== written) complain(`${written} counted as written, ${there.length} are there`);
    const listed = await this.#listed(name, String(view.id));
    const open = listed.filter(({ state }) => state === 'open');
    this.totals.rowsListed += listed.length;
    if (open.length !== skipped) complain(`${skipped} counted as skipped, ${open.length} listed`);
    if (new Set(listed.map(({ key }) => key)).size !== listed.length) complain('a row is listed twice');
    for (const { key, message } of listed) {
      const kind = planted.get(key);
      if (kind === undefined || !kinds[kind].test(message)) complain(`row ${key} (${kind}): ${message}`);
    }
    const good = (await rowTexts(from, source)).filter((line) => !planted.has(Number(line.split('|')[0])));
    if (isWithin) {
      if (end.rowsRead !== rows || end.rowsWritten !== rows - count || end.rowsSkipped !== count)
        complain(`the counters say ${end.rowsRead}/${end.rowsWritten}/${end.rowsSkipped}`);
      if (open.length !== count) complain(`${open.length} of ${count} planted rows are listed`);
      if (there.join('\n') !== good.join('\n')) complain('the rows at the destination are not the good ones');
      if (given.isReplayed) await this.#replay(name, String(view.id), given, target, planted, open, complain);
    } else {
      const known = new Set(good);
      if (there.some((line) => !known.has(line)))
        complain('a row at the destination is none of the good ones');
      if (listed.length <= (limit ?? 0)) complain(`${listed.length} rows listed led to the end`);
      // A run that failed with rows committed keeps its checkpoints for a resume: that table and no other.
      const kept = `_sluice_run_${String(view.id).slice(-12)}`;
      if ((await leftovers(to)).includes(kept)) await to.sql(`DROP TABLE ${kept}`);
    }
    await this.#countLeftovers(name, to);
    await from.sql(`DROP TABLE ${source}`);
    await to.sql(`DROP TABLE ${target}`);
  }

  #plant(rows: number, count: number): ReadonlyMap<number, Kind> {
    const planted = new Map<number, Kind>();
    if (count === rows)
      for (let id = 1; id <= rows; id++) planted.set(id, allKinds[id % allKinds.length] as Kind);
    while (planted.size < count) {
      const id = 1 + Math.floor(this.#random() * rows);
      if (!planted.has(id)) planted.set(id, allKinds[planted.size % allKinds.length] as Kind);
    }
    return planted;
  }

  async #newest(name: string): Promise<Readonly<Record<string, unknown>>> {
    const { runs } = await this.#cluster.ownCall('GET', name, '/runs?page_size=10');
    return (runs as Record<string, unknown>[])[0] ?? {};
  }

  /** Kills the worker that has a slice in hand, at random moments. */
  async #kill(name: string, withinMs: number): Promise<void> {
    for (let kills = 0, looks = 0; kills < killsPerRunMax && looks < 400; looks++) {
      const run = await this.#newest(name);
      if (['succeeded', 'failed'].includes(String(run.state))) return;
      if (run.state === 'running') {
        const view = await this.#cluster.ownCall('GET', name, `/runs/${run.id}`);
        const slices = view.slices as { readonly state: string; readonly worker_pid: number | null }[];
        const pids = slices.flatMap(({ worker_pid }) => worker_pid ?? []);
        const pid = pids[Math.floor(this.#random() * pids.length)];
        if (pid !== undefined && (await this.#server.workerPids()).includes(pid)) {
          await sleep(this.#random() * withinMs);
          try {
            process.kill(pid, 'SIGKILL');
            kills++;
            this.totals.killsLanded++;
          } catch {
            // It had ended by itself.
          }
        }
      }
      await sleep(5);
    }
  }

  async #listed(name: string, run: string): Promise<readonly Listed[]> {
    const found: Listed[] = [];
    for (let page = 1; ; page++) {
      const path = `/runs/${run}/rejects?page_size=200&page_no=${page}`;
      const answer = await this.#cluster.ownCall('GET', name, path);
      for (const reject of answer.rejects as Record<string, unknown>[]) {
        const values = reject.values as readonly unknown[];
        const { message } = reject.reason as { readonly message: string };
        found.push({
          id: String(reject.id),
          key: Number(values[0]),
          message,
          state: String(reject.state),
          values,
        });
      }
      if (found.length >= Number(answer.total)) return found;
    }
  }

  /** Mends every second row, replays all, and looks that those alone are written, once. */
  async #replay(
    name: string,
    run: string,
    { from, to, killedWithinMs }: DirtyCase,
    target: string,
    planted: ReadonlyMap<number, Kind>,
    open: readonly Listed[],
    complain: (what: string) => void,
  ): Promise<void> {
    const mended = open.filter((_, i) => i % 2 === 0).slice(0, 50);
    for (const { id, key } of mended) {
      const values = [key, 'ok', '2024-02-29', 1, key];
      await this.#cluster.ownCall('PUT', name, `/runs/${run}/rejects/${id}`, { values });
    }
    const before = await rowTexts(to, target);
    const asked = this.#cluster.ownCall('POST', name, `/runs/${run}/replays`, {});
    if (killedWithinMs !== null) {
      await sleep(this.#random() * 60);
      for (const pid of await this.#server.workerPids()) {
        try {
          process.kill(pid, 'SIGKILL');
          this.totals.killsLanded++;
        } catch {
          // It had ended by itself.
        }
      }
    }
    const { id } = await asked;
    let replay = await this.#cluster.ownCall('GET', name, `/runs/${run}/replays/${id}`);
    for (let waits = 0; replay.state === 'pending' && waits < 600; waits++) {
      await sleep(50);
      replay = await this.#cluster.ownCall('GET', name, `/runs/${run}/replays/${id}`);
    }
    this.totals.replayedRows += Number(replay.rows_written);
    if (replay.state !== 'done' || replay.rows_written !== mended.length)
      complain(`the replay ended ${JSON.stringify(replay)} of ${mended.length} mended rows`);
    const added = mended.map(({ key }) => `${key}|ok|2024-02-29|1|${key}`);
    const wanted = [...before, ...added].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    if ((await rowTexts(to, target)).join('\n') !== wanted.join('\n'))
      complain(`after the replay the rows are not those of ${from.kind} and the mended ones`);
    const left = (await this.#listed(name, run)).filter(({ state }) => state === 'open');
    if (left.length !== planted.size - mended.length)
      complain(`${left.length} rows are open after the replay`);
  }

  /** What is removed behind the end has some time for it. */
  async #countLeftovers(name: string, side: DirtySide): Promise<void> {
    let left = await leftovers(side);
    for (let waits = 0; waits < 100 && left.length > 0; waits++) {
      await sleep(50);
      left = await leftovers(side);
    }
    if (left.length === 0) return;
    this.totals.leftovers += left.length;
    this.#log(`${name} left ${left.join(', ')}`);
    for (const table of left) await side.sql(`DROP TABLE ${table}`);
  }
}
