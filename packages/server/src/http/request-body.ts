import type { IncomingMessage } from 'node:http';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { isNestedDeeper, jsonDepthMax } from './json-depth.ts';
import { hasZeroCharacter } from './zero-character.ts';

/** Published limit of a request's target, in bytes. */
export const targetBytesMax = 32 * 1024;

const noBytes = Buffer.alloc(0);

/**
 * Reads the whole body, whatever the method and content type say: GET and DELETE carry bodies too, and a signature
 * covers the bytes as they came.
 * @param bytesMax limit of the body, in bytes.
 * @throws APIGW.0201 (413) above the limit; what has not been read by then is left to the socket's end.
 */
export async function readBody(raw: IncomingMessage, bytesMax: number): Promise<Buffer> {
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
 * @throws Cdm.0014 (400) when it is no JSON in UTF-8, nests too deep, or has a text with U+0000.
 */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
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
