import { expect, test } from 'vitest';
import { run } from './compat.ts';

test('the compatibility report is what the server does, and planted faults are seen', async () => {
  const lines: string[] = [];
  const { figures } = await run({ log: (line) => lines.push(line) });
  expect(figures, lines.join('\n')).toMatchObject({
    isObservedCommitted: true,
    isServedSame: true,
    plantedBugSeen: true,
  });
}, 60_000);
