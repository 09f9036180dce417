import type { ErrorCode } from '@sluice/core/errors/codes';
import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { tlsComplaint } from '../jdbc/tls-complaint.ts';
import { ConnectionLost, LogInRefused, ServerError } from './server-error.ts';

/** What was being done when an error was met: the same SQLSTATE has another code while signing in than while loading. */
export type Phase = 'sign in' | 'metadata' | 'extract' | 'load' | 'create' | 'clear';

/** Longest text of a server that goes into a fact, in characters. */
const CAUSE_CHARS_MAX = 500;

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
  'EADDRNOTAVAIL',
]);

/** Work that was refused for a passing reason: deadlock, serialization, no room, shutting down, starting up. */
const passingStates = /^(40001|40P01|53|55P03|57P|58)/;

/**
 * Translates whatever a session threw into the catalogue's words. What is translated already, and what is not about the
 * database (an aborted signal), passes through unchanged.
 * @param table for Cdm.0900 and Cdm.0248.
 */
export function translateError(error: unknown, phase: Phase, table = ''): unknown {
  if (error instanceof SluiceError || error instanceof Fenced) return error;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  if (!(error instanceof Error)) return error;
  const state = sqlStateOf(error);
  if (state !== null) return fromSqlState(error, state, phase, table);
  const networkCode = (error as { code?: unknown }).code;
  const isNetwork = typeof networkCode === 'string' && networkCodes.has(networkCode);
  if (phase === 'sign in') return fromSignIn(error, isNetwork);
  if (isNetwork || error instanceof ConnectionLost) {
    return new SluiceError(
      codeOf(phase),
      { ...target(phase, table), cause: `the connection was cut: ${short(error.message)}` },
      { cause: error, retry: true },
    );
  }
  return error;
}

/**
 * A row's own fault: it has no form in its column, breaks a rule of the table, was refused by a trigger (P0001) or does not
 * fit an index (54000). 22P04 is a fault of the COPY itself, which is ours.
 */
const rowStates = /^(?:22(?!P04)|23|44000$|P0001$|54000$)/;

/** What is said of a part that the destination refused for what is in it; null: that is no fault of a row. */
export function rowRefusal(error: unknown, table: string): SluiceError | null {
  if (!(error instanceof ServerError) || error.isFatal || !rowStates.test(error.sqlState)) return null;
  const said = translateError(error, 'load', table);
  return said instanceof SluiceError ? said : null;
}

/** The row that a refused COPY names, from 0; null: none. A key of another table is looked for behind the last row, and then none is named. */
export function refusedLine(error: unknown): number | null {
  const context = error instanceof ServerError ? error.context : null;
  const line = context === null ? null : /^COPY .*?, line (\d+)\b/m.exec(context)?.[1];
  return line === null || line === undefined ? null : Number(line) - 1;
}

function fromSignIn(error: Error, isNetwork: boolean): SluiceError {
  const message = error.message;
  if (error instanceof LogInRefused) return new SluiceError('Cdm.0950', { cause: message }, { cause: error });
  // What pg says without a code of its own, and what TLS says: their texts are all there is.
  const isPassing =
    isNetwork ||
    error instanceof ConnectionLost ||
    message === 'timeout expired' ||
    message.startsWith('Connection terminated');
  const cause =
    message === 'timeout expired'
      ? 'no answer within the connect time-out'
      : short(tlsComplaint(error) ?? (message || error.name));
  return new SluiceError('Cdm.0901', { cause }, { cause: error, retry: isPassing });
}

function fromSqlState(error: Error, state: string, phase: Phase, table: string): SluiceError {
  const text = short(causeText(error));
  const wrap = (code: ErrorCode, facts: Record<string, string>, retry = false) =>
    new SluiceError(code, facts, { cause: error, retry });
  if (phase === 'sign in') {
    // Not about user and password: no line of the access list fits (it says whether encrypted), or somebody is in between.
    if (state === '28000' && /pg_hba\.conf|channel binding/.test(text))
      return wrap('Cdm.0950', { cause: text });
    if (state === '28P01' || state === '28000') return wrap('Cdm.0950', {});
    return wrap('Cdm.0901', { cause: text }, passingStates.test(state));
  }
  const isCut = state.startsWith('57P0') || state.startsWith('08');
  if (isCut)
    return wrap(codeOf(phase), { ...target(phase, table), cause: `the connection was cut: ${text}` }, true);
  if (state === '42P01' || state === '3F000') return wrap('Cdm.0900', { table });
  if (phase === 'metadata' || phase === 'create' || phase === 'clear') {
    return wrap(codeOf(phase), { ...target(phase, table), cause: text }, passingStates.test(state));
  }
  if (state === '23505' && phase === 'load') return wrap('Cdm.0026', { table, cause: text });
  // A statement of ours that the server does not understand holds text of the user: a condition, a column name.
  if (state.startsWith('42')) return wrap('Cdm.0902', { cause: text });
  return wrap(codeOf(phase), { cause: text }, passingStates.test(state));
}

function codeOf(phase: Phase): ErrorCode {
  switch (phase) {
    case 'sign in':
      return 'Cdm.0901';
    case 'metadata':
      return 'Cdm.0903';
    case 'extract':
      return 'Cdm.0233';
    case 'load':
      return 'Cdm.0234';
    case 'create':
      return 'Cdm.0063';
    case 'clear':
      return 'Cdm.0248';
  }
}

function target(phase: Phase, table: string): Record<string, string> {
  return phase === 'clear' ? { target: table } : {};
}

/** Errors of pg carry the SQLSTATE in `code`, as sockets carry `ECONNREFUSED`: only five characters are a state. */
function sqlStateOf(error: Error): string | null {
  if (error instanceof ServerError) return error.sqlState;
  const code = (error as { code?: unknown }).code;
  const hasSeverity = 'severity' in error;
  return hasSeverity && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** The server's sentence, the column it is about, and its detail. */
function causeText(error: Error): string {
  if (!(error instanceof ServerError)) return error.message;
  const parts = [error.message];
  const column = error.column ?? columnOfContext(error.context);
  if (column !== null && !error.message.includes(`"${column}"`)) parts.push(`column "${column}"`);
  if (error.detail !== null && error.sqlState.startsWith('23')) parts.push(error.detail);
  return parts.join('; ');
}

/** `COPY orders, line 3, column amount: "x"` names the column; its line counts within one COPY and would mislead. */
function columnOfContext(context: string | null): string | null {
  const match = context === null ? null : /^COPY .*?, line \d+, column (.+?)(?:: |$)/m.exec(context);
  return match?.[1] ?? null;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= CAUSE_CHARS_MAX ? line : `${line.slice(0, CAUSE_CHARS_MAX)}…`;
}
