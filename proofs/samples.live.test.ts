import { expect, test } from 'vitest';
import { fetchedFolder } from '../conformance/toolchain.ts';
import { runLanguage, withServer } from './samples.ts';

/** The short form of the proof: a few operations, with a link, a job and a run whose values are hostile. */
const operations = new Set<string>([
  'ListClusters',
  'ShowClusterDetail',
  'CreateLink',
  'CreateJob',
  'UpdateJob',
  'StartJob',
  'ShowJobStatus',
]);
const limitMs = 120_000;
const hasPython = fetchedFolder('python-') !== null;
if (!hasPython) console.warn('skipped: samples in Python, not fetched yet (npm run conformance fetches it)');

const languages = ['curl', 'python'] as const;

for (const language of languages) {
  test.skipIf(language === 'python' && !hasPython)(
    `samples in ${language} run against a server, and a wrong name is seen`,
    async () => {
      const lines: string[] = [];
      await withServer(
        (line) => void lines.push(line),
        async (surroundings) => {
          const result = await runLanguage(language, surroundings, ({ operationId }) =>
            operations.has(operationId),
          );
          expect(result.failed, lines.join('\n')).toEqual([]);
          expect(result).toMatchObject({ operationsPassed: operations.size, plantedBugSeen: true });
        },
      );
    },
    limitMs,
  );
}
