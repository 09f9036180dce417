import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Whether the newest run of a job is still open in the store of a server that is dead. */
export function isRunActive(dataFolder: string, jobName: string): boolean {
  const store = new DatabaseSync(join(dataFolder, 'sluice.db'), { readOnly: true });
  try {
    const row = store
      .prepare('SELECT state FROM runs WHERE job_name = ? ORDER BY submission_id DESC LIMIT 1')
      .get(jobName) as { state: string } | undefined;
    return row !== undefined && ['queued', 'planning', 'running', 'finishing'].includes(row.state);
  } finally {
    store.close();
  }
}
