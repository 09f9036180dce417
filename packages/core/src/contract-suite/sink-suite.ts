import { afterAll, describe } from 'vitest';
import type { WireForm } from '../data/batch.ts';
import type { SuiteFixture } from './fixture.ts';
import { registerSinkCommits } from './sink-commits.ts';
import { registerSinkFailures } from './sink-failures.ts';
import { registerSinkFences } from './sink-fences.ts';
import { registerSinkPreparation } from './sink-preparation.ts';
import { SinkRig } from './sink-rig.ts';

/**
 * What any sink of tables must do.
 * @param form the form in which the rows come; the sink must agree to it.
 */
export function registerSinkSuite(name: string, fixture: () => SuiteFixture, form: WireForm = 'rows'): void {
  describe(`${name}: sink of ${form}`, () => {
    const rig = new SinkRig(fixture, form);
    afterAll(() => rig.close());
    registerSinkPreparation(rig);
    registerSinkCommits(rig);
    registerSinkFences(rig);
    registerSinkFailures(rig);
  });
}
