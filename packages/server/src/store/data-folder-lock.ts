import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, Refusal } from '../telemetry/refusal.ts';

/** SQLite's result code for a file that someone else has locked. */
const sqliteBusy = 5;

/** One process at a time on a data folder. */
export interface DataFolderLock {
  /** Safe to repeat. */
  release(): void;
}

/**
 * Makes the data folder if needed and takes it for this process until `release` or the process's end, however it ends.
 * The lock is the operating system's own on `server.lock`, which Node reaches only through SQLite: after a `kill -9`
 * nothing is left to clean up, and no process id can be mistaken for another's.
 * @throws Refusal when another process has the folder, or when it cannot be made or written.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const holderPath = join(folder, 'server.pid');
  let file: DatabaseSync;
  try {
    makeFolder(folder);
    file = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  } catch (error) {
    throw unusable(folder, error);
  }
  try {
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw unusable(folder, error);
    const holder = readHolder(holderPath);
    throw new Refusal(
      {
        en: `The data folder ${folder} is in use by another Sluice process${holder === null ? '' : ` (process ${holder})`}: stop it first, or choose another folder with --data.`,
        zh: `数据目录 ${folder} 正被另一个 Sluice 进程${holder === null ? '' : `（进程号 ${holder}）`}使用：请先停止它，或用 --data 指定其他目录。`,
      },
      { cause: error },
    );
  }
  try {
    // For people only: the lock does not depend on it.
    writeFileSync(holderPath, `${process.pid}\n`);
  } catch (error) {
    file.close();
    throw unusable(folder, error);
  }
  return {
    release() {
      if (file.isOpen) file.close();
    },
  };
}

/** Not mkdir's own recursion: it never ends where the system says that a folder's parent is missing, as under /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Two starts at once may make it.
    if (!existsSync(folder)) throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}

function readHolder(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^\d+$/.test(text) ? text : null;
  } catch {
    // The other process may not have come to writing it: the sentence does without.
    return null;
  }
}

function unusable(folder: string, error: unknown): Refusal {
  return new Refusal(
    {
      en: `The data folder ${folder} cannot be used: ${messageOf(error)}.`,
      zh: `无法使用数据目录 ${folder}：${messageOf(error)}。`,
    },
    { cause: error },
  );
}
