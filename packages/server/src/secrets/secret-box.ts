/** Seals secrets for the store. AES-256-GCM under a master key with a key id; `context` is bound in as associated data. */
export interface SecretBox {
  /** @returns text that names its key id; safe to store. */
  seal(plain: string, context: string): string;
  /** @throws when the key id is unknown, the context differs or the text was changed. */
  open(sealed: string, context: string): string;
}
