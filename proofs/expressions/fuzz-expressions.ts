import { compileExpression } from '../../packages/core/src/expressions/compile-expression.ts';
import { Decimal } from '../../packages/core/src/expressions/decimal.ts';
import { Evaluation, type RunScope } from '../../packages/core/src/expressions/evaluation.ts';
import {
  ExpressionRunError,
  ExpressionSyntaxError,
  MapNeeded,
} from '../../packages/core/src/expressions/expression-error.ts';
import { type ElValue, FieldText, Moment, RowValue } from '../../packages/core/src/expressions/values.ts';
import { grammarMade, mutated, pick, type Random, stubborn } from './random-expressions.ts';

/** Longest time that one expression may take to be compiled and evaluated, in milliseconds. */
export const hangMs = 50;
/** A case that took longer is tried again, for the machine may have been elsewhere: the best time of so many counts. */
const triesMax = 4;

export interface FuzzCounts {
  cases: number;
  /** Had a value. */
  valued: number;
  /** No expression: told so. */
  refused: number;
  /** No value for this row: told so. */
  dirty: number;
  crashes: number;
  hangs: number;
  /** Host objects among the values, canaries that were reached. */
  reached: number;
  slowestMs: number;
  /** The beginning of the one that took longest. */
  slowest: string;
}

export interface FuzzResult extends FuzzCounts {
  /** The first that went wrong, for people; null: none. */
  readonly first: string | null;
}

const fields: readonly ElValue[] = [
  'text',
  42n,
  2.5,
  new Decimal(1050n, 2),
  true,
  null,
  new FieldText('2018-01-05 15:15:05.0', '2018-01-05 15:15:05', () => 1_515_165_305_000),
  new Uint8Array([1, 2]),
];
const row = { length: fields.length, at: (index: number) => fields[index] ?? null };

/** Expressions made by the grammar, bent ones, and ones made to take long; of each what becomes of it. */
export function fuzzExpressions(count: number, random: Random): FuzzResult {
  const counts: FuzzCounts = {
    cases: 0,
    valued: 0,
    refused: 0,
    dirty: 0,
    crashes: 0,
    hangs: 0,
    reached: 0,
    slowestMs: 0,
    slowest: '',
  };
  let first: string | null = null;
  const wrong = (what: string, expression: string) => {
    first ??= `${what}: ${JSON.stringify(expression.slice(0, 500))}`;
  };
  const canaries = setCanaries();
  let before = grammarMade(random, 3);
  try {
    for (let i = 0; i < count; i++) {
      const expression = nextExpression(random, before);
      if (expression.length < 2_000) before = expression;
      counts.cases += 1;
      const value = pick(random, fields);
      let { what, ms } = tryOut(expression, value, canaries);
      for (let tries = 1; ms > hangMs && tries < triesMax; tries++) {
        ms = Math.min(ms, tryOut(expression, value, canaries).ms);
      }
      if (ms > counts.slowestMs) {
        counts.slowestMs = Number(ms.toFixed(1));
        counts.slowest = expression.slice(0, 80);
      }
      if (ms > hangMs) {
        counts.hangs += 1;
        wrong(`took ${ms.toFixed(0)} ms`, expression);
      }
      if (canaries.reached() > 0) what = 'reached';
      if (what === 'crashes' || what === 'reached') wrong(what, expression);
      counts[what] += 1;
      canaries.forget();
    }
  } finally {
    canaries.remove();
  }
  return { ...counts, first };
}

function nextExpression(random: Random, before: string): string {
  const dice = random();
  if (dice < 0.5) return grammarMade(random, 1 + Math.floor(random() * 5));
  return dice < 0.99 ? mutated(random, before) : stubborn(random);
}

type Outcome = 'valued' | 'refused' | 'dirty' | 'crashes' | 'reached';

function tryOut(expression: string, value: ElValue, canaries: Canaries): { what: Outcome; ms: number } {
  const scope: RunScope = {
    zone: 'Europe/Berlin',
    nowMs: 1_508_115_600_000,
    newUuid: () => '00000000-0000-4000-8000-000000000000',
    files: new Map([['http://127.0.0.1/x.csv', new Map([['a', 'b']])]]),
    cache: new Map([['key', new Map([['text', 'found']])]]),
  };
  const evaluation = new Evaluation(scope, row, null);
  const start = performance.now();
  let what: Outcome;
  canaries.watch(true);
  try {
    const { evaluate } = compileExpression(expression);
    evaluation.begin(row, value);
    what = isOwnValue(evaluate(evaluation)) ? 'valued' : 'reached';
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) what = 'refused';
    else what = error instanceof ExpressionRunError || error instanceof MapNeeded ? 'dirty' : 'crashes';
  } finally {
    canaries.watch(false);
  }
  return { what, ms: performance.now() - start };
}

/** Nothing but values of the language, made of texts where they are made of something. */
function isOwnValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
    case 'number':
      return true;
    case 'object':
      if (value instanceof Map) {
        return [...value].every(([key, text]) => typeof key === 'string' && typeof text === 'string');
      }
      return (
        value === null ||
        value instanceof Decimal ||
        value instanceof Moment ||
        value instanceof FieldText ||
        value instanceof RowValue ||
        (value instanceof Uint8Array && fields.includes(value))
      );
    default:
      return false;
  }
}

interface Canaries {
  watch(isOn: boolean): void;
  /** How often one was reached. */
  reached(): number;
  forget(): void;
  remove(): void;
}

/** Members that everything inherits, globals, and the makers of code, which tell when they are touched. */
function setCanaries(): Canaries {
  let isWatching = false;
  let count = 0;
  const touched = () => {
    if (isWatching) count += 1;
  };
  const undo: (() => void)[] = [];
  const trap = (owner: object, name: string) => {
    const original = Object.getOwnPropertyDescriptor(owner, name);
    const value: unknown = original?.value;
    Object.defineProperty(owner, name, {
      configurable: true,
      get() {
        touched();
        return value;
      },
      set() {
        touched();
      },
    });
    undo.push(() => {
      if (original === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, original);
    });
  };
  const asyncFunction = Object.getPrototypeOf(async () => undefined) as object;
  const generator = Object.getPrototypeOf(function* () {
    yield undefined;
  }) as object;
  for (const owner of [Function.prototype, asyncFunction, generator]) trap(owner, 'constructor');
  for (const owner of [Object.prototype, Function.prototype, globalThis]) trap(owner, 'canary');
  for (const name of ['eval', 'Function', 'require', 'import', 'this']) trap(globalThis, name);
  for (const name of ['__defineGetter__', '__lookupGetter__', 'hasOwnProperty']) trap(Object.prototype, name);
  return {
    watch: (isOn) => {
      isWatching = isOn;
    },
    reached: () => count,
    forget: () => {
      count = 0;
    },
    remove: () => {
      for (const each of undo.reverse()) each();
    },
  };
}
