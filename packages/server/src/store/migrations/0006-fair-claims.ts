import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** SQL list of the active states, as they were when this migration was written. */
const active = sql`('queued', 'planning', 'running', 'finishing', 'unknown')`;

/** The queue of each cluster by itself, and the runs that only are to be stopped. */
export const fairClaims: Migration = {
  number: 6,
  name: 'fair-claims',
  async up(db) {
    await sql`create index runs_queue on runs (cluster_id, created_at, id) where state in ${active}`.execute(
      db,
    );
    await sql`create index runs_stopping on runs (project_id, cluster_id) where state in ${active} and stop_requested_by is not null`.execute(
      db,
    );
  },
};
