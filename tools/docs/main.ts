// `npm run docs`: writes the generated pages anew, the job status with a real server and a real PostgreSQL.
//   --check   writes nothing; fails when a page that needs no server is stale
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../servers/postgres.ts';
import { haveCurl } from './curl.ts';
import { statusExamples } from './job-status-examples.ts';
import { observeJobStatuses } from './job-status-observation.ts';
import { jobStatusPage } from './job-status-page.ts';
import { brokenRules } from './job-status-rules.ts';
import type { Page } from './markdown.ts';
import { markedReadmes } from './readme-marks.ts';
import { referencePages } from './reference-pages.ts';
import { stalePages, writeStalePages } from './stale-pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);

const words = process.argv.slice(2);
if (words.some((word) => word !== '--check')) {
  process.stderr.write('usage: npm run docs [-- --check]\n');
  process.exitCode = 2;
} else if (words.length > 0) await check();
else await write();

async function check(): Promise<void> {
  const pages = await pagesWithoutServer();
  const stale = stalePages(root, pages);
  for (const { path } of stale) say(`STALE ${path}: run \`npm run docs\``);
  say(`${pages.length - stale.length} passed, ${stale.length} failed, 0 skipped`);
  process.exitCode = stale.length > 0 ? 1 : 0;
}

async function write(): Promise<void> {
  const pages = [...(await pagesWithoutServer()), ...(await jobStatusPages())];
  const written = await writeStalePages(root, pages);
  for (const { path } of written) say(`written  ${path}`);
  say(`${pages.length} pages, ${written.length} written`);
}

async function pagesWithoutServer(): Promise<readonly Page[]> {
  return [...(await referencePages()), ...markedReadmes(root)];
}

/** @throws Error when the server does not keep the rules: a page must not show that as if it were right. */
async function jobStatusPages(): Promise<readonly Page[]> {
  const given = process.env.SLUICE_TEST_POSTGRES;
  const postgres = given === undefined ? await startPostgres() : null;
  try {
    const seen = await observeJobStatuses(given ?? postgres?.url ?? '', await haveCurl(say));
    const broken = seen.observations.flatMap(({ id, answer }) =>
      brokenRules(answer.body, statusExamples[id].status).map((rule) => `${id}: ${rule}`),
    );
    if (broken.length > 0) throw new Error(`the answers break published rules:\n${broken.join('\n')}`);
    return [jobStatusPage(seen, 'en'), jobStatusPage(seen, 'zh')];
  } finally {
    await postgres?.stop();
  }
}
