import { describe, expect, test } from 'vitest';
import { judgeObservations, type Observation, readObservations } from './observations.ts';
import type { Scenario } from './program-inputs.ts';
import type { Exchange } from './relay.ts';

const scenario = {} as Scenario;

const answered = {
  regionId: 'r',
  defaultAZ: 'az1',
  availableZones: [
    {
      availableZoneId: 'az1',
      availableZoneName: 'az1',
      availableZoneCode: 'az1',
      azStatus: 'Available',
      type: null,
    },
  ],
};

function exchange(change: Partial<Exchange> = {}): Exchange {
  const target = '/v1.1/p/regions/r/availability_zones';
  return { method: 'GET', target, sent: null, status: 200, requestId: 'id', answered, ...change };
}

/** What the SDK has of the answer: every member of its classes. */
function model(change: object = {}) {
  return {
    regionId: 'r',
    defaultAZ: 'az1',
    availableZones: [{ ...answered.availableZones[0], tags: null, ...change }],
  };
}

function verdict(observation: Partial<Observation>, seen: Partial<Exchange> = {}, sdk = 'go') {
  const line = { observed: sdk, operation: 'ShowAvailabilityZones', case: 'one', ...observation };
  const lines = judgeObservations(sdk, [line], [exchange(seen)], scenario);
  return lines.find((one) => one.operation === line.operation && one.check === `answer: ${line.case}`);
}

describe('judging what a program observed', () => {
  test('a model that says what was answered passes, and its values are counted', () => {
    expect(verdict({ model: model() })).toMatchObject({ ok: true, detail: '8 values' });
  });

  test.each([
    ['another value', { model: model({ azStatus: 'Closed' }) }, {}, 'availableZones[0].azStatus'],
    ['a value that was converted', { model: { ...model(), defaultAZ: 1 } }, {}, 'defaultAZ'],
    ['a value where there is none', { model: model({ tags: {} }) }, {}, 'availableZones[0].tags'],
    ['a value that was lost', { model: { ...model(), regionId: null } }, {}, 'regionId'],
    ['a lost entry of a list', { model: { ...model(), availableZones: [] } }, {}, 'a list of 1'],
    ['a member that nobody described', { model: model({ colour: null }) }, {}, 'no rule knows'],
    ['an answer that the SDK cannot read', { problem: 'cannot unmarshal' }, {}, 'cannot unmarshal'],
    [
      'an answer against the rules',
      { model: model() },
      { answered: { ...answered, more: 1 } },
      'more is not',
    ],
    ['another status', { model: model() }, { status: 202 }, 'status 202'],
    ['another call', { model: model() }, { target: '/v1.1/p/datastores' }, 'not ShowAvailabilityZones'],
  ])('%s fails', (_what, observation, seen, detail) => {
    const found = verdict(observation, seen);
    expect(found?.ok).toBe(false);
    expect(found?.detail).toContain(detail);
  });

  test('an SDK without classes must hand on every member', () => {
    const { defaultAZ: _, ...others } = model();
    expect(verdict({ model: others }, {}, 'node')).toMatchObject({ ok: false });
    expect(verdict({ model: answered }, {}, 'node')).toMatchObject({ ok: true });
  });

  const text = 'There is none.';
  const body = {
    error_code: 'Cdm.0001',
    error_msg: text,
    errCode: 'Cdm.0001',
    externalMessage: text,
    code: 'Cdm.0001',
    message: text,
    request_id: 'id',
  };
  const refusal = { status: 404, code: 'Cdm.0001', message: text, requestId: 'id' };
  const refused = { case: 'unknown region', refusal };
  const gone = { status: 404, answered: body };

  test('a refusal must be read as it was sent', () => {
    expect(verdict(refused, gone)).toMatchObject({ ok: true });
    for (const change of [{ code: '404' }, { message: 'other' }, { requestId: '' }, { status: 400 }])
      expect(verdict({ ...refused, refusal: { ...refusal, ...change } }, gone)).toMatchObject({ ok: false });
    expect(verdict(refused, { ...gone, answered: { ...body, code: '' } })).toMatchObject({ ok: false });
    expect(verdict({ case: 'unknown region', model: {} }, gone)).toMatchObject({ ok: false });
  });

  test('a case that is missing, comes twice or is unknown has failed', () => {
    const line = { observed: 'go', operation: 'ShowAvailabilityZones', case: 'one', model: model() };
    const of = (observations: readonly Observation[]) =>
      judgeObservations(
        'go',
        observations,
        observations.map(() => exchange()),
        scenario,
      ).filter(({ operation }) => operation === 'ShowAvailabilityZones');
    expect(of([]).map(({ ok }) => ok)).toEqual([false, false]);
    expect(of([line, line])[0]).toMatchObject({ ok: false, detail: 'the program made this call twice' });
    expect(of([line, { ...line, case: 'odd' }]).at(-1)).toMatchObject({ ok: false, check: 'answer: odd' });
  });
});

test('observations are found between other lines; cut and foreign ones are left aside', () => {
  const line = { observed: 'go', operation: 'ListClusters', case: 'all', model: {} };
  const output = [
    'log',
    JSON.stringify(line),
    JSON.stringify({ ...line, observed: 'java' }),
    '{"observed":"go',
  ];
  expect(readObservations(output.join('\n'), 'go')).toEqual([line]);
});
