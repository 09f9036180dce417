import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from './markdown.ts';

/** Those of the pages whose files are missing or differ. @param root of the project. */
export function stalePages(root: string, pages: readonly Page[]): readonly Page[] {
  return pages.filter(({ path, text }) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
}

/** Writes the pages that are stale. @returns those. */
export async function writeStalePages(root: string, pages: readonly Page[]): Promise<readonly Page[]> {
  const stale = stalePages(root, pages);
  for (const { path, text } of stale) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return stale;
}
