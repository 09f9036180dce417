import { timingSafeEqual } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { everyPathForm, type PathForm } from '@sluice/contract/signing/canonical-request';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { AccessKeyRecord, ProjectRecord } from '../store/model.ts';
import type { IdentityRepository } from '../store/store.ts';
import {
  brokenSignature,
  differentSignature,
  expiredSignature,
  expiredToken,
  noCredentials,
  unknownAccessKey,
  unreadableToken,
} from './authentication-error.ts';
import { parseAuthorization, type SignatureClaim } from './authorization-header.ts';
import type { Authenticator, Caller, CallerMemory, RawRequest } from './caller.ts';
import { ProvedSignatures } from './proved-signatures.ts';
import { hashToken, newAccessKey, newSecretKey } from './random-text.ts';
import { hasPart, rightsOf } from './rights.ts';
import { ShortCache, type ShortCacheLimits } from './short-cache.ts';
import { verifySignature } from './verify-signature.ts';

/**
 * Ten seconds: a status poll every few seconds is served from memory, and a user who was disabled through another process
 * is out ten seconds later. The end of a token or key is checked against the clock each time, whatever is remembered.
 */
export const identityCacheLimits: ShortCacheLimits = { ttlMs: 10_000, entriesMax: 10_000 };

export interface AuthenticatorDeps {
  readonly identity: IdentityRepository;
  readonly box: SecretBox;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly cacheLimits?: ShortCacheLimits;
  /** Forms of the path that a signature may have been made over; all by default. */
  readonly pathForms?: readonly PathForm[];
}

export interface CachingAuthenticator extends Authenticator, CallerMemory {
  /** To be called after a user, key, token or project was changed in this process: the next request reads the store. */
  forgetAll(): void;
}

interface KnownToken {
  readonly caller: Caller;
  readonly expiresAt: number;
}

interface KnownKey {
  readonly caller: Caller;
  readonly record: AccessKeyRecord;
  readonly sk: string;
}

