import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, Refusal } from '../telemetry/refusal.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';

/** The key file's name in the data folder. */
export const keyFileName = 'master.key';

const ownerOnly = 0o600;
const othersMask = 0o077;

const heading = `# Master keys of Sluice: the first one seals stored secrets, all of them open them.
# Keep a copy in a safe place: without this file the passwords in the store are lost.
`;

/**
 * Reads the keys of a file.
 * @param isOwn the file is the server's own in the data folder: then nobody else may have rights on it.
 * @returns null when there is no such file.
 * @throws Refusal when it cannot be read, others may read it, or it holds no keys.
 */
export function readKeyFile(path: string, isOwn: boolean): KeyRing | null {
  if (!existsSync(path)) return null;
  let text: string;
  let mode: number;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(path, error);
  }
  if (isOwn && (mode & othersMask) !== 0) {
    throw new Refusal({
      en: `The master key file ${path} may be read by others: run \`chmod 600 ${path}\`, and rotate the keys if someone did.`,
      zh: `主密钥文件 ${path} 可被其他用户访问：请执行 \`chmod 600 ${path}\`；如已泄露，请轮换密钥。`,
    });
  }
  return parseKeyRing(text, path);
}

/**
 * Puts the keys in place of the file's content at once: a crash leaves the old file or the new one, both complete.
 * Resolves when the file and its name are on disk.
 * @throws Refusal when it cannot be written.
 */
export function writeKeyFile(path: string, keys: KeyRing): void {
  const draft = `${path}.new`;
  try {
    // A draft left by a crash may have other rights; a fresh one has ours.
    rmSync(draft, { force: true });
    const file = openSync(draft, 'wx', ownerOnly);
    try {
      writeSync(file, heading + keys.map((key) => `${key.bytes.toString('base64')}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): Refusal {
  return new Refusal(
    {
      en: `The master key file ${path} cannot be used: ${messageOf(error)}.`,
      zh: `无法使用主密钥文件 ${path}：${messageOf(error)}。`,
    },
    { cause: error },
  );
}
