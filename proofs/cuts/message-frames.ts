/** Where messages end in a protocol's bytes, for one direction of one connection. */
export interface Framing {
  /** @returns the length of the message that begins at `at`, or null when too little of it is there to tell. */
  lengthAt(bytes: Buffer, at: number): number | null;
}

/** Frontend/backend protocol 3.0: a letter and a length; a client's first message has no letter. */
export class PostgresFraming implements Framing {
  #hasLetter: boolean;

  constructor(isClient: boolean) {
    this.#hasLetter = !isClient;
  }

  lengthAt(bytes: Buffer, at: number): number | null {
    const from = at + (this.#hasLetter ? 1 : 0);
    if (bytes.length < from + 4) return null;
    const length = bytes.readUInt32BE(from) + (this.#hasLetter ? 1 : 0);
    if (bytes.length >= at + length) this.#hasLetter = true;
    return length;
  }
}

/** MySQL: three bytes of length, one of sequence. */
export class MysqlFraming implements Framing {
  lengthAt(bytes: Buffer, at: number): number | null {
    return bytes.length < at + 4 ? null : 4 + bytes.readUIntLE(at, 3);
  }
}

/** Gathers chunks of a socket into whole messages. */
export class MessageCutter {
  readonly #framing: Framing;
  #rest: Buffer = Buffer.alloc(0);

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** @returns the whole messages that the bytes hold now, in order. The rest is kept. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const length = this.#framing.lengthAt(bytes, at);
      if (length === null || bytes.length < at + length) break;
      messages.push(bytes.subarray(at, at + length));
      at += length;
    }
    this.#rest = bytes.subarray(at);
    return messages;
  }
}
