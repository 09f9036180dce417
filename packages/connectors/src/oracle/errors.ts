import { SluiceError } from '@sluice/core/errors/sluice-error';
import { tlsComplaint } from '../jdbc/tls-complaint.ts';

/** What was going on when the server, the driver or a socket complained. It decides the code where the error itself does not. */
export type Stage = 'connect' | 'metadata' | 'read' | 'create' | 'clear' | 'write';

/** The members of an error that are read. */
interface NativeError {
  /** ORA-number; null when it did not come from the server. */
  readonly number: number | null;
  /** Of the driver or the socket: `NJS-500`, `ECONNRESET`. */
  readonly code: string;
  readonly text: string;
}

/** 1005 no password given, 1045 no right to sign in, 28001 expired, 28000 locked, 28009 and 1031 need another role. */
const loginRefused = new Set([1005, 1017, 1045, 28_000, 28_001, 28_002, 28_009, 28_040, 28_046]);
/** No such service, SID or instance; 12521 and 12523 name an instance. */
const noSuchService = new Set([12_504, 12_505, 12_514, 12_521, 12_523]);
const noSuchTable = new Set([942, 943, 4043]);
/** Starting, stopping, no more sessions or handlers. */
const busyServer = new Set([18, 20, 1033, 1034, 1035, 12_516, 12_518, 12_519, 12_520, 12_526, 12_528]);
/** Deadlock, a lock that is held, a serialisation that failed, resources that ran out for a moment: to be tried again. */
const lockLost = new Set([54, 60, 4021, 8177, 30_006, 4020, 1591]);
/** The session is gone. */
const serverGone = new Set([
  22, 28, 31, 603, 609, 1012, 1041, 1089, 1090, 1092, 2396, 2399, 3113, 3114, 3135, 12_153, 12_537, 12_547,
  12_570, 12_571, 12_583, 12_757,
]);
/** A value does not fit its column, or a row breaks a rule of its table. */
const rowRefused = new Set([
  1, 1400, 1407, 1401, 1426, 1438, 1439, 1461, 1465, 1481, 1483, 1722, 1724, 1830, 1839, 1840, 1841, 1843,
  1847, 1848, 1849, 1850, 1851, 1852, 1853, 1858, 1861, 1862, 1867, 1873, 1878, 1881, 1883, 2290, 2291, 2292,
  2359, 6502, 12_899, 14_400, 14_401, 14_402, 22_835, 26_563, 29_275, 29_283, 40_441, 64_000,
]);
const keyTaken = 1;
/** The moment that was asked for cannot be read any more. */
const momentGone = new Set([1466, 1555, 8180, 8181, 8182, 8186, 22_924, 30_052]);

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
]);
/** The driver's own: closed, end of file, lost contact, call timed out, broken pipe below. */
const cut = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'NJS-500',
  'NJS-501',
  'NJS-521',
  'NJS-003',
  'NJS-123',
  'NJS-512',
]);
/** No service, no SID. */
const driverNoService = new Set(['NJS-517', 'NJS-518']);

const oraForm = /\bORA-(\d{5})\b/;

function readNative(error: unknown): NativeError {
  if (!(error instanceof Error)) return { number: null, code: '', text: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const given = 'errorNum' in error && typeof error.errorNum === 'number' ? error.errorNum : 0;
  const named = Number(oraForm.exec(error.message)?.[1] ?? 0);
  // The driver adds a line with an address of its maker's pages.
  const text = error.message.replace(/\nHelp: .*$/s, '').trim();
  const number = given || named;
  return { number: number === 0 ? null : number, code, text };
}

/** The server's number of an error; null when it did not come from the server. */
export function serverErrorNumber(error: unknown): number | null {
  if (error instanceof SluiceError) return serverErrorNumber(error.cause);
  return readNative(error).number;
}

/** True when the connection is gone rather than a statement refused. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof SluiceError) return isConnectionLost(error.cause);
  const { number, code } = readNative(error);
  return (number !== null && serverGone.has(number)) || cut.has(code);
}

/** Whether this is a row's own fault, which others need not suffer for. */
export function isRowRefused(error: unknown): boolean {
  const number = serverErrorNumber(error);
  // 20000 to 20999 are what triggers raise.
  return number !== null && (rowRefused.has(number) || (number >= 20_000 && number <= 20_999));
}

/** Whether the moment of a snapshot cannot be read any more. */
export function isMomentGone(error: unknown): boolean {
  const number = serverErrorNumber(error);
  return number !== null && momentGone.has(number);
}

/** The server's own sentence. */
export function wordsOf(error: unknown): string {
  if (error instanceof SluiceError && error.cause instanceof Error) return readNative(error.cause).text;
  return error instanceof Error ? readNative(error).text : String(error);
}

function byStage(
  stage: Stage,
  cause: string,
  target: string,
  extras: { readonly cause: unknown; readonly retry: boolean },
): SluiceError {
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
 * Translates an error of the driver, of the server or of a socket. The one border where native errors turn into ours.
 * @param target the table, `owner.table`, or the server when there is no table yet.
 */
export function oracleError(error: unknown, stage: Stage, target: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const { number, code, text } = readNative(error);
  const extras = { cause: error, retry: false };
  if (number !== null) {
    if (loginRefused.has(number))
      return new SluiceError('Cdm.0950', number === 1017 ? {} : { cause: text }, extras);
    if (noSuchService.has(number)) return new SluiceError('Cdm.0901', { cause: text }, extras);
    if (noSuchTable.has(number)) return new SluiceError('Cdm.0900', { table: target }, extras);
    if (busyServer.has(number))
      return new SluiceError('Cdm.0901', { cause: text }, { cause: error, retry: true });
    if (lockLost.has(number)) return byStage(stage, text, target, { cause: error, retry: true });
    if (serverGone.has(number)) return connectionCut(stage, text, target, error);
    if (stage === 'write' && number === keyTaken)
      return new SluiceError('Cdm.0026', { table: target, cause: text }, extras);
    // Rights and syntax are the statement's fault, not the data's.
    const isOfData =
      rowRefused.has(number) || momentGone.has(number) || (number >= 20_000 && number <= 20_999);
    if ((stage === 'read' || stage === 'write') && !isOfData)
      return new SluiceError('Cdm.0902', { cause: text }, extras);
    return byStage(stage, text, target, extras);
  }
  const tls = stage === 'connect' ? tlsComplaint(error) : null;
  if (tls !== null) return new SluiceError('Cdm.0901', { cause: `${target}: ${tls}` }, extras);
  if (driverNoService.has(code)) return new SluiceError('Cdm.0901', { cause: text }, extras);
  if (unreachable.has(code)) {
    const said = text === '' ? code : text;
    const cause = text === 'connect ETIMEDOUT' ? 'no answer within the connect time-out' : said;
    return new SluiceError('Cdm.0901', { cause: `${target}: ${cause}` }, { cause: error, retry: true });
  }
  if (code === 'NJS-116')
    return new SluiceError(
      'Cdm.0950',
      { cause: 'the account has no password verifier of Oracle 11g or later' },
      extras,
    );
  if (code === 'NJS-138')
    return new SluiceError(
      'Cdm.0901',
      { cause: 'the server is older than Oracle 12.1, the oldest that is spoken to' },
      extras,
    );
  if (cut.has(code)) return connectionCut(stage, text, target, error);
  return byStage(stage, text, target, extras);
}

function connectionCut(stage: Stage, text: string, target: string, error: unknown): SluiceError {
  const detail = text === '' ? '' : ` (${text.split('\n')[0]})`;
  return byStage(stage, `the connection was cut${detail}`, target, { cause: error, retry: true });
}
