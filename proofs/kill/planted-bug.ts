import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** What is changed in the copy: it commits after every batch, and after a death begins each slice from its start. */
const plant = {
  file: 'packages/engine/src/copy-slice.ts',
  bug: 'commits in the middle of a slice, but begins the slice anew after a death',
  edits: [
    ['pendingBytes >= limits.segmentBytes && batch.position !== null', 'pendingBytes > 0'],
    [
      'source.read(slice, plan.projection, last?.position ?? null)',
      'source.read(slice, plan.projection, null)',
    ],
  ] as readonly (readonly [string, string])[],
};

/**
 * A copy of the packages with one bug planted, so that the proof can show that it would see it. The product has no
 * switch for this. @throws when the text to change is no longer there.
 */
export async function plantedCheckout(folder: string): Promise<{ serverScript: string; bug: string }> {
  await mkdir(join(folder, 'node_modules', '@sluice'), { recursive: true });
  await cp(join(project, 'packages'), join(folder, 'packages'), { recursive: true });
  await cp(join(project, 'package.json'), join(folder, 'package.json'));
  for (const entry of await readdir(join(project, 'node_modules'))) {
    if (entry === '@sluice') continue;
    await symlink(join(project, 'node_modules', entry), join(folder, 'node_modules', entry));
  }
  for (const entry of await readdir(join(project, 'node_modules', '@sluice'))) {
    await symlink(join(folder, 'packages', entry), join(folder, 'node_modules', '@sluice', entry));
  }
  const file = join(folder, plant.file);
  let text = await readFile(file, 'utf8');
  for (const [before, after] of plant.edits) {
    if (text.split(before).length !== 2) throw new Error(`${plant.file} no longer holds once: ${before}`);
    text = text.replace(before, after);
  }
  await writeFile(file, text);
  return { serverScript: join(folder, 'packages/server/src/main.ts'), bug: plant.bug };
}
