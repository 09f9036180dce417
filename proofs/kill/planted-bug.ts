import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** A bug, as texts of the project's files that are replaced. */
export interface Plant {
  readonly bug: string;
  readonly edits: readonly { readonly file: string; readonly before: string; readonly after: string }[];
}

/** The copy commits after every batch, and after a death begins each slice from its start. */
export const forgetfulSlices: Plant = {
  bug: 'commits in the middle of a slice, but begins the slice anew after a death',
  edits: [
    {
      file: 'packages/engine/src/copy-slice.ts',
      before: 'pendingBytes >= limits.segmentBytes && batch.position !== null',
      after: 'pendingBytes > 0',
    },
    {
      file: 'packages/engine/src/copy-slice.ts',
      before: 'source.read(slice, plan.projection, last?.position ?? null)',
      after: 'source.read(slice, plan.projection, null)',
    },
  ],
};

/**
 * A copy of the packages with one bug planted, so that the proof can show that it would see it. The product has no
 * switch for this. @throws when the text to change is no longer there.
 */
export async function plantedCheckout(folder: string, plant: Plant): Promise<{ serverScript: string }> {
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
  for (const { file, before, after } of plant.edits) {
    const text = await readFile(join(folder, file), 'utf8');
    if (text.split(before).length !== 2) throw new Error(`${file} no longer holds once: ${before}`);
    await writeFile(
      join(folder, file),
      text.replace(before, () => after),
    );
  }
  return { serverScript: join(folder, 'packages/server/src/main.ts') };
}
