import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogListener } from './event-meter.ts';
import { createLogger, type LogFields, type LogLevel } from './log.ts';

/** Limits of the logs of runs, one place, each with its unit. */
export const runLogLimits = {
  /** A file is not written beyond this, in bytes; how the run ended still is. */
  fileBytesMax: 8 * 1_048_576,
  /** Longest line, in bytes; of a longer one its event stays. */
  lineBytesMax: 32_768,
  /** Lines wait this long to be written together, in milliseconds. */
  flushMs: 200,
  /** Lines of one run that wait to be written, in bytes; beyond that they are dropped, and their number is told. */
  waitingBytesMax: 1_048_576,
  /** Files whose size is kept in mind. */
  knownMax: 1_000,
  /** All files together, in bytes; beyond that the oldest go first. */
  folderBytesMax: 1_024 * 1_048_576,
  /** Read at once, in bytes. */
  readBytesMax: 262_144,
} as const;

/** Events that are written even when the file is full. */
const lastWords: ReadonlySet<string> = new Set(['run.ended', 'run.let-go', 'run.unsettled']);

/** A run's id as it may stand in the name of a file. */
const idForm = /^[\w-]{1,64}$/;

/** One line as it was written. */
export interface RunLogLine {
  /** Unix milliseconds. */
  readonly at: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A part of a run's log. Offsets are bytes of the file, always between two lines. */
export interface RunLogPart {
  readonly lines: readonly RunLogLine[];
  readonly offset: number;
  /** Where the next part begins. */
  readonly nextOffset: number;
  /** Bytes of the file when it was read. */
  readonly size: number;
}

interface OpenLog {
  readonly path: string;
  /** Bytes of the file with what waits; null: not looked up yet. */
  size: number | null;
  waiting: string[];
  waitingBytes: number;
  dropped: number;
  isFull: boolean;
  /** The writing under way; the next one comes behind it. */
  writing: Promise<void>;
}

/**
 * One file of lines for each run, below the data folder, of this server alone. A line is one JSON object with secrets masked as
 * everywhere in the log; names and texts from outside are inside its quotes, so that none of them can make a line of its own.
 * Writing waits for nobody: what cannot be written in time is dropped and counted.
 */
export class RunLogs {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #open = new Map<string, OpenLog>();
  #timer: NodeJS.Timeout | null = null;
  #folderMade: Promise<unknown> | null = null;

  constructor(folder: string, now: () => number, onError: (error: unknown) => void) {
    this.#folder = folder;
    this.#now = now;
    this.#onError = onError;
  }

  /** Takes the lines of the server's log that say which run they are about. */
  readonly hear: LogListener = (level, event, fields) => {
    const { run, ...rest } = fields;
    if (typeof run === 'string') this.note(run, event, rest, level);
  };

  /** Writes a line of a run. Returns at once. */
  note(runId: string, event: string, fields: LogFields, level: LogLevel = 'info'): void {
    if (!idForm.test(runId)) return;
    const log = this.#logOf(runId);
    const isLast = lastWords.has(event);
    if (!isLast && (log.isFull || log.waitingBytes >= runLogLimits.waitingBytesMax)) {
      log.dropped++;
      return;
    }
    if (log.dropped > 0 && (isLast || !log.isFull)) {
      this.#put(log, lineOf(this.#now, 'warn', 'log.dropped', { lines: log.dropped }));
      log.dropped = 0;
    }
    this.#put(log, lineOf(this.#now, level, event, fields));
    this.#timer ??= setTimeout(() => void this.flush(), runLogLimits.flushMs).unref();
  }

  /** Bytes written of a run's log; 0: there is none here. */
  async sizeOf(runId: string): Promise<number> {
    const known = this.#open.get(runId);
    if (known !== undefined) await known.writing;
    return idForm.test(runId) ? await sizeOfFile(this.#pathOf(runId)) : 0;
  }

  /** Lines from an offset on, as far as they were written; an offset inside a line goes on behind it. */
  async read(runId: string, offset: number): Promise<RunLogPart> {
    if (!idForm.test(runId)) return nothingRead;
    await this.#open.get(runId)?.writing;
    return await readPart(this.#pathOf(runId), offset);
  }

  /** The last lines, at most so many, as far as they are in the last bytes that are read at once. */
  async tail(runId: string, linesMax: number): Promise<RunLogPart> {
    const size = await this.sizeOf(runId);
    if (size === 0) return nothingRead;
    return await readPart(this.#pathOf(runId), Math.max(0, size - runLogLimits.readBytesMax), linesMax);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await Promise.all([...this.#open.values()].map((log) => this.#write(log)));
    this.#forgetSome();
  }

  /** Removes files that were last written before a time, and the oldest while there are too many bytes. @returns how many. */
  async clean(before: number): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    const files: { readonly path: string; readonly at: number; readonly bytes: number }[] = [];
    for (const name of names.filter((each) => each.endsWith('.log'))) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null);
      if (found !== null) files.push({ path, at: found.mtimeMs, bytes: found.size });
    }
    files.sort((a, b) => a.at - b.at);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let removed = 0;
    for (const file of files) {
      if (file.at >= before && bytes <= runLogLimits.folderBytesMax) break;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
      removed++;
    }
    return removed;
  }

