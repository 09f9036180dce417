/** When a crash comes: ahead of the message, behind it without a look at its answer, or when the answer is on its way back. */
export const moments = ['before', 'during', 'after'] as const;
export type Moment = (typeof moments)[number];

/**
 * Steps of a staged run at its destination, in their order, each by the message of the worker that begins it. The two systems do
 * not have all of them: PostgreSQL drops the staging table ahead of the commit of the move, MySQL and MariaDB behind it.
 */
export const crashPoints = [
  'stage-create',
  'checkpoints-create',
  'prepare-commit',
  'first-rows',
  'slice-commit',
  'verify',
  'move-begin',
  'move',
  'move-commit',
  'stage-drop',
  'statement-after',
  'statement-commit',
  'checkpoints-drop',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Points that a system does not have: a definition of MySQL's is a commit by itself. */
export const missingPoints: Readonly<Record<'postgres' | 'mysql', ReadonlySet<CrashPoint>>> = {
  postgres: new Set(),
  mysql: new Set(['prepare-commit']),
};

/** Rows are a stream without an answer of their own. */
export const unansweredPoints: ReadonlySet<CrashPoint> = new Set(['first-rows']);

/** Stands in the statement after the import, so that it is known on the wire. */
export const afterMark = '/* the last word */';

const statements: readonly (readonly [CrashPoint, RegExp])[] = [
  ['stage-create', /^CREATE TABLE \S*_cdm_stage/],
  ['checkpoints-create', /^CREATE TABLE IF NOT EXISTS \S*_sluice_run_/],
  ['verify', /^SELECT slice_no, [\s\S]* FROM \S*_sluice_run_(?![\s\S]*WHERE slice_no)/],
  ['move-begin', /^LOCK TABLE \S*_sluice_run_|^INSERT INTO \S*_sluice_run_[\s\S]*VALUES \(-2,/],
  ['move', /^(?:INSERT|REPLACE) INTO [\s\S]*SELECT [\s\S]*_cdm_stage/],
  ['stage-drop', /^DROP TABLE (?:IF EXISTS )?\S*_cdm_stage/],
  ['checkpoints-drop', /^DROP TABLE IF EXISTS \S*_sluice_run_/],
];
const storesCheckpoint = /^(?:INSERT INTO|UPDATE|WITH moved AS \(\s*UPDATE) \S*_sluice_run_/;

/** What a COMMIT ends, by the last statement that counted in its connection. */
const commits: Readonly<Partial<Record<CrashPoint | 'checkpoint', CrashPoint>>> = {
  'stage-create': 'prepare-commit',
  'checkpoints-create': 'prepare-commit',
  checkpoint: 'slice-commit',
  'move-begin': 'move-commit',
  move: 'move-commit',
  'statement-after': 'statement-commit',
};

/** Recognises the points in the statements of one connection. */
export class PointWatch {
  #last: CrashPoint | 'checkpoint' | null = null;

  /** @param isRun false: the statement is only parsed. @returns the point that begins with it, if one does. */
  statement(text: string, isRun: boolean): CrashPoint | null {
    const sql = text.trim();
    if (sql === 'COMMIT') {
      const point = this.#last === null ? null : (commits[this.#last] ?? null);
      this.#last = null;
      return point;
    }
    if (sql.includes(afterMark)) {
      if (!isRun) return null;
      this.#last = 'statement-after';
      return 'statement-after';
    }
    const point = statements.find(([, words]) => words.test(sql))?.[0] ?? null;
    if (point === null) {
      if (storesCheckpoint.test(sql)) this.#last ??= 'checkpoint';
      return null;
    }
    // The drops belong to the transaction that they are in, if any.
    if (point !== 'stage-drop' && point !== 'checkpoints-drop' && point !== 'verify') this.#last = point;
    return point;
  }
}
