import { it } from 'vitest';
import { type ServerKind, ServerUnavailable } from '../../tools/servers/running-server.ts';
import type { ServerTls } from '../../tools/servers/server-tls.ts';
import { type SecuredServer, startSecured } from './secured-server.ts';

/** Three servers, of which one may have to be fetched, on a busy machine. */
export const SERVERS_START_LIMIT_MS = 240_000;

/** Servers that a file's tests want, and may not have. */
export class OptionalServers {
  readonly #servers = new Map<ServerKind, SecuredServer>();
  readonly #reasons = new Map<ServerKind, string>();

  async start(kind: ServerKind, tls: ServerTls): Promise<void> {
    try {
      this.#servers.set(kind, await startSecured(kind, tls));
    } catch (error) {
      if (!(error instanceof ServerUnavailable)) throw error;
      this.#reasons.set(kind, error.message);
    }
  }

  /** @throws when it could not be had: a test asks by `test`, which skips then. */
  get(kind: ServerKind): SecuredServer {
    const server = this.#servers.get(kind);
    if (server === undefined) throw new Error(`${kind}: ${this.#reasons.get(kind) ?? 'not started'}`);
    return server;
  }

  /** A test with these servers; skipped with the reason when one of them is missing. */
  test(
    kinds: readonly ServerKind[],
    name: string,
    work: (skip: (reason: string) => never) => Promise<void>,
  ): void {
    it(name, async ({ skip }) => {
      for (const kind of kinds) {
        const reason = this.#reasons.get(kind);
        if (reason !== undefined) skip(`skipped: ${reason}`);
      }
      await work((reason) => skip(`skipped: ${reason}`));
    });
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
  }
}
