import type { CheckStage, Inspector } from '@sluice/core/connector/inspection';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { expect, test } from 'vitest';
import { testStages } from './inspect-link.ts';

const purpose = { isDestination: true, schema: null };
const signal = new AbortController().signal;

/** A stand-in that passes these stages and then does what it is told. */
function standIn(applying: readonly CheckStage[], passes: readonly CheckStage[], then: () => Promise<void>) {
  const walk: Inspector['walk'] = async (_purpose, passed) => {
    for (const stage of passes) passed(stage);
    await then();
  };
  return { stages: () => applying, walk } as unknown as Inspector;
}

const unencrypted: readonly CheckStage[] = ['name', 'tcp', 'login', 'read', 'create'];

test('every stage is told, and one that does not apply is skipped', async () => {
  const all = standIn(unencrypted, unencrypted, async () => undefined);
  const stages = await testStages(all, purpose, 1_000, signal);
  expect(stages.map(({ stage, state }) => `${stage} ${state}`)).toEqual([
    'name ok',
    'tcp ok',
    'tls skipped',
    'login ok',
    'read ok',
    'create ok',
  ]);
});

test('the finding stands at the stage that failed; what comes behind it was not tried', async () => {
  const refused = standIn(unencrypted, ['name', 'tcp'], async () => {
    throw new SluiceError('Cdm.0950', { cause: 'wrong password' });
  });
  const stages = await testStages(refused, purpose, 1_000, signal);
  expect(stages.map(({ state }) => state)).toEqual(['ok', 'ok', 'skipped', 'failed', 'skipped', 'skipped']);
  expect(stages[3]?.finding).toEqual({ code: 'Cdm.0950', facts: { cause: 'wrong password' } });
  expect(stages.filter(({ finding }) => finding !== null)).toHaveLength(1);
});

test('what does not answer within the limit has failed', async () => {
  const silent = standIn(unencrypted, ['name'], () => new Promise(() => undefined));
  const stages = await testStages(silent, purpose, 200, signal);
  expect(stages[1]).toMatchObject({
    stage: 'tcp',
    state: 'failed',
    finding: { code: 'Cdm.0941', facts: { cause: 'no answer within 0.2 s' } },
  });
  expect(stages[1]?.ms).toBeGreaterThanOrEqual(190);
});

test('a fault of ours is no finding', async () => {
  const broken = standIn(unencrypted, [], async () => {
    throw new TypeError('a bug');
  });
  await expect(testStages(broken, purpose, 1_000, signal)).rejects.toThrow('a bug');
});
