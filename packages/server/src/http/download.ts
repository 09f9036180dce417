import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An answer that is a file, sent as it is made. */
export class Download {
  readonly #type: string;
  readonly #name: string;
  readonly #parts: AsyncIterable<string>;

  /** @param name of the file, in letters, digits, `-`, `_` and `.` only. */
  constructor(type: string, name: string, parts: AsyncIterable<string>) {
    this.#type = type;
    this.#name = name;
    this.#parts = parts;
  }

  open(response: ServerResponse, requestId: string): void {
    response.writeHead(200, {
      'content-type': `${this.#type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${this.#name}"`,
      'cache-control': 'no-store',
      'x-request-id': requestId,
    });
    // What cannot be had to its end breaks off: a whole answer would say that this is all.
    pipeline(Readable.from(this.#parts), response).catch(() => response.destroy());
  }
}
