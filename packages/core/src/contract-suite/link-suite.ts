import { describe, expect, it } from 'vitest';
import { SluiceError } from '../errors/sluice-error.ts';
import type { OptionValues } from '../options/option.ts';
import { type SuiteFixture, testHost } from './fixture.ts';

/** What any connection must do: prove that it works, and say in the catalogue's codes why it does not. */
export function registerLinkSuite(name: string, fixture: () => SuiteFixture): void {
  describe(`${name}: link`, () => {
    it('passes its check, step by step', async () => {
      const connection = await fixture().open(testHost().host);
      try {
        const steps = await connection.check();
        expect(steps.map((s) => s.ok)).not.toContain(false);
        expect(steps.map((s) => s.step)).toContain('login');
        for (const step of steps) expect(step.ms).toBeGreaterThanOrEqual(0);
      } finally {
        await connection.close();
      }
    });

    it('says Cdm.0950 for a wrong password, without the password', async () => {
      const error = await failureOf(fixture(), fixture().wrongLinks.password);
      expect(error.code).toBe('Cdm.0950');
      expect(error.retry).toBe(false);
      const password = String(fixture().wrongLinks.password['linkConfig.password']);
      expect(password.length).toBeGreaterThan(5);
      expect(`${error.message} ${JSON.stringify(error.facts)} ${String(error.cause)}`).not.toContain(
        password,
      );
    });

    it('says Cdm.0901 for a database that does not exist, not to be retried', async () => {
      const error = await failureOf(fixture(), fixture().wrongLinks.database);
      expect(error.code).toBe('Cdm.0901');
      expect(String(error.facts.cause)).toContain(
        String(fixture().wrongLinks.database['linkConfig.database']),
      );
      expect(error.retry).toBe(false);
    });

    it('says Cdm.0901 for a port on which nobody listens, to be retried', async () => {
      const error = await failureOf(fixture(), fixture().wrongLinks.port);
      expect(error.code).toBe('Cdm.0901');
      expect(error.retry).toBe(true);
    });

    it('closes twice without complaint', async () => {
      const connection = await fixture().open(testHost().host);
      await connection.check();
      await connection.close();
      await connection.close();
    });
  });
}

async function failureOf(fixture: SuiteFixture, changes: OptionValues): Promise<SluiceError> {
  const opened = fixture.open(testHost().host, changes).then(async (connection) => {
    try {
      await connection.check();
    } finally {
      await connection.close();
    }
  });
  const error = await opened.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  return error as SluiceError;
}
