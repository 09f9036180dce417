import { Fenced, SluiceError } from '@sluice/core/errors/sluice-error';
import { describe, expect, test } from 'vitest';
import { fromPortable, toPortable, WorkerBug } from './worker-messages.ts';

/** As an error arrives on the other side: through the JSON of the channel between the processes. */
function across(error: unknown): Error {
  return fromPortable(JSON.parse(JSON.stringify(toPortable(error))));
}

describe('errors that cross from a worker to the server', () => {
  test('a SluiceError keeps code, facts, the word on retrying, and the text of its cause', () => {
    const cause = new Error('ECONNRESET: 连接断开');
    const error = new SluiceError('Cdm.0234', { cause: 'cut', rows: 3 }, { retry: true, cause });
    const arrived = across(error);
    expect(arrived).toBeInstanceOf(SluiceError);
    expect(arrived).toMatchObject({ code: 'Cdm.0234', facts: { cause: 'cut', rows: 3 }, retry: true });
    expect(arrived.message).toBe(error.message);
    expect(arrived.cause).toEqual(new Error(cause.message));
  });

  test('one without a cause gets none', () => {
    const arrived = across(new SluiceError('Cdm.0900', { table: 't' }));
    expect(arrived).toMatchObject({ code: 'Cdm.0900', retry: false, isFinal: false });
    expect(across(new SluiceError('Cdm.0234', {}, { isFinal: true }))).toMatchObject({ isFinal: true });
    expect('cause' in arrived).toBe(false);
  });

  test('only the text of a cause goes along: what drivers hang on their errors stays behind', () => {
    const cause = Object.assign(new Error('refused'), {
      sql: 'INSERT secret',
      config: { password: 'secret' },
    });
    expect(JSON.stringify(toPortable(new SluiceError('Cdm.0901', {}, { cause })))).not.toContain('secret');
  });

  test('Fenced stays Fenced', () => {
    const arrived = across(new Fenced('slice 3'));
    expect(arrived).toBeInstanceOf(Fenced);
    expect(arrived.message).toBe('slice 3 was taken over by a newer attempt');
  });

  test.each([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'thrown as text', 'thrown as text'],
    ['nothing', undefined, 'undefined'],
  ])('%s that is not ours is a bug of the worker, with its stack for the log', (_what, thrown, message) => {
    const arrived = across(thrown);
    expect(arrived).toBeInstanceOf(WorkerBug);
    expect(arrived.message).toBe(message);
    expect(arrived.stack).toContain(message);
  });
});
