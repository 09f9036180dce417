import type { IncomingMessage } from 'node:http';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { isNestedDeeper, jsonDepthMax } from './json-depth.ts';
import { hasZeroCharacter } from './zero-character.ts';

/** Published limit of a request's target, in bytes. */
export const targetBytesMax = 32 * 1024;

/**
 * Largest JSON document that any operation takes, in bytes: a sealed import of 1.5 MB and room around it. A larger body may
 * come, for signatures cover it, but nobody spends time on what is in it.
 */
export const documentBytesMax = 4 * 1024 * 1024;

/** Bytes of a body that need no room: what nearly every request stays below. */
export const smallBodyBytes = 64 * 1024;

/** Bytes that bodies above `smallBodyBytes` hold at this server, over all connections. */
export const bodiesBytesMax = 256 * 1024 * 1024;

/**
 * Room for the bodies of all requests together. They come before anybody is asked who he is, so each of a thousand connections
 * could otherwise bring the longest body there may be, and keep it by sending its last byte slowly.
 */
export class BodyRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = bodiesBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes taken now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A place of one request in it. */
  place(): BodyPlace {
    let held = 0;
    return {
      grow: (bytes) => {
        const more = Math.max(0, bytes - smallBodyBytes) - held;
        if (more <= 0) return true;
        if (this.#bytes + more > this.#bytesMax) return false;
        held += more;
        this.#bytes += more;
        return true;
      },
      leave: () => {
        this.#bytes -= held;
        held = 0;
      },
    };
  }
}

/** APIGW.0308 (429): the bodies of other requests take all there is. */
export class NoRoom extends SluiceError {
  constructor() {
    super('APIGW.0308', {
      limit: `${bodiesBytesMax} bytes`,
      seconds: 1,
      ...explained({
        en: 'The limit is on the bodies of all requests that are under way together.',
        zh: '该上限针对所有正在处理的请求体的总大小。',
      }),
    });
  }
}

/** What one request holds of the room for bodies. */
export interface BodyPlace {
  /** @param bytes of the body so far. @returns false: there is no room for it. */
  grow(bytes: number): boolean;
  /** The body is needed no more. Safe to repeat. */
  leave(): void;
}

const noBytes = Buffer.alloc(0);

/**
 * Reads the whole body, whatever the method and content type say: GET and DELETE carry bodies too, and a signature
 * covers the bytes as they came.
 * @param bytesMax limit of the body, in bytes. @param place the request's own, to be left when the request is over.
 * @throws APIGW.0201 (413) above the limit; what has not been read by then is left to the socket's end. APIGW.0308 (429) when
 * there is no room for it beside the bodies of others.
 */
export async function readBody(raw: IncomingMessage, bytesMax: number, place: BodyPlace): Promise<Buffer> {
  if (Number(raw.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  // Without either header there is none, as of nearly every question: then nothing is waited for.
  if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) {
    raw.resume();
    return noBytes;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > bytesMax) throw tooLarge(bytesMax);
      if (!place.grow(size)) throw new NoRoom();
      chunks.push(bytes);
    }
  } catch (error) {
    throw raw.complete || error instanceof SluiceError ? error : cutShort(error);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as JSON. Content types are not looked at: clients announce JSON and send nothing, and send JSON unannounced.
 * @returns undefined when there is no body.
 * @throws Cdm.0014 (400) when it is no JSON in UTF-8, nests too deep, or has a text with U+0000; APIGW.0201 (413) larger than any
 * operation takes.
 */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  if (body.length > documentBytesMax) throw tooLarge(documentBytesMax);
  try {
    const text = utf8.decode(body);
    if (isNestedDeeper(text, jsonDepthMax)) throw tooDeep();
    if (hasZeroCharacter(text)) throw zeroCharacter();
    return text.trim() === '' ? undefined : (JSON.parse(text) as unknown);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      'Cdm.0014',
      explained({ en: 'The body is not JSON in UTF-8.', zh: '请求体不是 UTF-8 编码的 JSON。' }),
      { status: 400, cause },
    );
  }
}

function tooDeep(): SluiceError {
  return new SluiceError(
    'Cdm.0014',
    explained({
      en: `The body nests objects and lists deeper than ${jsonDepthMax} levels.`,
      zh: `请求体的对象与列表嵌套超过 ${jsonDepthMax} 层。`,
    }),
    { status: 400 },
  );
}

function zeroCharacter(): SluiceError {
  return new SluiceError(
    'Cdm.0014',
    explained({
      en: 'The body has a text with the character U+0000.',
      zh: '请求体的文本中含有字符 U+0000。',
    }),
    { status: 400 },
  );
}

/** Nobody is there any more to read the answer, and nobody here has to act. */
function cutShort(cause: unknown): SluiceError {
  return new SluiceError(
    'APIGW.0201',
    explained({ en: 'The body ended before its announced length.', zh: '请求体未达到声明的长度即中断。' }),
    { cause },
  );
}

function tooLarge(bytesMax: number): SluiceError {
  return new SluiceError(
    'APIGW.0201',
    explained({
      en: `The body is larger than ${bytesMax} bytes.`,
      zh: `请求体超过 ${bytesMax} 字节。`,
    }),
    { status: 413 },
  );
}
