import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, it } from 'vitest';
import { runLimits } from './limits.ts';
import { Patience } from './patience.ts';
import { WorkerDied } from './worker-process.ts';

const passing = new SluiceError('Cdm.0234', { cause: 'the connection was cut' }, { retry: true });
const lasting = new SluiceError('Cdm.0234', { cause: 'a value does not fit' });
const died = new WorkerDied(7, 'signal SIGKILL', false);

/** A clock that the test turns. */
function patienceAt(attemptsMax: number, passingMs: number) {
  const at = { ms: 0, commits: 0 };
  const patience = new Patience(
    attemptsMax,
    passingMs,
    () => at.commits,
    () => at.ms,
  );
  return { at, patience };
}

describe('patience', () => {
  it('has none with an error that would come again', () => {
    expect(patienceAt(8, 1_000).patience.pauseAfter(lasting)).toBeNull();
    expect(patienceAt(8, 1_000).patience.pauseAfter(new Error('a bug'))).toBeNull();
  });

  it('waits longer from one lost connection to the next, and gives up when the time is over', () => {
    const { at, patience } = patienceAt(2, 30_000);
    const pauses: number[] = [];
    for (let pause = patience.pauseAfter(passing); pause !== null; pause = patience.pauseAfter(passing)) {
      pauses.push(pause);
      at.ms += pause;
    }
    expect(pauses.slice(0, 6)).toEqual([200, 400, 800, 1_600, 3_200, 4_000]);
    expect(Math.max(...pauses)).toBe(runLimits.passingPauseMaxMs);
    expect(at.ms).toBeGreaterThan(25_000);
    expect(at.ms).toBeLessThanOrEqual(30_000);
  });

  it('allows a second attempt however long the first one waited for a silent server', () => {
    const { at, patience } = patienceAt(8, 30_000);
    at.ms = 1_800_000;
    expect(patience.pauseAfter(passing)).toBe(runLimits.passingPauseMs);
    at.ms += 1_800_000;
    expect(patience.pauseAfter(passing)).toBeNull();
  });

  it('begins anew with each commit', () => {
    const { at, patience } = patienceAt(3, 1_000);
    for (let cut = 0; cut < 20; cut++) {
      expect(patience.pauseAfter(passing)).toBe(runLimits.passingPauseMs);
      at.ms += 5_000;
      at.commits++;
    }
    expect(patience.attempts).toBe(1);
  });

  it('counts lost workers and foreign checkpoints, and hopeless ones less often', () => {
    const { patience } = patienceAt(3, 1_000);
    expect(patience.pauseAfter(died)).toBe(runLimits.attemptPauseMs);
    expect(patience.pauseAfter(new Fenced('slice 1'))).toBe(runLimits.attemptPauseMs);
    expect(patience.pauseAfter(died)).toBeNull();
    const { patience: other } = patienceAt(100, 1_000);
    const outOfMemory = new WorkerDied(7, 'out of memory', true);
    let attempts = 1;
    while (other.pauseAfter(outOfMemory) !== null) attempts++;
    expect(attempts).toBe(runLimits.attemptsOutOfMemoryMax);
  });
});
