import type { ObservedServer } from './observed-server.ts';

/** What of a plan is held against a run. */
export interface ShownPlan {
  readonly is_runnable: boolean;
  readonly run_key: string;
  readonly total: number;
  readonly obstacles: readonly { readonly kind: string; readonly message: string }[];
  readonly statements: readonly {
    readonly purpose: string;
    readonly sql: string;
    readonly is_fallback: boolean;
    readonly is_draft: boolean;
  }[];
  readonly slices: readonly { readonly sql: string | null }[];
}

export interface Comparison {
  /** Statements and slices of the plan that the server got letter for letter. */
  readonly exact: number;
  /** Drafts that the run worded another way. */
  readonly otherDrafts: readonly string[];
  readonly faults: readonly string[];
}

/** What the servers may be asked while nothing is written: looks, and settings of a session. */
const harmless =
  /^(?:\/\*.*?\*\/\s*)?(?:SELECT|WITH|SHOW|EXPLAIN|SET|BEGIN|COMMIT|ROLLBACK|START TRANSACTION|SAVEPOINT|USE|LOCK TABLES source READ|UNLOCK)\b/i;
/** Statements that change something beside those of the bookkeeping. */
const changing =
  /^(?:BEGIN;\s*)?(?:CREATE|DROP|ALTER|TRUNCATE|DELETE|INSERT|REPLACE|UPDATE|LOAD|COPY "[^(]*\()/i;

/** Of statements that a plan made a server see, those that are more than looks. */
export function changesAmong(seen: readonly string[], kind: ObservedServer['kind']): readonly string[] {
  // What MariaDB only prepared was never run; its binary log is the witness of that.
  const isPrepared = (text: string) =>
    kind === 'mysql' && /^(?:CREATE TABLE IF NOT EXISTS|INSERT INTO|UPDATE|DELETE FROM)\b/.test(text);
  return seen.filter((text) => !harmless.test(text.trim()) && !isPrepared(text.trim()));
}

/**
 * Holds a plan against what both servers saw of the run that followed.
 * @param runKey the key that the run had.
 */
export function comparePlan(
  plan: ShownPlan,
  runKey: string,
  read: readonly string[],
  written: readonly string[],
  destination: ObservedServer['kind'],
): Comparison {
  const faults: string[] = [];
  const otherDrafts: string[] = [];
  let exact = 0;
  const ofRun = (sql: string) => sql.replaceAll(plan.run_key, runKey);
  for (const { sql } of plan.slices) {
    const times = read.filter((text) => text === sql).length;
    if (times > 0) exact += 1;
    else faults.push(`no such read: ${sql}`);
  }
  if (plan.slices.length !== plan.total)
    faults.push(`${plan.slices.length} of ${plan.total} slices are shown`);
  for (const { purpose, sql, is_fallback, is_draft } of plan.statements) {
    const wanted = ofRun(sql);
    if (is_fallback) continue;
    if (written.some((text) => isSame(text, wanted, purpose))) exact += 1;
    else if (is_draft) otherDrafts.push(`${purpose}: ${wanted}`);
    else faults.push(`not sent, ${purpose}: ${wanted}`);
  }
  const planned = plan.statements.map(({ purpose, sql }) => ({ purpose, sql: ofRun(sql) }));
  for (const text of written) {
    if (!changing.test(text) || isBookkeeping(text, runKey)) continue;
    if (planned.some(({ purpose, sql }) => isSame(text, sql, purpose))) continue;
    const isDraft = plan.statements.some(({ is_draft }) => is_draft) && otherDrafts.length > 0;
    if (!isDraft) faults.push(`not planned (${destination}): ${text.slice(0, 300)}`);
  }
  return { exact, otherDrafts, faults };
}

/** Rows of an INSERT stand where the plan has question marks. A COPY opens its transaction, or a savepoint, in the same message. */
function isSame(text: string, planned: string, purpose: string): boolean {
  if (text === planned) return true;
  if (purpose !== 'write') return false;
  if (/^(?:BEGIN|SAVEPOINT \w+); /.test(text)) return text.replace(/^[^;]*; /, '') === planned;
  const [head = '', tail = ''] = planned.split(/ VALUES \([?, ]*\)/);
  return text.startsWith(`${head} VALUES (`) && text.endsWith(tail);
}

/** Commits of checkpoints and marks of steps; the table of a session is emptied between parts. */
function isBookkeeping(text: string, runKey: string): boolean {
  return (
    new RegExp(`^(?:INSERT INTO|UPDATE|WITH moved)\\b[^(]*_sluice_run_${runKey}`).test(text) ||
    /^DELETE FROM pg_temp\./.test(text)
  );
}
