import type { LookupFunction } from 'node:net';
import type { HostAddress } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { downloadLimits } from './limits.ts';

/** The addresses of a host, those that the egress rules allow. @throws Cdm.0941 */
type Resolve = (host: string) => Promise<readonly HostAddress[]>;

/**
 * Fetches a file over HTTP or HTTPS. It is connected to the addresses that were checked, and nowhere else: redirections
 * are not followed, proxies of the environment not used, nothing of a caller is sent along.
 * @throws Cdm.0233 it cannot be had, is larger or takes longer than `downloadLimits`; Cdm.0941 for an address that is not allowed.
 */
export async function download(address: string, resolve: Resolve, signal: AbortSignal): Promise<Uint8Array> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refused(address, 'it is no address of the form http://… or https://…');
  }
  if (url.username !== '' || url.password !== '') throw refused(address, 'it may hold no user or password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = await resolve(host).catch((error: unknown) => {
    throw error instanceof SluiceError ? error : refused(address, 'its host is not known', error);
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(downloadLimits.timeMs)]);
  try {
    return await fetchBytes(url, addresses, limit);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SluiceError) throw error;
    const why = limit.aborted ? `it took longer than ${downloadLimits.timeMs} ms` : (error as Error).message;
    throw refused(address, why, error);
  }
}

async function fetchBytes(
  url: URL,
  addresses: readonly HostAddress[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const [first] = addresses;
  // Few workers ever fetch a file: the others need not hold what that takes.
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  // For a host that is an address Node asks nobody: it was checked as it stands.
  const lookup: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
  return await new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method: 'GET', lookup, signal, agent: false, headers: { accept: '*/*' } },
      (answer) => {
        if (answer.statusCode !== 200) {
          answer.destroy();
          reject(refused(url.href, `the server answers ${answer.statusCode}`));
          return;
        }
        const pieces: Buffer[] = [];
        let size = 0;
        answer.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size > downloadLimits.bytesMax) {
            reject(refused(url.href, `it is larger than ${downloadLimits.bytesMax} bytes`));
            answer.destroy();
          } else pieces.push(piece);
        });
        answer.on('end', () => resolve(Buffer.concat(pieces)));
        answer.on('error', reject);
        answer.on('aborted', () => reject(new Error('the connection was closed early')));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

function refused(address: string, why: string, cause?: unknown): SluiceError {
  const shown = address.slice(0, 200);
  return new SluiceError(
    'Cdm.0233',
    { cause: `the file ${shown} cannot be fetched: ${why}` },
    cause === undefined ? {} : { cause },
  );
}
