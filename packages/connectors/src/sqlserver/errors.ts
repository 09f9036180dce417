import type { ErrorExtras } from '@sluice/core/errors/sluice-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { tlsComplaint } from '../jdbc/tls-complaint.ts';

/** What was going on when the server or the socket complained. It decides the code where the error itself does not. */
export type Stage = 'connect' | 'metadata' | 'read' | 'create' | 'clear' | 'write';

/** The members of an error of tedious, the server or the socket that we read. */
interface NativeError {
  readonly number: number | null;
  readonly code: string;
  readonly text: string;
}

/** 18456 and its kin: wrong password, no such user, disabled, locked, expired, not trusted. */
const loginRefused = new Set([18450, 18451, 18452, 18456, 18461, 18470, 18486, 18487, 18488]);
/** The user may sign in, but not use this database. */
const noDatabaseRight = new Set([916, 4062, 4063, 4064]);
const noSuchDatabase = new Set([911, 4060]);
const noSuchTable = new Set([208, 1088, 3701, 4701, 4902, 4909]);
/** Deadlock victim, lock wait ran out, conflict of snapshot updates, out of locks or memory: the server asks to try again. */
const lockLost = new Set([701, 1204, 1205, 1222, 3960, 8628, 8645, 8651]);
/** Too many connections or requests; those above 10000 are Azure's and of a failover. */
const busyServer = new Set([
  976, 983, 10928, 10929, 17809, 17830, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920,
]);
/** Shut down, killed. */
const serverGone = new Set([596, 6001, 6002, 6004, 6005, 6006]);
/** The destination holds a row with this key already. */
const keyTaken = new Set([2601, 2627]);
/** A value does not fit its column, or a row breaks a rule of the table. */
const rowRefused = new Set([
  220, 232, 235, 241, 242, 244, 245, 248, 257, 260, 273, 293, 294, 295, 296, 298, 511, 512, 515, 517, 544,
  547, 550, 1946, 2601, 2627, 2628, 3609, 4815, 4863, 4864, 6335, 6522, 8114, 8115, 8152, 8169, 9400, 9402,
  9410, 9411, 9413, 9420, 9422, 9436, 9438, 9455, 9803, 13609,
]);
/** RAISERROR and THROW of a trigger. */
const RAISED_BY_USER = 50_000;

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
]);
/** Codes of tedious and of sockets that mean that the connection is gone. */
const cut = new Set([
  'ESOCKET',
  'ECLOSE',
  'ETIMEOUT',
  'EINVALIDSTATE',
  'ECANCEL',
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** An error whose cause says more than it does: what tedious wraps a socket's error in. */
function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}

/** Of several errors of one answer the first one: those behind it follow from it. */
function readNative(error: unknown): NativeError {
  if (error instanceof AggregateError && error.errors.length > 0) return readNative(error.errors[0]);
  if (!(error instanceof Error)) return { number: null, code: '', text: String(error) };
  const number = 'number' in error && typeof error.number === 'number' ? error.number : null;
  if (number !== null) return { number, code: '', text: error.message };
  const inner = deepest(error);
  const codeOf = (e: Error): string => ('code' in e && typeof e.code === 'string' ? e.code : '');
  const innerCode = codeOf(inner);
  const text = inner.message === '' ? error.message : inner.message;
  return { number: null, code: innerCode === '' ? codeOf(error) : innerCode, text };
}

/** The server's number of an error; null when it did not come from the server. */
export function serverErrorNumber(error: unknown): number | null {
  if (error instanceof SluiceError) return serverErrorNumber(error.cause);
  return readNative(error).number;
}

/** What the server, or whoever complained, said. */
export function nativeWords(error: unknown): string {
  if (error instanceof SluiceError && error.cause !== undefined) return nativeWords(error.cause);
  if (error instanceof SluiceError) return String(error.facts.cause ?? error.code);
  return readNative(error).text;
}

/** True when the connection is gone rather than a statement refused. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof SluiceError) return isConnectionLost(error.cause);
  const { number, code } = readNative(error);
  return number === null ? cut.has(code) : serverGone.has(number);
}

/** Whether this is a row's own fault, which others need not suffer for. */
export function isRowRefused(error: SluiceError): boolean {
  const number = serverErrorNumber(error);
  return number !== null && (rowRefused.has(number) || number >= RAISED_BY_USER);
}

function byStage(stage: Stage, cause: string, target: string, extras: ErrorExtras): SluiceError {
  switch (stage) {
    case 'connect':
      return new SluiceError('Cdm.0901', { cause }, extras);
    case 'metadata':
      return new SluiceError('Cdm.0903', { cause }, extras);
    case 'read':
      return new SluiceError('Cdm.0233', { cause }, extras);
    case 'create':
      return new SluiceError('Cdm.0063', { table: target, cause }, extras);
    case 'clear':
      return new SluiceError('Cdm.0248', { target, cause }, extras);
    case 'write':
      return new SluiceError('Cdm.0234', { cause }, extras);
  }
}

/**
 * Translates an error of tedious, of the server or of the socket. The one border where native errors turn into ours.
 * @param target the table, `schema.table`, or the server when there is no table yet.
 */
export function sqlServerError(error: unknown, stage: Stage, target: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const { number, code, text } = readNative(error);
  const extras = { cause: error, retry: false };
  if (number !== null) return ofServer(number, text, stage, target, error);
  const tls = stage === 'connect' ? tlsComplaint(error instanceof Error ? deepest(error) : error) : null;
  if (tls !== null) return new SluiceError('Cdm.0901', { cause: `${target}: ${tls}` }, extras);
  if (code === 'EENCRYPT')
    return new SluiceError(
      'Cdm.0901',
      { cause: `${target}: the server takes encrypted connections only: set useSSL` },
      extras,
    );
  if (code === 'ELOGIN') return new SluiceError('Cdm.0950', {}, extras);
  if (stage === 'connect' && (code === 'ETIMEOUT' || code === 'ETIMEDOUT')) {
    const cause = `${target}: no answer within the connect time-out`;
    return new SluiceError('Cdm.0901', { cause }, { cause: error, retry: true });
  }
  if (unreachable.has(code)) {
    // An aggregate of refused addresses has no text of its own.
    const said = text === '' ? code : text;
    return new SluiceError('Cdm.0901', { cause: `${target}: ${said}` }, { cause: error, retry: true });
  }
  if (cut.has(code)) return connectionCut(stage, text, target, error);
  return byStage(stage, text, target, extras);
}

function ofServer(number: number, text: string, stage: Stage, target: string, error: unknown): SluiceError {
  const extras = { cause: error, retry: false };
  if (noSuchDatabase.has(number)) return new SluiceError('Cdm.0901', { cause: text }, extras);
  if (noDatabaseRight.has(number)) return new SluiceError('Cdm.0950', { cause: text }, extras);
  if (loginRefused.has(number)) return new SluiceError('Cdm.0950', {}, extras);
  if (busyServer.has(number))
    return new SluiceError('Cdm.0901', { cause: text }, { cause: error, retry: true });
  if (lockLost.has(number)) return byStage(stage, text, target, { cause: error, retry: true });
  if (serverGone.has(number)) return connectionCut(stage, text, target, error);
  if (noSuchTable.has(number)) return new SluiceError('Cdm.0900', { table: target }, extras);
  if (stage === 'write' && keyTaken.has(number))
    return new SluiceError('Cdm.0026', { table: target, cause: text }, extras);
  // Rights and syntax are the statement's fault, not the data's.
  const isOfData = rowRefused.has(number) || number >= RAISED_BY_USER;
  if ((stage === 'read' || stage === 'write') && !isOfData)
    return new SluiceError('Cdm.0902', { cause: text }, extras);
  return byStage(stage, text, target, extras);
}

function connectionCut(stage: Stage, text: string, target: string, error: unknown): SluiceError {
  const detail = text === '' ? '' : ` (${text})`;
  return byStage(stage, `the connection was cut${detail}`, target, { cause: error, retry: true });
}
