import { allProjects } from '@sluice/contract/access';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import { Conflict, type IdentityRepository } from '../store/store.ts';
import { hashPassword } from './password-hash.ts';
import { newAccessKey, newId, newPassword, newSecretKey } from './random-text.ts';

export interface FirstAccountNames {
  /** The account. Its own user bears the same name, as clients that ask for one name only expect. */
  readonly domain: string;
  /** The region, which is also the name of the default project. */
  readonly project: string;
  readonly user: string;
}

export const firstAccountNames: FirstAccountNames = { domain: 'admin', project: 'cn-north-4', user: 'admin' };

/** Everything needed to sign on. Password and SK are nowhere in clear but here: show them once. */
export interface FirstAccount {
  readonly domainId: string;
  readonly domainName: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  readonly password: string;
  readonly ak: string;
  readonly sk: string;
}

/** Secrets that the operator has chosen; null: made at random. Both keys or none. */
export interface ChosenSecrets {
  readonly password: string | null;
  readonly ak: string | null;
  readonly sk: string | null;
}

const nothingChosen: ChosenSecrets = { password: null, ak: null, sk: null };

/** The part of the store that this needs; a whole `Store` fits. */
export interface IdentityStore {
  readonly identity: IdentityRepository;
  transaction<T>(work: (store: { readonly identity: IdentityRepository }) => Promise<T>): Promise<T>;
}

/**
 * Gives an empty store its first account: domain, project, administrator and one access key, all or nothing.
 * @returns the secrets, or null when the store has a domain already: then nothing is changed, whatever the names.
 */
export async function ensureFirstAccount(
  store: IdentityStore,
  box: SecretBox,
  names: FirstAccountNames = firstAccountNames,
  now: () => number = Date.now,
  chosen: ChosenSecrets = nothingChosen,
): Promise<FirstAccount | null> {
  if ((await store.identity.listDomains()).length > 0) return null;

  const account: FirstAccount = {
    domainId: newId(),
    domainName: names.domain,
    projectId: newId(),
    projectName: names.project,
    userId: newId(),
    userName: names.user,
    password: chosen.password ?? newPassword(),
    // A chosen AK without its SK, or the reverse, would leave the operator with half a key.
    ak: chosen.sk === null ? newAccessKey() : (chosen.ak ?? newAccessKey()),
    sk: chosen.ak === null ? newSecretKey() : (chosen.sk ?? newSecretKey()),
  };
  // Before the transaction: hashing takes a while, and a transaction may hold the only writer.
  const passwordHash = await hashPassword(account.password);
  try {
    return await store.transaction(async ({ identity }) => {
      // Asked again: of two servers that start on one store, only one may create the account.
      if ((await identity.listDomains()).length > 0) return null;
      await create(identity, account, passwordHash, box, now());
      return account;
    });
  } catch (error) {
    if (error instanceof Conflict) return null;
    throw error;
  }
}

async function create(
  identity: IdentityRepository,
  account: FirstAccount,
  passwordHash: string,
  box: SecretBox,
  createdAt: number,
): Promise<void> {
  const { domainId, userId, ak } = account;
  await identity.createDomain({ id: domainId, name: account.domainName });
  await identity.createProject({
    id: account.projectId,
    name: account.projectName,
    domainId,
    description: '',
    isEnabled: true,
  });
  await identity.createUser({ id: userId, name: account.userName, domainId, passwordHash, isEnabled: true });
  await identity.putRole({ userId, scope: allProjects, role: 'administrator' });
  await identity.createAccessKey({
    ak,
    userId,
    sealedSecret: box.seal(account.sk, accessKeyContext(ak)),
    isEnabled: true,
    expiresAt: null,
    securityTokenHash: null,
    createdAt,
  });
}
