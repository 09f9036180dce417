import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Argon2Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/**
 * 19 MiB and two passes, the floor that OWASP's password storage sheet names for argon2id: about 35 ms on one core of a
 * small machine. More memory would let a handful of sign-ins at once push a 512 MB server out of memory; more than one
 * lane would only occupy more threads of the pool that disk access shares.
 */
export const argon2Cost: Argon2Cost = { memoryKiB: 19_456, passes: 2, lanes: 1 };

const saltBytes = 16;
const tagBytes = 32;
/** Version 1.3 of argon2, as PHC text writes it; the only one that Node computes. */
const phcVersion = 19;

/** Bounds on what a stored hash may ask for, so that a damaged record cannot take the machine down. */
const costMax: Argon2Cost = { memoryKiB: 1_048_576, passes: 64, lanes: 16 };

/** @returns `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Takes a thread of the pool, not the event loop. */
export async function hashPassword(password: string, cost: Argon2Cost = argon2Cost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const tag = await derive(password, salt, tagBytes, cost);
  const { memoryKiB, passes, lanes } = cost;
  return `$argon2id$v=${phcVersion}$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** @param encoded what `hashPassword` gave, with whatever cost it had then. @throws when it is no such text. */
export async function isPassword(password: string, encoded: string): Promise<boolean> {
  const { cost, salt, tag } = decode(encoded);
  return timingSafeEqual(await derive(password, salt, tag.length, cost), tag);
}

function derive(password: string, nonce: Buffer, tagLength: number, cost: Argon2Cost): Promise<Buffer> {
  const { memoryKiB: memory, passes, lanes: parallelism } = cost;
  // One way to write a letter: a password typed on another keyboard must not differ by its normal form.
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, parallelism, tagLength, memory, passes }, (error, tag) => {
      if (error) reject(error);
      else resolve(tag);
    });
  });
}

function decode(encoded: string): { cost: Argon2Cost; salt: Buffer; tag: Buffer } {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    encoded,
  );
  if (parts === null) throw new Error('A stored password hash is not in the argon2id form');
  const [, memoryKiB, passes, lanes, salt = '', tag = ''] = parts;
  const cost = { memoryKiB: Number(memoryKiB), passes: Number(passes), lanes: Number(lanes) };
  if (cost.memoryKiB > costMax.memoryKiB || cost.passes > costMax.passes || cost.lanes > costMax.lanes) {
    throw new Error('A stored password hash asks for more work than is allowed');
  }
  return { cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
