// `node tools/bundle/main.ts FOLDER`: writes what a browser loads of packages/console into a new folder. Run by the bootstrap.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));
const explorer = path.join(root, 'packages', 'console', 'src', 'explorer');
const packages = createRequire(path.join(explorer, 'main.tsx'));

/** In the order in which they apply. */
const styleSheets = ['tokens', 'layout', 'controls', 'operation', 'panels'];
/** Latin alone: other scripts are left to the fonts of the system. */
const fonts = {
  'inter.woff2': '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  'jetbrains-mono.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
} as const;

/** What the bundle holds of others. Their terms go with it. */
const licensed = {
  '@fontsource-variable/inter': 'LICENSE',
  '@fontsource-variable/jetbrains-mono': 'LICENSE',
  '@noble/hashes': 'LICENSE',
  preact: 'LICENSE',
  typebox: 'license',
} as const;

/** Puts a file into the folder, its content's hash in its name, so that a browser may keep it for ever. @returns the name. */
async function addAsset(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const hashed = name.replace(/(\.\w+)$/, `-${hash}$1`);
  await writeFile(path.join(folder, 'assets', hashed), content);
  return hashed;
}

async function addScripts(folder: string): Promise<string> {
  const build = await rolldown({
    input: { explorer: path.join(explorer, 'main.tsx') },
    platform: 'browser',
    tsconfig: path.join(root, 'packages', 'console', 'tsconfig.json'),
    transform: { target: 'es2022' },
    // What cannot be found would be left to the browser, which may load nothing from elsewhere.
    onLog(level, log, report) {
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      report(level, log);
    },
  });
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    minify: true,
    entryFileNames: 'assets/[name]-[hash].js',
    chunkFileNames: 'assets/[name]-[hash].js',
  });
  await build.close();
  const entry = output.find((file) => file.type === 'chunk' && file.isEntry);
  if (entry === undefined) throw new Error('the bundle has no entry');
  return entry.fileName;
}

async function bundle(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  const names: Record<string, string> = {};
  for (const [name, from] of Object.entries(fonts)) {
    names[name] = await addAsset(folder, name, await readFile(packages.resolve(from)));
  }
  const sheets = styleSheets.map((name) => readFile(path.join(explorer, 'styles', `${name}.css`), 'utf8'));
  const style = (await Promise.all(sheets))
    .join('\n')
    .replace(/url\("([\w-]+\.woff2)"\)/g, (_whole, name: string) => `url("${names[name]}")`);
  const licenses = Object.entries(licensed).map(async ([name, file]) => {
    const text = await readFile(path.join(root, 'node_modules', name, file), 'utf8');
    return `${name}\n\n${text.trim()}\n`;
  });
  const page = await readFile(path.join(explorer, 'index.html'), 'utf8');
  const places: Readonly<Record<string, string>> = {
    icon: `assets/${await addAsset(folder, 'icon.svg', await readFile(path.join(explorer, 'icon.svg')))}`,
    style: `assets/${await addAsset(folder, 'explorer.css', style)}`,
    licenses: `assets/${await addAsset(folder, 'licenses.txt', (await Promise.all(licenses)).join('\n\n'))}`,
    font: `assets/${names['inter.woff2']}`,
    script: await addScripts(folder),
  };
  // The page is /explorer and not a folder, so what belongs to it is named from beside it.
  const filled = page.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => `explorer/${places[name]}`);
  await writeFile(path.join(folder, 'index.html'), filled);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node tools/bundle/main.ts FOLDER\n');
  process.exitCode = 2;
} else {
  await bundle(path.resolve(folder));
}
