import { describe, expect, it } from 'vitest';
import { GAUSS_PASSWORD, SALT, storedKeys } from './gauss-stub.ts';
import {
  answerOf,
  type GaussRequest,
  ITERATIONS_MAX,
  ITERATIONS_MIN,
  iterationLetters,
  keysOf,
  proofOf,
  readGaussRequest,
  storedForms,
} from './handshake.ts';

const [newForm, oldForm] = storedForms;
if (newForm === undefined || oldForm === undefined) throw new Error('two forms');
const TOKEN = 'deadbeef';
/** Of TOKEN, worked out with Python 3: see the stub; `bytes(a ^ b …)` of hmac(stored_key, token) and the client key. */
const proofs: Readonly<Record<number, { readonly proof: string; readonly signature: string }>> = {
  2048: {
    proof: '99c99f9afe596a203c7d628b9c1415c0f44387b5e8636b70176d253920ea5e6f',
    signature: '71f595b282b4f1673dc34e6ba536815a1b2e5593c2010417088d5470a3849a1c',
  },
  10000: {
    proof: 'b6d488c61e20758537138ccd63f02859cf91ec1f8992adb794e42e213d6ffc07',
    signature: 'c57763239baf24331cf32acff56465d31168d5a4ba90e64f08df64bb8077d41b',
  },
  50000: {
    proof: '1fff955295cc885726b6bff7938997896ba9b6bf60dd4a2b1bffb97f42b32bd3',
    signature: '01ff64bd61e7d2e62a9e4992043b7873837ffcc8186a7787c8191981fe8aece9',
  },
};

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function sha256Body(tail: Buffer, salt = SALT, stored = 2): Buffer {
  return Buffer.concat([int(10), int(stored), Buffer.from(salt), Buffer.from(TOKEN), tail]);
}

function parsed(body: Buffer): GaussRequest {
  const request = readGaussRequest(body);
  if (request === null) throw new Error('no request of GaussDB');
  return request;
}

describe('the log-in SHA256 of GaussDB', () => {
  it('gives the vector that the openGauss clients in Rust are tested with', async () => {
    const keys = await keysOf(Buffer.from([1, 2, 3, 4]), '1'.repeat(64), 1);
    expect(proofOf(keys, '3'.repeat(8))).toBe(
      '6308566b6ff5463d5bbcf7cbd95e2bf416a833994ea26d04d48f3b719d4b58fb',
    );
  });

  it('accepts the signature that a published test has of a real openGauss, and finds its 10,000 iterations', async () => {
    const signature = '33a1a6bedf3c8fa2fcab344e1c8f0feaeb4bfd894faf5dac749c9787367f54ce';
    const salt = 'ee08c1c27a10fa328b74ed6831368b0ea3f0911ce52ac4ac3d1b5b85f9394077';
    const request = { kind: 'sha256', salt, token: '24ca4686', iterations: null, signature } as const;
    expect(await answerOf(request, 'QB!vdjmLRueEZ6', newForm)).toMatch(/^[0-9a-f]{64}$/);
    await expect(answerOf(request, 'QB!vdjmLRueEZ7', newForm)).rejects.toThrow('did not prove');
  });

  for (const iterations of [2048, 10_000, 50_000]) {
    it(`answers ${iterations} iterations as Python does, whether told or shown`, async () => {
      const { proof, signature } = proofs[iterations] ?? { proof: '', signature: '' };
      expect(await answerOf(parsed(sha256Body(int(iterations))), GAUSS_PASSWORD, newForm)).toBe(proof);
      expect(await answerOf(parsed(sha256Body(Buffer.from(signature))), GAUSS_PASSWORD, newForm)).toBe(proof);
      const keys = await keysOf(GAUSS_PASSWORD, SALT, iterations);
      expect(keys.serverKey.toString('hex')).toBe(storedKeys[iterations]?.serverKey);
      expect(keys.storedKey.toString('hex')).toBe(storedKeys[iterations]?.storedKey);
      expect(iterationLetters(iterations)).toBe(storedKeys[iterations]?.letters);
    });
  }

  it('does not answer fewer iterations than a server can be set to, nor more than a log-in may take', async () => {
    for (const iterations of [-1, 0, 1, ITERATIONS_MIN - 1, ITERATIONS_MAX + 1, 2 ** 31 - 1])
      await expect(
        answerOf(parsed(sha256Body(int(iterations))), GAUSS_PASSWORD, newForm),
      ).rejects.toMatchObject({ name: 'LogInRefused' });
  });
});

describe('the log-in MD5_SHA256 of GaussDB', () => {
  const md5Salt = Buffer.from([1, 2, 250, 255]);
  const request = parsed(Buffer.concat([int(11), Buffer.from(SALT), md5Salt]));

  it('hashes what newer servers store, and what the oldest do', async () => {
    // hashlib.md5((SALT + server_key + stored_key + letters).encode() + bytes([1, 2, 250, 255])) of Python 3.
    expect(await answerOf(request, GAUSS_PASSWORD, newForm)).toBe('md5beedade5c5931d13311b7f59040be01f');
    expect(await answerOf(request, GAUSS_PASSWORD, oldForm)).toBe('md5f89205bcc67420e58f0707a8d8837041');
  });
});

describe('a request for authentication', () => {
  it('of PostgreSQL is none of GaussDB, whatever its number', () => {
    const mechanisms = Buffer.from('SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0');
    const challenge = Buffer.from(`r=${'0'.repeat(62)},s=0`);
    for (const body of [
      int(0),
      int(3),
      Buffer.concat([int(5), Buffer.from('salt')]),
      int(10),
      Buffer.concat([int(10), mechanisms]),
      Buffer.concat([int(11), challenge]),
      Buffer.concat([int(11), Buffer.from('r=abc,s=def,i=4096')]),
      Buffer.concat([int(12), Buffer.from('v=abc')]),
    ])
      expect(readGaussRequest(body), body.toString('latin1')).toBeNull();
  });

  it('that is cut short or holds something else than digits is none either', () => {
    const whole = sha256Body(int(10_000));
    for (const body of [whole.subarray(0, 70), whole.subarray(0, -1), sha256Body(int(1), 'z'.repeat(64))])
      expect(readGaussRequest(body)).toBeNull();
  });

  it('for SM3, for tokens of IAM and for what MD5 is stored of is refused by name', async () => {
    for (const [body, method] of [
      [Buffer.concat([int(13), int(3)]), 'SM3'],
      [int(14), 'IAM'],
      [Buffer.concat([int(10), int(1), Buffer.from('salt')]), 'stored MD5'],
    ] as const)
      await expect(answerOf(parsed(body), GAUSS_PASSWORD, newForm)).rejects.toThrow(method);
  });
});
