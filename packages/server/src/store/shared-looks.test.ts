import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SharedLooks } from './shared-looks.ts';

it('nobody gets an answer of a look that was begun before the question, and no key is looked at twice at once', async () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b'), waitMs: fc.nat(3), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 30 }), async (scheduler, steps) => {
      const looks = new SharedLooks<number>();
      let clock = 0;
      const underWay = new Map<string, number>();
      let begun = 0;
      const questions = steps.map(async ({ key, fails }, at) => {
        await scheduler.schedule(Promise.resolve(), `question ${at}`);
        const askedAt = ++clock;
        const outcome = looks.look(key, async () => {
          begun += 1;
          const beganAt = ++clock;
          expect(underWay.get(key) ?? 0).toBe(0);
          underWay.set(key, 1);
          await scheduler.schedule(Promise.resolve(), `look ${at}`);
          underWay.set(key, 0);
          if (fails) throw new Error('it failed');
          return beganAt;
        });
        const answer = await outcome.catch(() => null);
        if (answer !== null) expect(answer).toBeGreaterThan(askedAt);
      });
      await scheduler.waitFor(Promise.all(questions));
      expect(begun).toBeLessThanOrEqual(steps.length);
    }),
  );
});

it('a crowd that comes during a look costs one more', async () => {
  const looks = new SharedLooks<number>();
  let begun = 0;
  const read = async () => {
    begun += 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    return begun;
  };
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => looks.look('k', read)));
  expect(begun).toBe(2);
  expect(answers[0]).toBe(1);
  expect(new Set(answers.slice(1))).toEqual(new Set([2]));
  expect(await looks.look('k', read)).toBe(3);
});
