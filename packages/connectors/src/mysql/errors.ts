import { SluiceError } from '@sluice/core/errors/sluice-error';
import { tlsComplaint } from '../jdbc/tls-complaint.ts';

/** What was going on when the server or the socket complained. It decides the code where the error itself does not. */
export type Stage = 'connect' | 'metadata' | 'read' | 'create' | 'clear' | 'write';

/** The members of a mysql2 or socket error that we read. Never `sql`: it holds row values. */
interface NativeError {
  readonly errno: number | null;
  readonly code: string;
  readonly text: string;
}

const loginRefused = new Set([1045, 1698, 1524, 3118, 4151]);
const noDatabaseRight = 1044;
const noSuchDatabase = 1049;
const noSuchTable = new Set([1146, 1051]);
const busyServer = new Set([1040, 1203, 1226]);
/** Lock wait ran out, deadlock: the server rolled back and asks to try again. */
const lockLost = new Set([1205, 1213]);
const serverGone = new Set([1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 2006, 2013, 4031]);
/** The destination holds a row with this key already. */
const keyTaken = new Set([1022, 1062, 1569, 1586]);
/** A value does not fit its column, or a row breaks a rule of the table. */
const rowRefused = new Set([
  1022, 1048, 1062, 1216, 1217, 1263, 1264, 1265, 1292, 1364, 1365, 1366, 1369, 1406, 1411, 1416, 1441, 1451,
  1452, 1557, 1569, 1586, 1690, 1748, 3037, 3055, 3140, 3156, 3516, 3617, 3819, 4025,
]);

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
]);
const cut = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** How mysql2 says that it has no plugin. */
const unknownMethod = /^Server requests authentication using unknown plugin ([\w-]+)\./;

function readNative(error: unknown): NativeError {
  if (!(error instanceof Error)) return { errno: null, code: '', text: String(error) };
  const errno = 'errno' in error && typeof error.errno === 'number' && error.errno > 0 ? error.errno : null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { errno, code, text: error.message };
}

/** The server's number of an error; null when it did not come from the server. */
export function serverErrorNumber(error: unknown): number | null {
  if (error instanceof SluiceError) return serverErrorNumber(error.cause);
  return readNative(error).errno;
}

/** True when the connection is gone rather than a statement refused. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof SluiceError) return isConnectionLost(error.cause);
  const { errno, code, text } = readNative(error);
  return (errno !== null && serverGone.has(errno)) || cut.has(code) || text.includes('in closed state');
}

function byStage(
  stage: Stage,
  cause: string,
  target: string,
  extras: { cause: unknown; retry: boolean },
): SluiceError {
  switch (stage) {
    case 'connect':
      return new SluiceError('Cdm.0901', { cause }, extras);
    case 'metadata':
      return new SluiceError('Cdm.0903', { cause }, extras);
    case 'read':
      return new SluiceError('Cdm.0233', { cause }, extras);
    case 'create':
      return new SluiceError('Cdm.0063', { cause }, extras);
    case 'clear':
      return new SluiceError('Cdm.0248', { target, cause }, extras);
    case 'write':
      return new SluiceError('Cdm.0234', { cause }, extras);
  }
}

/** A trigger's own SIGNAL without a number. */
const signalled = 1644;

/** Whether this is a row's own fault, which others need not suffer for. */
export function isRowRefused(error: SluiceError): boolean {
  const errno = serverErrorNumber(error);
  return errno !== null && (rowRefused.has(errno) || errno === signalled);
}

/** The row of a statement that its error names, from 0; null: none. */
export function refusedRow(error: SluiceError): number | null {
  const row = / at row (\d+)$/.exec(String(error.facts.cause ?? ''))?.[1];
  return row === undefined ? null : Number(row) - 1;
}

/** Whether an error or a warning of this number says that a row has a key which the table holds already. */
export function isKeyTaken(errno: number): boolean {
  return keyTaken.has(errno);
}

/**
 * Translates an error of mysql2, of the server or of the socket. The one border where native errors turn into ours.
 * @param target the table, `database.table`, or the server when there is no table yet.
 */
export function mysqlError(error: unknown, stage: Stage, target: string): SluiceError {
  if (error instanceof SluiceError) return error;
  // mysql2 hangs the whole statement, row values included, on its errors; it must not travel into a log as a cause.
  if (error instanceof Error) Reflect.deleteProperty(error, 'sql');
  const { errno, code, text } = readNative(error);
  const extras = { cause: error, retry: false };
  if (errno !== null) {
    if (loginRefused.has(errno)) return new SluiceError('Cdm.0950', {}, extras);
    // The user may sign in, but not to this database: the code is the login's, the sentence says which database.
    if (errno === noDatabaseRight && stage === 'connect')
      return new SluiceError('Cdm.0950', { cause: text }, extras);
    if (errno === noSuchDatabase) return new SluiceError('Cdm.0901', { cause: text }, extras);
    if (noSuchTable.has(errno)) return new SluiceError('Cdm.0900', { table: target }, extras);
    if (busyServer.has(errno))
      return new SluiceError('Cdm.0901', { cause: text }, { cause: error, retry: true });
    if (lockLost.has(errno)) return byStage(stage, text, target, { cause: error, retry: true });
    if (serverGone.has(errno)) return connectionCut(stage, text, target, error);
    if (stage === 'write' && isKeyTaken(errno))
      return new SluiceError('Cdm.0026', { table: target, cause: text }, extras);
    // Rights and syntax while reading are the statement's fault, not the data's.
    if (stage === 'read' && !rowRefused.has(errno))
      return new SluiceError('Cdm.0902', { cause: text }, extras);
    if (stage === 'write' && !rowRefused.has(errno))
      return new SluiceError('Cdm.0902', { cause: text }, extras);
    return byStage(stage, text, target, extras);
  }
  const tls = stage === 'connect' ? tlsComplaint(error) : null;
  if (tls !== null) return new SluiceError('Cdm.0901', { cause: `${target}: ${tls}` }, extras);
  const method = unknownMethod.exec(text)?.[1];
  if (method !== undefined) {
    const cause = `the server asks for the log-in method ${method}, which is not known here`;
    return new SluiceError('Cdm.0950', { cause }, extras);
  }
  if (unreachable.has(code)) {
    // An aggregate of refused addresses has no text of its own.
    const said = text === '' ? code : text;
    const cause = text === 'connect ETIMEDOUT' ? 'no answer within the connect time-out' : said;
    return new SluiceError('Cdm.0901', { cause: `${target}: ${cause}` }, { cause: error, retry: true });
  }
  if (cut.has(code) || text.includes('in closed state')) return connectionCut(stage, text, target, error);
  return byStage(stage, text, target, extras);
}

function connectionCut(stage: Stage, text: string, target: string, error: unknown): SluiceError {
  const detail = text === '' ? '' : ` (${text})`;
  return byStage(stage, `the connection was cut${detail}`, target, { cause: error, retry: true });
}
