import { SluiceError } from '@sluice/core/errors/sluice-error';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { IdentityRepository } from '../store/store.ts';
import { readMethods } from './auth-request.ts';
import { hashToken, newAccessKey, newSecretKey, newSecretToken } from './random-text.ts';

/** Bounds and default of a temporary key's life. */
export const temporaryKeyLifeS = { min: 900, max: 86_400, default: 900 } as const;

export interface TemporaryKeyRequest {
  /** Null: the token is the one in X-Auth-Token. */
  readonly token: string | null;
  readonly durationS: number;
}

export interface TemporaryKey {
  readonly ak: string;
  readonly sk: string;
  readonly securityToken: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the body of the temporary-key call.
 * @throws SluiceError IAM.1102, IAM.1103 with the member's name; IdentityError 400 for a method that is not offered.
 */
export function readTemporaryKeyRequest(body: unknown): TemporaryKeyRequest {
  const auth = member(body, 'auth');
  const identity = member(auth.auth, 'identity');
  const members = member(identity.identity, 'methods');
  if (!readMethods(members).every((method) => method === 'token')) throw wrong('auth.identity.methods');
  // A policy narrows what the key may do. Dropping it unread would hand out more than was asked for.
  if (members.policy !== undefined) throw wrong('auth.identity.policy');
  const token = members.token === undefined ? {} : objectOr(members.token, 'auth.identity.token');
  const { id, duration_seconds: durationS = temporaryKeyLifeS.default } = token;
  if (id !== undefined && (typeof id !== 'string' || id === '')) throw wrong('auth.identity.token.id');
  if (
    typeof durationS !== 'number' ||
    !Number.isInteger(durationS) ||
    durationS < temporaryKeyLifeS.min ||
    durationS > temporaryKeyLifeS.max
  ) {
    throw wrong('auth.identity.token.duration_seconds');
  }
  return { token: typeof id === 'string' ? id : null, durationS };
}

function member(value: unknown, name: string): Members {
  const object = objectOr(value, name);
  if (object[name] === undefined) throw new SluiceError('IAM.1103', { name });
  return object;
}

function objectOr(value: unknown, name: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name);
  return value as Members;
}

function wrong(name: string): SluiceError {
  return new SluiceError('IAM.1102', { name });
}

/** Creates a key that works only with its security token and until its end. Resolves when it is stored. */
export async function createTemporaryKey(
  deps: { readonly identity: IdentityRepository; readonly box: SecretBox; readonly now: () => number },
  userId: string,
  durationS: number,
): Promise<TemporaryKey> {
  const createdAt = deps.now();
  const key: TemporaryKey = {
    ak: newAccessKey(),
    sk: newSecretKey(),
    securityToken: newSecretToken(),
    expiresAt: createdAt + durationS * 1000,
  };
  await deps.identity.createAccessKey({
    ak: key.ak,
    userId,
    sealedSecret: deps.box.seal(key.sk, accessKeyContext(key.ak)),
    isEnabled: true,
    expiresAt: key.expiresAt,
    securityTokenHash: hashToken(key.securityToken),
    createdAt,
  });
  return key;
}
