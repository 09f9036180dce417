/** A sealed text of the store with what its seal is bound to. */
export interface SealedValue {
  readonly owner:
    | { readonly kind: 'link'; readonly id: number; readonly clusterId: string }
    | { readonly kind: 'access-key'; readonly ak: string }
    | { readonly kind: 'variable'; readonly scopeId: string; readonly name: string }
    | { readonly kind: 'reject'; readonly runId: string; readonly id: string };
  readonly sealed: string;
}

/** What keys need of a store; its maintenance repository is one. */
export interface SealedValueStore {
  /** A fact about the store itself; null when it was never set. */
  readFact(name: string): Promise<string | null>;
  writeFact(name: string, value: string): Promise<void>;
  /** Sets the fact if it is not set. @returns the value that is stored now, perhaps another process's. */
  writeFactOnce(name: string, value: string): Promise<string>;
  /** Up to `limit` sealed texts that do not begin with `prefix`. */
  sealedWithout(prefix: string, limit: number): Promise<readonly SealedValue[]>;
  /** Puts new texts in place of old ones in one transaction; one that has changed meanwhile is left as it is. @returns how many were replaced. */
  replaceSealed(
    changes: readonly { readonly value: SealedValue; readonly sealed: string }[],
  ): Promise<number>;
}

/** What a link's secrets are bound to: its cluster, since its name may change and its id comes later. */
export function linkSecretContext(clusterId: string): string {
  return `link:${clusterId}`;
}

/** What a sealed SK is bound to. */
export function accessKeyContext(ak: string): string {
  return `access-key/${ak}`;
}

/** What a secret variable is bound to: a cluster or project, and its name there. */
export function variableContext(scopeId: string, name: string): string {
  return `variable:${scopeId}/${name}`;
}

/** What the values of a row that was set aside are bound to: its place, which it keeps when another run carries its own on. */
export function rejectContext(id: string): string {
  return `reject:${id}`;
}

export function contextOf(owner: SealedValue['owner']): string {
  switch (owner.kind) {
    case 'link':
      return linkSecretContext(owner.clusterId);
    case 'access-key':
      return accessKeyContext(owner.ak);
    case 'variable':
      return variableContext(owner.scopeId, owner.name);
    case 'reject':
      return rejectContext(owner.id);
  }
}
