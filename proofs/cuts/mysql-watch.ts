import {
  type Direction,
  type Phase,
  type PhaseWatch,
  type ProxyMemory,
  type SideName,
  StreamMeter,
  statements,
} from './phases.ts';

const HEADER_BYTES = 4;
/** Longer packets that begin like an EOF are rows. */
const EOF_BYTES_MAX = 9;
const command = { query: 0x03, prepare: 0x16, execute: 0x17, bulk: 0xfa } as const;
const answer = { ok: 0x00, eof: 0xfe } as const;

/** Recognises the phases of a connection to MySQL or MariaDB: commands by their first byte, statements by their text. */
export class MysqlWatch implements PhaseWatch {
  readonly #side: SideName;
  readonly #memory: ProxyMemory;
  readonly #meter: StreamMeter;
  #isSignedIn = false;
  /** The rows of a slice have ended, and nothing was asked since. */
  #isBehindRows = false;
  #isReading = false;
  #hasRows = false;
  #holdsCheckpoint = false;
  #isCommitting = false;

  constructor(side: SideName, memory: ProxyMemory) {
    this.#side = side;
    this.#memory = memory;
    this.#meter = new StreamMeter(memory.midStreamBytes);
  }

  see(direction: Direction, message: Buffer): Phase | null {
    if (direction === 'answer') return this.#answer(message);
    if (!this.#isSignedIn) return 'log-in';
    const kind = message[HEADER_BYTES];
    const isStatement = kind === command.query || kind === command.prepare;
    const sql = isStatement ? message.toString('latin1', HEADER_BYTES + 1, HEADER_BYTES + 4_097).trim() : '';
    return this.#side === 'source'
      ? this.#askSource(kind, sql)
      : this.#askDestination(kind, sql, message.length);
  }

  #askSource(kind: number | undefined, sql: string): Phase | null {
    if (this.#isBehindRows) {
      this.#isBehindRows = false;
      return 'finish';
    }
    if (kind === command.prepare) return 'prepare';
    if (kind === command.execute) this.#isReading = true;
    return sql.includes('information_schema.COLUMNS') ? 'describe' : null;
  }

  #askDestination(kind: number | undefined, sql: string, size: number): Phase | null {
    if (kind === command.bulk) return this.#meter.take(size);
    if (kind !== command.query) return null;
    if (statements.makesReady.test(sql)) {
      this.#memory.isPrepared = true;
      return 'prepare';
    }
    if (statements.storesCheckpoint.test(sql)) {
      this.#holdsCheckpoint = true;
      return null;
    }
    if (sql === 'COMMIT') {
      this.#isCommitting = this.#holdsCheckpoint;
      return this.#holdsCheckpoint ? 'commit' : null;
    }
    if (statements.readsAllCheckpoints.test(sql) || statements.dropsCheckpoints.test(sql)) return 'finish';
    if (/^(?:INSERT INTO|LOAD DATA)/.test(sql)) return this.#meter.take(size);
    return !this.#memory.isPrepared && sql.includes('information_schema.COLUMNS') ? 'describe' : null;
  }

  #answer(message: Buffer): Phase | null {
    const first = message[HEADER_BYTES];
    if (!this.#isSignedIn) {
      // The greeting begins with the protocol's number; what follows it is no OK until the log-in is done.
      if (first === answer.ok) this.#isSignedIn = true;
      return null;
    }
    if (this.#isCommitting) {
      this.#isCommitting = false;
      this.#holdsCheckpoint = false;
      return 'commit';
    }
    if (!this.#isReading) return null;
    if (first === answer.ok) this.#hasRows = true;
    const isEnd = first === answer.eof && message.length - HEADER_BYTES < EOF_BYTES_MAX && this.#hasRows;
    if (!isEnd) return this.#meter.take(message.length);
    this.#isReading = false;
    this.#isBehindRows = true;
    return 'commit';
  }
}
