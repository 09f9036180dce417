import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../telemetry/refusal.ts';
import { AesSecretBox } from './aes-secret-box.ts';
import { masterKeyOf, newMasterKey, parseKeyRing } from './key-ring.ts';

describe('AesSecretBox', () => {
  const key = newMasterKey();
  const box = new AesSecretBox([key]);

  it('opens what it sealed, and seals the same text differently each time', () => {
    for (const plain of ['', 'p', '密码 \u0000 "x"', 'x'.repeat(100_000)]) {
      const sealed = box.seal(plain, 'c');
      expect(sealed).toMatch(new RegExp(`^v1:${key.id}:[A-Za-z0-9_-]+$`));
      expect(box.open(sealed, 'c')).toBe(plain);
      expect(box.seal(plain, 'c')).not.toBe(sealed);
    }
  });

  it('refuses another context, another key, and text that was changed at any place', () => {
    const sealed = box.seal('password', 'link:a');
    expect(() => box.open(sealed, 'link:b')).toThrow('was changed, or belongs elsewhere');
    expect(() => new AesSecretBox([newMasterKey()]).open(sealed, 'link:a')).toThrow(
      `needs master key ${key.id}`,
    );
    const prefix = `v1:${key.id}:`;
    const body = Buffer.from(sealed.slice(prefix.length), 'base64url');
    for (let i = 0; i < body.length; i += 1) {
      const changed = Buffer.from(body);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => box.open(prefix + changed.toString('base64url'), 'link:a')).toThrow('was changed');
    }
    for (const bad of ['', 'v1', 'v2:x:y', `${prefix}AAAA`, `${sealed}:x`])
      expect(() => box.open(bad, 'link:a')).toThrow();
  });

  it('opens with every key of the ring and seals with the first', () => {
    const fresh = newMasterKey();
    const both = new AesSecretBox([fresh, key]);
    expect(both.open(box.seal('x', 'c'), 'c')).toBe('x');
    expect(() => box.open(both.seal('x', 'c'), 'c')).toThrow(`needs master key ${fresh.id}`);
  });

  it('reads keys from text, and says what is wrong with it', () => {
    const [one, two] = [randomBytes(32), randomBytes(32)];
    const text = `# comment\n${one.toString('base64')}\n\n${two.toString('base64url')},\n`;
    expect(parseKeyRing(text, 'x').map((each) => each.id)).toEqual([
      masterKeyOf(one).id,
      masterKeyOf(two).id,
    ]);
    expect(() => parseKeyRing('# none\n', 'the file')).toThrow('the file holds no master key');
    expect(() => parseKeyRing(randomBytes(31).toString('base64'), 'x')).toThrow(Refusal);
    expect(() => parseKeyRing('not base64!', 'x')).toThrow('is not 32 bytes in base64');
  });
});
