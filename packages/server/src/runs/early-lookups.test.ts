import { expect, test } from 'vitest';
import { earlyLookups } from './early-lookups.ts';
import { Egress, egressDenyDefault } from './egress.ts';
import { runLimits } from './limits.ts';

const rules = { allow: [], deny: egressDenyDefault };

test('names that are never found take few threads, and nobody waits long for them', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const slow = (host: string) => {
    asked.push(host);
    return new Promise<readonly string[]>((resolve) => answers.push(() => resolve(['169.254.169.254'])));
  };
  const egress = new Egress(rules, earlyLookups(slow));
  const check = (no: number) => egress.check({ 'linkConfig.host': `slow${no}.example` });
  const begun = performance.now();
  // They pass: the worker that connects looks for itself, and checks what it finds.
  await Promise.all(Array.from({ length: 50 }, (_, no) => check(no)));
  expect(performance.now() - begun).toBeLessThan(2 * runLimits.earlyLookupMs);
  expect(asked).toHaveLength(runLimits.earlyLookupsMax);
  // Their threads are taken until the resolver lets go of them.
  await check(50);
  expect(asked).toHaveLength(runLimits.earlyLookupsMax);
  for (const answer of answers) answer();
  await new Promise((resolve) => setImmediate(resolve));
  const late = check(51);
  expect(asked).toHaveLength(runLimits.earlyLookupsMax + 1);
  answers.at(-1)?.();
  await expect(late).rejects.toThrow('Cdm.0941');
});

test('one that fails gives its place back', async () => {
  let asked = 0;
  const failing = earlyLookups(async () => {
    asked += 1;
    throw new Error('ENOTFOUND');
  });
  for (let no = 0; no < 10; no++) await expect(failing('nowhere')).rejects.toThrow('ENOTFOUND');
  expect(asked).toBe(10);
});