/** Proves callers by signature or token against the identity records. */
export function createAuthenticator(deps: AuthenticatorDeps): CachingAuthenticator {
  const { identity, box, now, pathForms = everyPathForm } = deps;
  const limits = deps.cacheLimits ?? identityCacheLimits;
  const tokens = new ShortCache<KnownToken>(limits, now);
  const keys = new ShortCache<KnownKey>(limits, now);
  const projects = new ShortCache<ProjectRecord>(limits, now);
  const proved = new ProvedSignatures<KnownKey>();

  // Opened and used where an AK is unknown, so that such a request costs the same decryption and the same hashing.
  const decoyAk = newAccessKey();
  const decoySk = newSecretKey();
  const decoySealed = box.seal(decoySk, accessKeyContext(decoyAk));

  async function callerOf(
    userId: string,
    projectId: string | null,
    via: Caller['via'],
    before: Caller | null,
  ): Promise<Caller | null> {
    const user = await identity.findUser({ id: userId });
    if (user === null || !user.isEnabled) return null;
    const domain = await identity.findDomain({ id: user.domainId });
    if (domain === null) return null;
    const rights = rightsOf(await identity.rolesOf(userId));
    const caller = {
      userId,
      userName: user.name,
      domainId: domain.id,
      domainName: domain.name,
      projectId,
      via,
      rights,
    };
    // Of whom nothing has changed is the same caller: what was found out about them still holds.
    return isDeepStrictEqual(before, caller) ? before : caller;
  }

  async function loadToken(hash: string, before: KnownToken | null): Promise<KnownToken | null> {
    const record = await identity.findToken(hash);
    if (record === null) return null;
    const caller = await callerOf(record.userId, record.projectId, 'token', before?.caller ?? null);
    return caller === null ? null : { caller, expiresAt: record.expiresAt };
  }

  async function loadKey(ak: string, before: KnownKey | null): Promise<KnownKey | null> {
    const record = await identity.findAccessKey(ak);
    if (record === null || !record.isEnabled) return null;
    const caller = await callerOf(record.userId, null, 'ak-sk', before?.caller ?? null);
    if (caller === null) return null;
    return { caller, record, sk: box.open(record.sealedSecret, accessKeyContext(ak)) };
  }

  async function byToken(token: string): Promise<Caller> {
    const hash = hashToken(token);
    const known = await tokens.get(hash, (before) => loadToken(hash, before));
    if (known === null) throw unreadableToken();
    if (known.expiresAt <= now()) throw expiredToken(known.expiresAt);
    return known.caller;
  }

  async function bySignature(request: RawRequest, claim: SignatureClaim): Promise<Caller> {
    const known = await keys.get(claim.ak, (before) => loadKey(claim.ak, before));
    const sk = known === null ? box.open(decoySealed, accessKeyContext(decoyAk)) : known.sk;
    const verdict = verifySignature(request, claim, sk, now(), pathForms);
    if (known === null || !isUsable(known.record, request, now())) throw unknownAccessKey();
    if (verdict.isGenuine) return known.caller;
    if (verdict.reason === 'expired') throw expiredSignature();
    if (verdict.reason === 'date') {
      throw brokenSignature('X-Sdk-Date must be like 20260102T030405Z and one of the signed headers');
    }
    if (verdict.reason === 'payload') {
      throw brokenSignature(`${claim.scheme.contentHashHeader} is not the hash of the body that arrived`);
    }
    throw differentSignature(verdict.canonicalRequest);
  }

  /** Of a request that was proved before, word for word; its key must still be the one that is remembered. */
  function recallProved(request: RawRequest): Caller | null {
    const known = proved.keyOf(request, now());
    if (known === null || keys.peek(known.record.ak) !== known) return null;
    return isUsable(known.record, request, now()) ? known.caller : null;
  }

  function recallSignature(request: RawRequest, claim: SignatureClaim): Caller | null {
    const known = keys.peek(claim.ak);
    // An unknown AK costs the same here too.
    const verdict = verifySignature(request, claim, known?.sk ?? decoySk, now(), pathForms);
    if (known === null || !verdict.isGenuine || !isUsable(known.record, request, now())) return null;
    proved.remember(request, known);
    return known.caller;
  }

  return {
    recall(request) {
      const before = recallProved(request);
      if (before !== null) return before;
      const parsed = parseAuthorization(request.headers.authorization);
      if (parsed.kind === 'claim') return recallSignature(request, parsed.claim);
      if (parsed.kind !== 'none') return null;
      const token = request.headers['x-auth-token']?.trim() ?? '';
      const known = token === '' ? null : tokens.peek(hashToken(token));
      return known !== null && known.expiresAt > now() ? known.caller : null;
    },

    recallsProject(caller, projectId) {
      if (caller.via === 'token' && caller.projectId !== projectId) return false;
      const project = projects.peek(projectId);
      return project !== null && isUsableBy(caller, project);
    },

    async authenticate(request) {
      const parsed = parseAuthorization(request.headers.authorization);
      if (parsed.kind === 'claim') return bySignature(request, parsed.claim);
      if (parsed.kind === 'unsupported') throw brokenSignature(`${parsed.algorithm} is not supported here`);
      if (parsed.kind === 'malformed') {
        throw brokenSignature('Authorization must hold Access (or Credential), SignedHeaders and Signature');
      }
      const token = request.headers['x-auth-token']?.trim() ?? '';
      if (token === '') throw noCredentials();
      return byToken(token);
    },

    async requireProject(caller, projectId) {
      if (isPlaceholder(projectId)) {
        throw new SluiceError('APIGW.0201', {
          explanationEn:
            'The path still holds the placeholder project_id where a project id belongs: the client was given an endpoint, but neither a project id nor a region.',
          explanationZh:
            '路径中的占位符 project_id 未被替换为项目 ID：客户端只设置了终端节点，既未设置项目 ID，也未设置区域。',
        });
      }
      // A token for the whole account is none for a project: a CDM call needs project scope.
      if (caller.via === 'token' && caller.projectId !== projectId) throw notTheTokensProject(projectId);
      if (!idForm.test(projectId)) throw unusableProject(projectId);
      const project = await projects.get(projectId, () => identity.findProject({ id: projectId }));
      if (project === null || !isUsableBy(caller, project)) throw unusableProject(projectId);
    },

    forgetAll() {
      tokens.clear();
      keys.clear();
      projects.clear();
      proved.forgetAll();
    },
  };
}

/** What an id can look like; anything else need not trouble the store, which may refuse odd bytes with an error of its own. */
const idForm = /^[\w-]{1,64}$/;

/** Enabled, of the caller's account, and one in which they have a role. */
function isUsableBy(caller: Caller, project: ProjectRecord): boolean {
  return project.isEnabled && project.domainId === caller.domainId && hasPart(caller.rights, project.id);
}

/** In time, and with its own security token if it is a temporary key. */
function isUsable(key: AccessKeyRecord, request: RawRequest, now: number): boolean {
  if (key.expiresAt !== null && key.expiresAt <= now) return false;
  if (key.securityTokenHash === null) return true;
  const presented = hashToken(request.headers['x-security-token']?.trim() ?? '');
  return timingSafeEqual(Buffer.from(presented, 'utf8'), Buffer.from(key.securityTokenHash, 'utf8'));
}

/** `{project_id}` as a client leaves it when it never learned its project, escaped or not. */
function isPlaceholder(projectId: string): boolean {
  return /^(?:\{|%7b)project_id(?:\}|%7d)$/i.test(projectId);
}

function notTheTokensProject(projectId: string): SluiceError {
  return new SluiceError('APIGW.0310', {
    project: projectId,
    explanationEn:
      'The token was issued for another project or for the whole account; get one whose scope is this project.',
    explanationZh: '该 Token 的作用范围是其他项目或整个账号，请获取作用范围为此项目的 Token。',
  });
}

function unusableProject(projectId: string): SluiceError {
  return new SluiceError('APIGW.0310', {
    project: projectId,
    explanationEn: 'It does not exist, is disabled, belongs to another account, or you have no role in it.',
    explanationZh: '该项目不存在、已停用、属于其他账号，或您在其中没有角色。',
  });
}
