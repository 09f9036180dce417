import {
  type Direction,
  type Phase,
  type PhaseWatch,
  type ProxyMemory,
  type SideName,
  StreamMeter,
  statements,
} from './phases.ts';

const COPY_DATA = 'd';
const HEADER_BYTES = 5;

/** Recognises the phases of a connection to PostgreSQL: statements by their text, rows as CopyData, the end as CopyDone. */
export class PostgresWatch implements PhaseWatch {
  readonly #side: SideName;
  readonly #memory: ProxyMemory;
  readonly #meter: StreamMeter;
  #isSignedIn = false;
  /** The rows of a slice have ended, and nothing was asked since. */
  #isBehindRows = false;
  #isReading = false;
  #isMakingReady = false;
  #holdsCheckpoint = false;
  #isCommitting = false;

  constructor(side: SideName, memory: ProxyMemory) {
    this.#side = side;
    this.#memory = memory;
    this.#meter = new StreamMeter(memory.midStreamBytes);
  }

  see(direction: Direction, message: Buffer): Phase | null {
    if (direction === 'request' && !this.#isSignedIn) return 'log-in';
    const type = String.fromCharCode(message[0] ?? 0);
    if (direction === 'answer') return this.#answer(type, message);
    if (type === COPY_DATA) return this.#side === 'destination' ? this.#meter.take(message.length) : null;
    if (type === 'Q') return this.#ask(message.toString('latin1', HEADER_BYTES, message.length - 1));
    if (type !== 'P') return null;
    const text = message.indexOf(0, HEADER_BYTES) + 1;
    return this.#ask(message.toString('latin1', text, message.indexOf(0, text)));
  }

  #ask(statement: string): Phase | null {
    const sql = statement.trim();
    return this.#side === 'source' ? this.#askSource(sql) : this.#askDestination(sql);
  }

  #askSource(sql: string): Phase | null {
    if (this.#isBehindRows) {
      this.#isBehindRows = false;
      return 'finish';
    }
    if (/^BEGIN\b.*REPEATABLE READ/.test(sql)) {
      this.#isReading = true;
      return 'prepare';
    }
    return !this.#isReading && /\bpg_class\b/.test(sql) ? 'describe' : null;
  }

  #askDestination(sql: string): Phase | null {
    if (statements.makesReady.test(sql)) {
      this.#memory.isPrepared = true;
      this.#isMakingReady = true;
      return 'prepare';
    }
    if (/^COMMIT\b/.test(sql)) {
      if (this.#isMakingReady) return 'prepare';
      this.#isCommitting = this.#holdsCheckpoint;
      return this.#holdsCheckpoint ? 'commit' : null;
    }
    if (statements.storesCheckpoint.test(sql)) this.#holdsCheckpoint = true;
    if (statements.readsAllCheckpoints.test(sql) || statements.dropsCheckpoints.test(sql)) return 'finish';
    return !this.#memory.isPrepared && /\bpg_class\b/.test(sql) ? 'describe' : null;
  }

  #answer(type: string, message: Buffer): Phase | null {
    if (type === 'Z') this.#isSignedIn = true;
    if (this.#side === 'source') {
      if (type === COPY_DATA) return this.#meter.take(message.length);
      if (type !== 'c') return null;
      this.#isBehindRows = true;
      return 'commit';
    }
    if (type !== 'C' || !this.#isCommitting) return null;
    this.#isCommitting = false;
    this.#holdsCheckpoint = false;
    return 'commit';
  }
}
