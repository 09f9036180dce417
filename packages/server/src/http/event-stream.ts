import type { ServerResponse } from 'node:http';

/** An answer that goes on: server-sent events, written by whoever made it until one of the two ends it. */
export class EventStream {
  readonly #start: ((response: ServerResponse) => void) | null;

  /** @param start null: there is nothing to come; answered with 204, after which a client does not ask again. */
  constructor(start: ((response: ServerResponse) => void) | null) {
    this.#start = start;
  }

  open(response: ServerResponse, requestId: string): void {
    if (this.#start === null) {
      response.writeHead(204, { 'x-request-id': requestId }).end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // A proxy that gathers answers would keep the events back.
      'x-accel-buffering': 'no',
      'x-request-id': requestId,
    });
    this.#start(response);
  }
}
