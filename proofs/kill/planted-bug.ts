import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** What is changed in a copy of the project: file, text as it is, text instead. */
export interface Plant {
  readonly bug: string;
  readonly edits: readonly { readonly file: string; readonly before: string; readonly after: string }[];
}

const copySlice = 'packages/engine/src/copy-slice.ts';
const runDesk = 'packages/server/src/runs/run-desk.ts';
const runRepository = 'packages/server/src/store/run-repository.ts';
const batchRun = 'packages/server/src/runs/batch-run.ts';
const batchRepository = 'packages/server/src/store/batch-repository.ts';

export const plants = {
  /** Commits after every batch, and after a death begins each slice from its start. */
  position: {
    bug: 'commits in the middle of a slice, but begins the slice anew after a death',
    edits: [
      {
        file: copySlice,
        before: 'pendingBytes >= limits.segmentBytes && batch.position !== null',
        after: 'pendingBytes > 0',
      },
      {
        file: copySlice,
        before: 'source.read(slice, plan.projection, begin, snapshot)',
        after: 'source.read(slice, plan.projection, null, snapshot)',
      },
    ],
  },
  /** The resumed run has the plan, but neither the checkpoints nor the old run's table at the destination. */
  resume: {
    bug: 'a resumed run forgets which slices are committed',
    edits: [
      { file: runDesk, before: 'isPrepared: true,', after: 'isPrepared: false,' },
      {
        file: runDesk,
        before: 'plan: before.plan,',
        after: `plan: { ...before.plan, target: { ...before.plan.target, runKey: crypto.randomUUID().slice(-12) } },`,
      },
      {
        file: runRepository,
        before: `.as('run_id'), ...sliceColumns])`,
        after: `.as('run_id'), ...sliceColumns.map((name) => (name === 'checkpoint' ? sql.lit(null).as(name) : name))])`,
      },
    ],
  },
  /** The plan has words of its own for what the run does. */
  planWords: {
    bug: 'a plan leaves the condition out of the statements that it shows',
    edits: [
      {
        file: 'packages/connectors/src/postgres/sink-preview.ts',
        before: 'statements.push(...clearingStatements(table, clearing));',
        after:
          "statements.push(...clearingStatements(table, clearing.kind === 'none' ? clearing : { kind: 'all' }));",
      },
    ],
  },
  planRights: {
    bug: 'a plan takes every right for granted',
    edits: [
      {
        file: 'packages/connectors/src/postgres/rights.ts',
        before: "isGranted === 'f' ? 'missing'",
        after: "isGranted === 'f' ? 'granted'",
      },
    ],
  },
  /** Failed tables are no matter of their run. */
  batchVerdict: {
    bug: 'a run of many tables succeeds whatever became of them',
    edits: [{ file: batchRun, before: 'if (failed === 0 && open === 0)', after: 'if (open === 0)' }],
  },
  batchRetry: {
    bug: 'a retry moves all tables again',
    edits: [
      {
        file: batchRepository,
        before: "child.state = 'succeeded'",
        after: "child.state = 'never'",
      },
    ],
  },
} as const satisfies Readonly<Record<string, Plant>>;

/**
 * A copy of the packages with one bug planted, so that the proof can show that it would see it. The product has no
 * switch for this. @returns the command line's script. @throws when the text to change is no longer there.
 */
export async function plantedCheckout(folder: string, plant: Plant): Promise<string> {
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
  return join(folder, 'packages/server/src/main.ts');
}
