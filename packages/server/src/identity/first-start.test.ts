import { describe, expect, it } from 'vitest';
import { accessKeyContext } from '../secrets/sealed-values.ts';
import { ensureFirstAccount } from './first-start.ts';
import { InMemoryIdentityRepository, inMemoryIdentityStore } from './in-memory-identity-repository.ts';
import { isPassword } from './password-hash.ts';
import { testSecretBox as box } from './test-secret-box.ts';

describe('ensureFirstAccount', () => {
  it('creates an account with which one can sign on', async () => {
    const identity = new InMemoryIdentityRepository();
    const account = await ensureFirstAccount(inMemoryIdentityStore(identity), box);
    if (account === null) throw new Error('Nothing was created');
    expect(account).toMatchObject({ domainName: 'admin', userName: 'admin', projectName: 'cn-north-4' });
    expect(account.ak).toMatch(/^[A-Z0-9]{20}$/);
    expect(account.sk).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(account.password).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(account.projectId).toMatch(/^[0-9a-f]{32}$/);

    const user = await identity.findUser({ name: 'admin', domainId: account.domainId });
    expect(await isPassword(account.password, user?.passwordHash ?? '')).toBe(true);
    const key = await identity.findAccessKey(account.ak);
    expect(box.open(key?.sealedSecret ?? '', accessKeyContext(account.ak))).toBe(account.sk);
    expect(key).toMatchObject({
      userId: account.userId,
      isEnabled: true,
      expiresAt: null,
      securityTokenHash: null,
    });
    expect(await identity.listProjects(account.domainId)).toHaveLength(1);
  });

  it('changes nothing the second time, even under other names', async () => {
    const identity = new InMemoryIdentityRepository();
    const store = inMemoryIdentityStore(identity);
    await ensureFirstAccount(store, box);
    const before = structuredClone({ ...identity, reads: 0 });
    expect(await ensureFirstAccount(store, box, { domain: 'x', project: 'y', user: 'z' })).toBeNull();
    expect({ ...identity, reads: 0 }).toEqual(before);
  });

  it('creates one account when two servers start at once', async () => {
    const identity = new InMemoryIdentityRepository();
    const store = inMemoryIdentityStore(identity);
    const accounts = await Promise.all([ensureFirstAccount(store, box), ensureFirstAccount(store, box)]);
    expect(accounts.filter((account) => account !== null)).toHaveLength(1);
    expect(identity.accessKeys.size).toBe(1);
  });

  it('leaves nothing behind when it fails half-way', async () => {
    const identity = new InMemoryIdentityRepository();
    identity.createAccessKey = () => Promise.reject(new Error('disk full'));
    await expect(ensureFirstAccount(inMemoryIdentityStore(identity), box)).rejects.toThrow('disk full');
    expect(identity.domains.size + identity.projects.size + identity.users.size).toBe(0);
  });
});
