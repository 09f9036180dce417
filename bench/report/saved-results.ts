import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { CaseResult } from '../results.ts';
import type { ServiceResult } from '../service/service-result.ts';
import { reportPage } from './report-page.ts';

const FOLDER = new URL('../../docs/benchmarks/', import.meta.url);
const RESULTS = new URL('results/', FOLDER);

/** Keeps a result in place of the case's last one. */
export async function saveResult(result: CaseResult | ServiceResult): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${result.case}.json`, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
}

export async function savedResults(): Promise<(CaseResult | ServiceResult)[]> {
  const entries = await readdir(RESULTS).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.endsWith('.json')).sort();
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(new URL(name, RESULTS), 'utf8'))));
}

/** Writes the page from all results that are kept. */
export async function writeReport(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL('README.md', FOLDER), reportPage(await savedResults()));
}

export async function savedReport(): Promise<string> {
  return readFile(new URL('README.md', FOLDER), 'utf8');
}
