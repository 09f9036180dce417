/** What a failing store means to whoever asked: `unreachable` passes by itself, `full` does not. */
export type StoreFailure = 'unreachable' | 'full';

/** Of SQLite: busy, locked, input or output failed, cannot be opened. */
const sqliteUnreachable = new Set([5, 6, 10, 14]);
/** Of SQLite: read-only, the disk is full. */
const sqliteFull = new Set([8, 13]);

const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Words of the PostgreSQL driver for a connection that is gone or that nobody gave it in time; they have no code. */
const driverWords = /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired)/;

/** How deep an error's causes are looked at. */
const causeDepthMax = 4;

/** @returns null when the error is about something else: what was asked, or a fault of ours. */
export function storeFailureOf(error: unknown): StoreFailure | null {
  let found: unknown = error;
  for (let depth = 0; depth < causeDepthMax && found instanceof Error; depth++) {
    const failure = failureOf(found);
    if (failure !== null) return failure;
    found = found.cause;
  }
  return null;
}

function failureOf(error: Error): StoreFailure | null {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') {
    // The lowest byte is the primary code.
    if (sqliteUnreachable.has(errcode & 0xff)) return 'unreachable';
    return sqliteFull.has(errcode & 0xff) ? 'full' : null;
  }
  if (driverWords.test(error.message)) return 'unreachable';
  if (typeof code !== 'string') return null;
  if (socketErrors.has(code)) return 'unreachable';
  if (!('severity' in error)) return null;
  // 53100 disk full, 25006 read-only; 08 connection, 53 resources, 57P0 shut down or starting.
  if (code === '53100' || code === '25006') return 'full';
  return /^(?:08|53|57P0)/.test(code) ? 'unreachable' : null;
}
