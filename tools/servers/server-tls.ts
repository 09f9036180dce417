import { chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Account } from './scratch-folder.ts';

/** What a server shows, both as PEM text. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
}

/** Puts both into the server's folder, for its account alone. @returns their paths. */
export async function writeTlsFiles(
  folder: string,
  tls: ServerTls,
  account: Account | null,
): Promise<{ readonly certificate: string; readonly key: string }> {
  const paths = { certificate: path.join(folder, 'server.crt'), key: path.join(folder, 'server.key') };
  for (const name of ['certificate', 'key'] as const) {
    await writeFile(paths[name], tls[name], { mode: 0o600 });
    if (account) await chown(paths[name], account.uid, account.gid);
  }
  return paths;
}
