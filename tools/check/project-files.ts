import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the check needs of a package.json. */
export interface Manifest {
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const NOT_SOURCES = new Set(['node_modules', 'dist', 'target', '.git', '.sluice']);

/** All TypeScript files of a folder, and JavaScript ones too, as paths from the root, sorted. */
export function sourceFilesBelow(root: string, folder: string): string[] {
  return entriesOf(path.join(root, folder))
    .flatMap((entry) => {
      const inner = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : sourceFilesBelow(root, inner);
      return /\.(ts|tsx|js|mjs)$/.test(entry.name) ? [inner] : [];
    })
    .sort();
}

/** The names of the folders in `packages`. */
export function packageNames(root: string): string[] {
  return entriesOf(path.join(root, 'packages'))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** @param folder from the root; empty for the root itself */
export function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
}

/**
 * Where `subpath` (such as `./data/json`) of a package leads by its `exports`, from the package's folder.
 * Knows plain entries and those with one `*`, which is all we use. null: not exported.
 */
export function resolveExport({ exports = {} }: Manifest, subpath: string): string | null {
  const plain = exports[subpath];
  if (plain) return plain;
  for (const [pattern, target] of Object.entries(exports)) {
    const [before, after] = pattern.split('*');
    if (after === undefined || before === undefined) continue;
    if (subpath.length < pattern.length || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    return target.replace('*', subpath.slice(before.length, subpath.length - after.length));
  }
  return null;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
