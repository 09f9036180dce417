import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createCatalog } from './catalog.ts';

export interface StubDatabaseOptions {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** `ALLOW_SNAPSHOT_ISOLATION`. */
  readonly allowsSnapshots: boolean;
}

/**
 * The data behind the stub: a file of SQLite, whose write-ahead log gives each session the rows as of its own moment. One
 * session writes at a time, where the real server lets many; everything else of transactions is SQLite's.
 */
export class StubDatabase {
  readonly options: StubDatabaseOptions;
  readonly #folder: string;
  /** Locks of applications, by name. */
  readonly locks = new Map<string, number>();
  /** When tables were last changed in their definition or emptied, by a number that rises. */
  readonly changes = new Map<string, number>();
  #clock = 0;
  #sessions = 50;

  constructor(options: StubDatabaseOptions) {
    this.options = options;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'sluice-tds-'));
    const db = this.open();
    db.exec('PRAGMA journal_mode = WAL');
    createCatalog(db, options.name, options.allowsSnapshots);
    db.close();
  }

  open(): DatabaseSync {
    const db = new DatabaseSync(path.join(this.#folder, 'data.db'));
    db.exec('PRAGMA synchronous = OFF');
    return db;
  }

  nextSession(): number {
    this.#sessions += 1;
    return this.#sessions;
  }

  /** The moment, for telling what was changed since. */
  now(): number {
    return this.#clock;
  }

  changed(key: string): void {
    this.#clock += 1;
    this.changes.set(key, this.#clock);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
