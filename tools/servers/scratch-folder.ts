import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServerUnavailable } from './running-server.ts';

/** Somebody without rights, as whom a server runs when we are root: PostgreSQL refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account for servers: null when we are an ordinary user and servers simply run as us. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

/** Whether `account` may enter every folder of the path. */
export function isReachable(folder: string, account: Account): boolean {
  const parts = path.resolve(folder).split(path.sep).filter(Boolean);
  return parts.every((_part, index) => {
    const { uid, gid, mode } = statSync(`/${parts.slice(0, index + 1).join('/')}`);
    if (uid === account.uid) return (mode & 0o100) !== 0;
    if (gid === account.gid) return (mode & 0o010) !== 0;
    return (mode & 0o001) !== 0;
  });
}

const PREFIX = 'sluice-server-';

/**
 * An empty folder for one server's data, owned by its account. First removes such folders of owners that are
 * gone: normally a guard does that, but a guard can be killed too.
 */
export async function makeScratchFolder(account: Account | null): Promise<string> {
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find(
    (folder) => account === null || isReachable(folder, account),
  );
  if (!parent) throw new ServerUnavailable(`no temporary folder that user ${account?.uid} may enter`);
  await sweep(parent);
  const folder = await mkdtemp(path.join(parent, PREFIX));
  await writeFile(path.join(folder, 'owner'), String(process.pid));
  if (account) await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  return folder;
}

/** Names the processes that answer for the folder: the guard, once it runs, and the server. */
export async function nameOwners(folder: string, pids: readonly number[]): Promise<void> {
  await writeFile(path.join(folder, 'owner'), pids.join('\n'));
}

async function sweep(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(PREFIX)) continue;
    const folder = path.join(parent, entry);
    const text = await readFile(path.join(folder, 'owner'), 'utf8').catch(() => null);
    if (text === null) continue; // being made or removed right now, or somebody else's
    const [guard, server] = text.split('\n').map(Number);
    if (guard === undefined || (await isAlive(guard))) continue;
    if (server !== undefined && (await isWorkingIn(server, folder))) process.kill(server, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** A zombie is not alive: nobody may ever ask for its end when its parent was killed as well. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return !/^State:\s+Z/m.test(status);
}

/** Process ids are used again: only a process that names the folder on its command line is the server. */
async function isWorkingIn(pid: number, folder: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(folder);
}
