import type { Plant } from '../kill/planted-bug.ts';

const postgres = 'packages/connectors/src/postgres';
const mysql = 'packages/connectors/src/mysql';

/** The copy begins a slice again without asking what the destination holds of it, and takes over a foreign checkpoint. */
export const unaskedCommits: Plant = {
  bug: 'begins a slice again without asking the destination, and writes its checkpoint over the one that is there',
  edits: [
    {
      file: `${postgres}/sink.ts`,
      before: 'durable.get(slice.no) ?? null',
      after: 'null',
    },
    {
      file: `${postgres}/checkpoint-table.ts`,
      before: 'VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`',
      after: 'VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (slice_no) DO UPDATE SET sequence = 1`',
    },
    {
      file: `${mysql}/sink.ts`,
      before: 'const resumed = await checkpoints.read(session, slice.no);',
      after: 'const resumed = null;',
    },
    {
      file: `${mysql}/checkpoint-table.ts`,
      before: '? `INSERT INTO',
      after: '? `REPLACE INTO',
    },
  ],
};