  #pathOf(runId: string): string {
    return join(this.#folder, `${runId}.log`);
  }

  #logOf(runId: string): OpenLog {
    const known = this.#open.get(runId);
    if (known !== undefined) return known;
    const log: OpenLog = {
      path: this.#pathOf(runId),
      size: null,
      waiting: [],
      waitingBytes: 0,
      dropped: 0,
      isFull: false,
      writing: Promise.resolve(),
    };
    this.#open.set(runId, log);
    return log;
  }

  #put(log: OpenLog, line: string): void {
    log.waiting.push(line);
    log.waitingBytes += Buffer.byteLength(line);
  }

  #write(log: OpenLog): Promise<void> {
    if (log.waiting.length === 0) return log.writing;
    const lines = log.waiting.splice(0);
    const bytes = log.waitingBytes;
    log.waitingBytes = 0;
    log.writing = log.writing.then(async () => {
      try {
        this.#folderMade ??= mkdir(this.#folder, { recursive: true, mode: 0o700 });
        await this.#folderMade;
        const text = lines.join('');
        if (log.size === null) {
          log.size = await sizeOfFile(log.path);
          // A server that was killed while it wrote may have left half a line.
          if (!(await endsWithLine(log.path, log.size))) await appendFile(log.path, '\n');
        }
        await appendFile(log.path, text, { mode: 0o600 });
        log.size += bytes;
        if (log.size >= runLogLimits.fileBytesMax && !log.isFull) {
          log.isFull = true;
          await appendFile(log.path, lineOf(this.#now, 'warn', 'log.full', { bytes: log.size }));
        }
      } catch (error) {
        // A full disk must not end a run.
        log.dropped += lines.length;
        this.#folderMade = null;
        this.#onError(error);
      }
    });
    return log.writing;
  }

  #forgetSome(): void {
    for (const [runId, log] of this.#open) {
      if (this.#open.size <= runLogLimits.knownMax) return;
      if (log.waiting.length === 0) this.#open.delete(runId);
    }
  }
}

const nothingRead: RunLogPart = { lines: [], offset: 0, nextOffset: 0, size: 0 };

function lineOf(now: () => number, level: LogLevel, event: string, fields: LogFields): string {
  let line = '';
  const logger = createLogger({ level: 'debug', now, write: (text) => (line = text) });
  logger[level](event, fields);
  if (Buffer.byteLength(line) <= runLogLimits.lineBytesMax) return line;
  logger[level](event, { cut: Buffer.byteLength(line) });
  return line;
}

async function sizeOfFile(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function endsWithLine(path: string, size: number): Promise<boolean> {
  if (size === 0) return true;
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === lineEnd;
  } finally {
    await file.close();
  }
}

const lineEnd = 0x0a;

/** @param lastLines only the last so many of the lines that were read; null: all. */
async function readPart(path: string, from: number, lastLines: number | null = null): Promise<RunLogPart> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return nothingRead;
  try {
    const { size } = await file.stat();
    const start = Math.min(Math.max(0, from), size);
    // One byte more in front tells whether the offset is between two lines.
    const begin = Math.max(0, start - 1);
    const buffer = Buffer.alloc(Math.min(size - begin, runLogLimits.readBytesMax + 1));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, begin);
    const bytes = buffer.subarray(0, bytesRead);
    const end = bytes.lastIndexOf(lineEnd) + 1;
    const whole = start === 0 ? 0 : bytes.indexOf(lineEnd) + 1;
    const first = Math.max(whole, lastLines === null ? 0 : startOfLast(lastLines, bytes, end));
    // Half a line at the end is being written; it comes with the next part.
    const text = end > first ? bytes.toString('utf8', first, end) : '';
    const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [parsed(line)]));
    return { lines, offset: begin + first, nextOffset: begin + Math.max(first, end), size };
  } finally {
    await file.close();
  }
}

/** Where the last so many lines before `end` begin; 0: there are not as many. */
function startOfLast(lines: number, bytes: Uint8Array, end: number): number {
  let start = end;
  for (let count = 0; count < lines; count++) {
    // A negative place would be counted from the end.
    if (start < 2) return 0;
    start = bytes.lastIndexOf(lineEnd, start - 2) + 1;
  }
  return start;
}

function parsed(line: string): RunLogLine {
  try {
    const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const at = Date.parse(String(time));
    const known = level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
    return { at: Number.isNaN(at) ? 0 : at, level: known, event: String(event), fields };
  } catch {
    // What a crash left of a line.
    return { at: 0, level: 'warn', event: 'log.torn', fields: { bytes: Buffer.byteLength(line) } };
  }
}
