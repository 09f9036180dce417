/** An ErrorResponse of the server, its fields by their protocol letters. */
export class ServerError extends Error {
  /** Five characters, `23505`. */
  readonly sqlState: string;
  readonly detail: string | null;
  /** `COPY orders, line 3, column amount: "x"`. */
  readonly context: string | null;
  readonly column: string | null;
  /** The server's own function that raised it: `scanner_yyerror`. */
  readonly routine: string | null;
  /** The session ended with it. */
  readonly isFatal: boolean;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get('M') ?? 'the server reported an error without text');
    this.name = 'ServerError';
    this.sqlState = fields.get('C') ?? 'XX000';
    this.detail = fields.get('D') ?? null;
    this.context = fields.get('W') ?? null;
    this.column = fields.get('c') ?? null;
    this.routine = fields.get('R') ?? null;
    // V is S untranslated, since 9.6.
    this.isFatal = /^(FATAL|PANIC)$/.test(fields.get('V') ?? fields.get('S') ?? '');
  }

  /** Reads the body of an ErrorResponse or NoticeResponse. */
  static parse(body: Buffer): ServerError {
    const fields = new Map<string, string>();
    let at = 0;
    while (at < body.length && body[at] !== 0) {
      const letter = String.fromCharCode(body[at] ?? 0);
      const end = body.indexOf(0, at + 1);
      const stop = end < 0 ? body.length : end;
      fields.set(letter, body.toString('utf8', at + 1, stop));
      at = stop + 1;
    }
    return new ServerError(fields);
  }
}

/** Who the user is was not proved, or not to a server that proved itself: nothing more was said. Not worth another attempt. */
export class LogInRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LogInRefused';
  }
}

/** The way to the server is gone or was never there: a socket error, a reset, a time-out. */
export class ConnectionLost extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionLost';
  }
}
