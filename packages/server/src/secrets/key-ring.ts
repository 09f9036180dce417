import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '../telemetry/refusal.ts';

/** AES-256. */
export const masterKeyBytes = 32;

/** Keys in one ring: one active, and those that a rotation has not yet replaced everywhere. */
const keysMax = 16;

export interface MasterKey {
  /** Made from the key itself, so the same key has the same id wherever it is given. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** The keys of a server, the active one first: it seals, all of them open. */
export type KeyRing = readonly [MasterKey, ...MasterKey[]];

export function masterKeyOf(bytes: Buffer): MasterKey {
  const digest = createHash('sha256').update('sluice key id\0').update(bytes).digest('hex');
  return { id: `k${digest.slice(0, 12)}`, bytes };
}

export function newMasterKey(): MasterKey {
  return masterKeyOf(randomBytes(masterKeyBytes));
}

/**
 * Reads keys in base64, apart by blanks, line ends or commas; the first is the active one. Lines that begin with # are comments.
 * @param place where the text comes from, for the sentence.
 * @throws Refusal when there is none, too many, or one is not 32 bytes.
 */
export function parseKeyRing(text: string, place: string): KeyRing {
  const words = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(/[\s,]+/))
    .filter((word) => word !== '');
  const [active, ...others] = words.map((word) => parseKey(word, place));
  if (active === undefined) {
    throw new Refusal({
      en: `${place} holds no master key: it must hold ${masterKeyBytes} random bytes in base64, such as \`openssl rand -base64 ${masterKeyBytes}\` prints.`,
      zh: `${place} 中没有主密钥：应为 base64 编码的 ${masterKeyBytes} 个随机字节，例如 \`openssl rand -base64 ${masterKeyBytes}\` 的输出。`,
    });
  }
  if (words.length > keysMax) {
    throw new Refusal({
      en: `${place} holds ${words.length} master keys, but at most ${keysMax} are used: remove the oldest after \`sluice keys rotate\`.`,
      zh: `${place} 中有 ${words.length} 个主密钥，最多支持 ${keysMax} 个：请在 \`sluice keys rotate\` 之后移除最旧的密钥。`,
    });
  }
  return [active, ...others];
}

function parseKey(word: string, place: string): MasterKey {
  const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(word);
  const bytes = Buffer.from(word, 'base64');
  if (!isBase64 || bytes.length !== masterKeyBytes) {
    throw new Refusal({
      en: `A master key in ${place} is not ${masterKeyBytes} bytes in base64.`,
      zh: `${place} 中的主密钥不是 base64 编码的 ${masterKeyBytes} 个字节。`,
    });
  }
  return masterKeyOf(bytes);
}
