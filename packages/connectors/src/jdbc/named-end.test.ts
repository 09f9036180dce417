import { SluiceError } from '@sluice/core/errors/sluice-error';
import { expect, test } from 'vitest';
import { nameEnd } from './named-end.ts';

const server = '10.0.0.7:5432';
const factsOf = (error: unknown) => (error as SluiceError).facts;

test('an error that may be of either end says which, and keeps what it was', () => {
  const cause = new Error('read ECONNRESET');
  const error = new SluiceError('Cdm.0903', { cause: 'the connection was cut' }, { cause, retry: true });
  expect(nameEnd(error, 'source', server)).toMatchObject({
    code: 'Cdm.0903',
    facts: { cause: 'source 10.0.0.7:5432: the connection was cut' },
    retry: true,
    cause,
  });
});

test('it is said once, and the server too', () => {
  const first = nameEnd(new SluiceError('Cdm.0901', { cause: `${server}: refused` }), 'destination', server);
  expect(factsOf(first)).toEqual({ cause: 'destination 10.0.0.7:5432: refused' });
  expect(nameEnd(first, 'destination', server)).toBe(first);
  expect(factsOf(nameEnd(new SluiceError('Cdm.0950', {}), 'source', server))).toEqual({
    cause: 'source 10.0.0.7:5432',
  });
});

test('what says it already, belongs to no run or is no error of ours stays as it is', () => {
  const writing = new SluiceError('Cdm.0234', { cause: 'x' });
  expect(nameEnd(writing, 'destination', server)).toBe(writing);
  const reaching = new SluiceError('Cdm.0901', { cause: 'x' });
  expect(nameEnd(reaching, undefined, server)).toBe(reaching);
  const aborted = new Error('aborted');
  expect(nameEnd(aborted, 'source', server)).toBe(aborted);
});
