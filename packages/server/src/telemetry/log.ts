import { mask, Secret } from './secret.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Named values of one line. A `Secret` shows as `***`, an error as its name, code and message with those of its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line about one event; functions of their own, so they can be handed on. */
export type LogLine = (event: string, fields?: LogFields) => void;

/**
 * Levels say who must act: `error` someone now, `warn` someone soon, `info` nobody (what happened), `debug` nobody
 * (how it happened). Healthy work logs nothing per batch.
 */
export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly now?: () => number;
  /** Gets whole lines with their line end; default: standard error. */
  readonly write?: (line: string) => void;
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A longer text in a field is cut, so that one bad value cannot fill a disk. */
const fieldCharactersMax = 8_192;
const depthMax = 6;
const membersMax = 100;

/** Member names whose texts are masked wherever they stand: the second net, for what nobody wrapped in a `Secret`. */
const secretName =
  /^(password|passwd|pwd|secret|secret_?key|sk|master_?key|access_?token|security_?token|token|authorization|x-auth-token|x-security-token)$/i;

/** Writes one JSON object a line: time, level, event, then the fields. */
export function createLogger({ level, now = Date.now, write = writeToStandardError }: LogSettings): Logger {
  const lineOf = (lineLevel: LogLevel): LogLine =>
    ranks[lineLevel] < ranks[level]
      ? () => undefined
      : (event, fields = {}) => {
          const line: Record<string, unknown> = {
            time: new Date(now()).toISOString(),
            level: lineLevel,
            event,
          };
          for (const [name, value] of Object.entries(fields)) {
            // What every line has cannot be overwritten by a field of that name.
            line[name in line ? `${name}_` : name] =
              secretName.test(name) && value !== null ? mask : loggable(value, 0);
          }
          write(`${JSON.stringify(line).replace(unprintable, escaped)}\n`);
        };
  return { debug: lineOf('debug'), info: lineOf('info'), warn: lineOf('warn'), error: lineOf('error') };
}

/**
 * What JSON leaves as it is and a terminal or an editor takes for a command: control characters above ASCII, line and
 * paragraph separators, marks that turn the direction of the text.
 */
const unprintable = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function writeToStandardError(line: string): void {
  process.stderr.write(line);
}

function loggable(value: unknown, depth: number): unknown {
  if (value instanceof Secret) return mask;
  switch (typeof value) {
    case 'string':
      return value.length > fieldCharactersMax ? `${value.slice(0, fieldCharactersMax)}…` : value;
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return `(${typeof value})`;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (depth >= depthMax) return '…';
  if (value instanceof Error) return loggableError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.valueOf()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (Array.isArray(value)) return value.slice(0, membersMax).map((each) => loggable(each, depth + 1));
  const members: Record<string, unknown> = {};
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  for (const [name, member] of entries.slice(0, membersMax)) {
    members[String(name)] =
      secretName.test(String(name)) && member !== null ? mask : loggable(member, depth + 1);
  }
  return members;
}

function loggableError(error: Error, depth: number): Record<string, unknown> {
  const { cause } = error;
  return {
    name: error.name,
    ...('code' in error && ['string', 'number'].includes(typeof error.code) ? { code: error.code } : {}),
    message: loggable(error.message, depth),
    ...(cause === undefined ? {} : { cause: loggable(cause, depth + 1) }),
  };
}
