import type { Migration } from '../migrate.ts';

/** Jobs in the order in which they are listed: a page, a filter and the number of all are found without reading the jobs. */
export const listedJobs: Migration = {
  number: 10,
  name: 'listed-jobs',
  async up(db) {
    await db.schema.createIndex('jobs_listed').on('jobs').columns(['cluster_id', 'type', 'name']).execute();
  },
};
