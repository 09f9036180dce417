import { randomUUID } from 'node:crypto';

/** An id of a request's own, 32 hex digits. From Node's pool of random bytes: nothing is asked of the system each time. */
export function newRequestId(): string {
  return randomUUID().replaceAll('-', '');
}
