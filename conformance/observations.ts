import { operations } from '@sluice/contract/operations';
import { EXPECTED_ANSWERS, type ObservedCall, UNTYPED_ANSWERS } from './expected-answers.ts';
import type { Rule } from './member-rules.ts';
import type { Scenario } from './program-inputs.ts';
import type { Exchange } from './relay.ts';
import type { CheckLine } from './report.ts';

/** What a program tells of one call that it made before the eyes of the relay. One of the last three is there. */
export type Observation = {
  readonly observed: string;
  readonly operation: string;
  /** What is peculiar about the call. */
  readonly case: string;
  /** Every member that the SDK's classes have, with what they hold of the answer; null where they hold nothing. */
  readonly model?: unknown;
  /** The call ended in the SDK's own exception, which says this. */
  readonly refusal?: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly requestId: string;
  };
  /** Anything else that happened. */
  readonly problem?: string;
};

/** The SDK that has no classes for CDM: what it hands on is the answer as it came. */
const UNTYPED_SDK = 'node';

/** The observations in what a program printed, in their order. */
export function readObservations(output: string, sdk: string): Observation[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{"observed"')) return [];
    try {
      const observation = JSON.parse(line) as Observation;
      return observation.observed === sdk ? [observation] : [];
    } catch (error) {
      // A line cut off by the end of its program: the case then counts as missing.
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

export function expectedCases(sdk: string): readonly (readonly [operation: string, name: string])[] {
  const tables = sdk === UNTYPED_SDK ? [EXPECTED_ANSWERS, UNTYPED_ANSWERS] : [EXPECTED_ANSWERS];
  return tables.flatMap((table) =>
    Object.entries(table).flatMap(([operation, cases]) =>
      Object.keys(cases).map((name) => [operation, name] as const),
    ),
  );
}

/**
 * A check line for each expected case: the answer follows the rules, and the SDK made of it what it says, member by member. An
 * observation and an exchange belong together by their order, for a program makes one call after the other.
 */
export function judgeObservations(
  sdk: string,
  observations: readonly Observation[],
  exchanges: readonly Exchange[],
  scenario: Scenario,
): CheckLine[] {
  const inOrder =
    observations.length === exchanges.length
      ? null
      : `${observations.length} observed calls, but ${exchanges.length} went through the relay`;
  const lines = expectedCases(sdk).map(([operation, name]): CheckLine => {
    const line = { sdk, operation, check: `answer: ${name}` };
    const found = observations.flatMap((one, index) =>
      one.operation === operation && one.case === name ? [index] : [],
    );
    const [index] = found;
    if (index === undefined) return { ...line, ok: false, detail: 'the program did not make this call' };
    if (found.length > 1) return { ...line, ok: false, detail: 'the program made this call twice' };
    const observation = observations[index] as Observation;
    const exchange = exchanges[index];
    if (exchange === undefined) return { ...line, ok: false, detail: inOrder ?? 'no answer went through' };
    const { faults, compared } = judged(observation, exchange, scenario);
    const detail = faults.length === 0 ? `${compared} values` : faults.slice(0, 4).join('; ');
    return { ...line, ok: faults.length === 0, detail };
  });
  const strays = observations.filter(
    (one) =>
      !expectedCases(sdk).some(([operation, name]) => one.operation === operation && one.case === name),
  );
  return [
    ...lines,
    ...strays.map(({ operation, case: name }) => ({
      sdk,
      operation,
      check: `answer: ${name}`,
      ok: false,
      detail: 'not an expected case',
    })),
  ];
}

/** How many values the check lines say that an SDK's objects were compared in. */
export function valuesCompared(lines: readonly CheckLine[]): number {
  const values = lines.map(({ ok, detail }) => (ok ? Number(/^(\d+) values$/.exec(detail)?.[1] ?? 0) : 0));
  return values.reduce((sum, one) => sum + one, 0);
}

type Verdict = { readonly faults: readonly string[]; readonly compared: number };

function judged(observation: Observation, exchange: Exchange, scenario: Scenario): Verdict {
  const { operation, case: name } = observation;
  const path = pathParameters(operation, exchange);
  if (path === null) {
    return { faults: [`the call was ${exchange.method} ${exchange.target}, not ${operation}`], compared: 0 };
  }
  const expect = EXPECTED_ANSWERS[operation]?.[name] ?? UNTYPED_ANSWERS[operation]?.[name];
  if (expect === undefined) return { faults: ['nothing is expected of it'], compared: 0 };
  const call: ObservedCall = { path, sent: exchange.sent, scenario };
  let expected: ReturnType<typeof expect>;
  try {
    expected = expect(call);
  } catch (error) {
    return { faults: [`the request was of another shape: ${(error as Error).message}`], compared: 0 };
  }
  const faults: string[] = [];
  if (exchange.status !== expected.status) {
    faults.push(`status ${exchange.status} instead of ${expected.status}: ${shortened(exchange.answered)}`);
    return { faults, compared: 0 };
  }
  faults.push(...expected.body.faults(exchange.answered, ''));
  if (observation.problem !== undefined) faults.push(`the SDK failed: ${observation.problem}`);
  else if (expected.status >= 400) faults.push(...refusalFaults(observation, exchange));
  else if (observation.refusal !== undefined) faults.push(`refused: ${observation.refusal.message}`);
  else {
    const comparison = new Comparison(observation.observed === UNTYPED_SDK);
    comparison.compare(observation.model, exchange.answered, expected.body, '');
    return { faults: [...faults, ...comparison.faults], compared: comparison.compared };
  }
  return { faults, compared: 4 };
}

/** Code, text, status and request id as the SDK's exception has them, against the answer. */
function refusalFaults({ refusal }: Observation, exchange: Exchange): string[] {
  if (refusal === undefined) return ['the SDK did not take it for a refusal'];
  const answered = exchange.answered as {
    readonly error_code?: unknown;
    readonly error_msg?: unknown;
  } | null;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['status', refusal.status, exchange.status],
    ['code', refusal.code, answered?.error_code],
    ['message', refusal.message, answered?.error_msg],
    ['request id', refusal.requestId, exchange.requestId],
  ];
  return pairs
    .filter(([, told, sent]) => told !== sent)
    .map(([what, told, sent]) => `the SDK tells ${what} ${JSON.stringify(told)} of ${JSON.stringify(sent)}`);
}

/** What the SDK's objects hold, against the answer on the wire. */
class Comparison {
  readonly faults: string[] = [];
  compared = 0;
  readonly #isUntyped: boolean;

  constructor(isUntyped: boolean) {
    this.#isUntyped = isUntyped;
  }

  compare(model: unknown, wire: unknown, rule: Rule | null, at: string): void {
    if (isNone(wire)) {
      // An object of the SDK of which nothing is set says nothing either.
      if (!isNone(model))
        this.faults.push(`the SDK has ${shortened(model)} for ${at}, where there is nothing`);
      else this.compared += 1;
      return;
    }
    if (Array.isArray(wire)) this.#compareLists(model, wire, rule, at);
    else if (typeof wire === 'object') this.#compareObjects(model, wire as Members, rule, at);
    else {
      this.compared += 1;
      if (!isSame(model, wire))
        this.faults.push(`the SDK has ${shortened(model)} for ${at}, which is ${shortened(wire)}`);
    }
  }

  #compareLists(model: unknown, wire: readonly unknown[], rule: Rule | null, at: string): void {
    if (!Array.isArray(model) || model.length !== wire.length) {
      this.faults.push(`the SDK has ${shortened(model)} for ${at}, a list of ${wire.length}`);
      return;
    }
    for (const [index, one] of wire.entries())
      this.compare(model[index], one, rule?.item ?? null, `${at}[${index}]`);
  }

  #compareObjects(model: unknown, wire: Members, rule: Rule | null, at: string): void {
    if (typeof model !== 'object' || model === null || Array.isArray(model)) {
      this.faults.push(`the SDK has ${shortened(model)} for ${at || 'the answer'}, an object`);
      return;
    }
    const members = rule?.members ?? null;
    for (const [name, value] of Object.entries(model as Members)) {
      const below = at === '' ? name : `${at}.${name}`;
      if (members !== null && !members.has(name))
        this.faults.push(`the SDK has a member ${below} that no rule knows`);
      this.compare(value, wire[name], members?.get(name) ?? null, below);
    }
    if (!this.#isUntyped) return;
    for (const name of Object.keys(wire))
      if (!(name in model)) this.faults.push(`the SDK lost ${at}.${name}`);
  }
}

type Members = Readonly<Record<string, unknown>>;

const isNone = (value: unknown): boolean => value === undefined || value === null;
const shortened = (value: unknown): string => JSON.stringify(value)?.slice(0, 120) ?? 'nothing';

/** Progress is a number of 32 bits in typed SDKs. */
function isSame(model: unknown, wire: unknown): boolean {
  if (typeof model === 'number' && typeof wire === 'number')
    return model === wire || Math.fround(model) === Math.fround(wire);
  return model === wire;
}

/** Parameters in the path of an operation's call; null: it is a call of something else. */
function pathParameters(operationId: string, { method, target }: Exchange): Record<string, string> | null {
  const operation = operations.find((one) => one.operationId === operationId);
  if (operation === undefined || operation.method !== method) return null;
  const wanted = operation.path.split('/');
  const found = (target.split('?')[0] ?? '').split('/');
  if (wanted.length !== found.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const value = found[index] ?? '';
    if (name === undefined && part !== value) return null;
    if (name !== undefined) parameters[name] = decodeURIComponent(value);
  }
  return parameters;
}
