import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One file of the page, ready to be sent. */
export interface BundledFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same in gzip; null where that would not make it shorter. */
  readonly gzipped: Buffer | null;
  /** Changes with the content; in quotes, as the header wants it. */
  readonly etag: string;
}

/** The API Explorer as it was bundled: its page, and what the page loads by name. */
export interface ExplorerBundle {
  readonly page: BundledFile;
  readonly assets: ReadonlyMap<string, BundledFile>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** Size of the whole bundle in bytes: it is held in memory. */
const bundleBytesMax = 8 * 1024 * 1024;

const zipped = promisify(gzip);

/**
 * Reads the bundle into memory, so that no path of a request ever reaches the disk.
 * @returns null when there is none: it was never made, or could not be.
 * @throws Error when the folder holds what is no part of a bundle.
 */
export async function readExplorerBundle(folder: string): Promise<ExplorerBundle | null> {
  let names: string[];
  let page: Buffer;
  try {
    names = await readdir(path.join(folder, 'assets'));
    page = await readFile(path.join(folder, 'index.html'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const assets = new Map<string, BundledFile>();
  let total = page.length;
  for (const name of names) {
    const bytes = await readFile(path.join(folder, 'assets', name));
    total += bytes.length;
    if (total > bundleBytesMax) throw new Error(`${folder} is larger than ${bundleBytesMax} bytes`);
    assets.set(name, await bundledFile(name, bytes));
  }
  return { page: await bundledFile('index.html', page), assets };
}

async function bundledFile(name: string, bytes: Buffer): Promise<BundledFile> {
  const type = types[path.extname(name)];
  if (type === undefined) throw new Error(`${name} is no part of a bundle`);
  const shorter = await zipped(bytes);
  return {
    type,
    bytes,
    gzipped: shorter.length < bytes.length * 0.9 ? shorter : null,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  };
}
