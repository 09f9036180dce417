import type { Resolve } from './egress.ts';
import { runLimits } from './limits.ts';

/** An answer that nobody waits for any longer. */
export class NotInTime extends Error {
  constructor(host: string) {
    super(`${host} was not looked up in time`);
    this.name = 'NotInTime';
  }
}

/**
 * Look-ups of the server itself, for an early answer to whoever saves a link. The system's resolver takes a thread of the
 * process for as long as it asks, and cannot be stopped; there are few, and sign-ins and files need them too. So a few look-ups have
 * one at once, and none is waited for long: names under a server that answers slowly, or not at all, are the caller's to choose.
 * @throws NotInTime; then a worker looks, which checks what it finds in any case.
 */
export function earlyLookups(resolve: Resolve): Resolve {
  let underWay = 0;
  return async (host) => {
    if (underWay >= runLimits.earlyLookupsMax) throw new NotInTime(host);
    underWay += 1;
    const looking = resolve(host).finally(() => {
      underWay -= 1;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NotInTime(host)), runLimits.earlyLookupMs);
    });
    try {
      return await Promise.race([looking, late]);
    } finally {
      clearTimeout(timer);
      // Late ones may fail without anybody hearing of it.
      looking.catch(() => undefined);
    }
  };
}
