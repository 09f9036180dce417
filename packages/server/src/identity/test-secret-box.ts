import type { SecretBox } from '../secrets/secret-box.ts';

/** A test double: holds texts to their context as the real box does, and hides nothing. */
export const testSecretBox: SecretBox = {
  seal: (plain, context) => JSON.stringify({ key: 'test', context, plain }),
  open(sealed, context) {
    const box: { context: string; plain: string } = JSON.parse(sealed);
    if (box.context !== context) throw new Error('The sealed text belongs to another context');
    return box.plain;
  },
};
