/** A request before it is written down as bytes. */
export interface FuzzRequest {
  /** The operation it was made from; null: none. */
  readonly operationId: string | null;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
  /** Sent instead of all that, as it is. */
  readonly raw: Buffer | null;
  readonly endsBehind: boolean;
}

/** The bytes of a request. */
export function bytesOf({ method, target, headers, body, raw }: FuzzRequest): Buffer {
  if (raw !== null) return raw;
  const length = body === null ? [] : [`Content-Length: ${body.length}`];
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, ...length].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** What may stand in a request's first line: blanks, controls and characters above 0xFF are escaped as libraries do. */
export function sendable(target: string): string {
  return Array.from(target, (unit) => {
    const point = unit.codePointAt(0) ?? 0;
    return point > 0x20 && point !== 0x7f && point < 0x100 ? unit : encodeURIComponent(unit.toWellFormed());
  }).join('');
}
