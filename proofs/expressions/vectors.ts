import { readFileSync } from 'node:fs';
import { compileExpression } from '../../packages/core/src/expressions/compile-expression.ts';
import { Evaluation } from '../../packages/core/src/expressions/evaluation.ts';
import { compileTemplate } from '../../packages/core/src/expressions/field-template.ts';
import type { ElValue, TextMap } from '../../packages/core/src/expressions/values.ts';
import { compileConverters } from '../../packages/core/src/field-converters/compile-converters.ts';
import { parseDate } from '../../packages/core/src/time/simple-date-format.ts';
import { converterOf } from '../../packages/server/src/planner/field-converters.ts';
import { filledText, type TextFacts } from '../../packages/server/src/planner/setting-texts.ts';

/** One vector: what goes in, what must come out, and whether the rule is published or proposed. */
export interface Vector {
  readonly function: string;
  readonly example_input: Readonly<Record<string, unknown>>;
  readonly example_output: unknown;
  readonly basis: 'documented' | 'proposed';
}

export interface VectorCount {
  passed: number;
  total: number;
}

export interface VectorResult {
  readonly documented: VectorCount;
  readonly proposed: VectorCount;
  /** For people: function, input, what was wanted and found. */
  readonly failures: readonly string[];
}

export function readVectors(): readonly Vector[] {
  return JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[];
}

/** Carries out every vector: expressions, converters, and the macros that stand in expressions and added fields. */
export function runVectors(vectors: readonly Vector[]): VectorResult {
  const documented = { passed: 0, total: 0 };
  const proposed = { passed: 0, total: 0 };
  const failures: string[] = [];
  for (const vector of vectors) {
    const count = vector.basis === 'documented' ? documented : proposed;
    count.total += 1;
    const found = outcomeOf(vector);
    if (isWanted(vector.example_output, found)) count.passed += 1;
    else {
      const parts = [vector.function, vector.example_input, vector.example_output, found];
      failures.push(parts.map((part) => JSON.stringify(part)).join(' | '));
    }
  }
  return { documented, proposed, failures };
}

function outcomeOf(vector: Vector): unknown {
  try {
    return plainOf(carryOut(vector));
  } catch (error) {
    return `thrown: ${(error as Error).message}`;
  }
}

function carryOut({ function: name, example_input: input }: Vector): unknown {
  const facts = factsOf(input);
  const fill = (text: string) => filledText('fromJobConfig.sampleValueColumn', text, facts);
  const evaluation = evaluationOf(input, facts);
  if (name.startsWith('converter: ')) return compileConverters([converterNamed(name, input)])(evaluation);
  const { expression, field_value: field, text, partitions } = input as Record<string, string | undefined>;
  if (Array.isArray(partitions)) {
    return partitions.filter((partition: string) => {
      const filter = fill(String(text)).replaceAll('${' + 'value}', partition);
      return compileExpression(filter).evaluate(evaluation);
    });
  }
  if (expression !== undefined) return compileExpression(fill(expression)).evaluate(evaluation);
  if (field === undefined) return fill(String(text));
  const template = compileTemplate(fill(field));
  return template.kind === 'constant' ? template.text : template.evaluate(evaluation);
}

/** A converter goes through the layout that jobs carry it in. */
function converterNamed(name: string, { value: _, ...parameters }: Vector['example_input']) {
  const converter = name.slice('converter: '.length);
  return converterOf({ field: 'f', converter, ...parameters } as never, 0).converter;
}

function evaluationOf(input: Vector['example_input'], { clock }: TextFacts): Evaluation {
  const fields = (input.row as readonly unknown[] | undefined) ?? [];
  const files = new Map<string, TextMap>();
  if (typeof input.file === 'string') {
    const lines = input.file.trim().split('\n');
    files.set('http://host/IpList.csv', new Map(lines.map((line) => line.split(',') as [string, string])));
  }
  const cache = Object.entries((input.cache as Record<string, object> | undefined) ?? {});
  const scope = {
    zone: clock.zone,
    nowMs: clock.now,
    newUuid: () => globalThis.crypto.randomUUID(),
    files,
    cache: new Map(cache.map(([key, map]) => [key, new Map(Object.entries(map))])),
  };
  const row = { length: fields.length, at: (index: number) => fieldOf(fields[index]) };
  return new Evaluation(scope, row, fieldOf(input.value));
}

/** Whole numbers are those of a whole column. */
function fieldOf(value: unknown): ElValue {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : ((value ?? null) as ElValue);
}

function factsOf(input: Vector['example_input']): TextFacts {
  const text = (name: string): string | null => (typeof input[name] === 'string' ? input[name] : null);
  const zone = text('tz') ?? 'UTC';
  const now = text('now');
  const pattern = now?.includes('.') ? 'yyyy-MM-dd HH:mm:ss.SSS' : 'yyyy-MM-dd HH:mm:ss';
  const variables = (input.variables ?? {}) as Record<string, string>;
  return {
    variable: (name) => variables[name],
    clock: { now: now === null ? Number(input.now_ms ?? 0) : parseDate(now, pattern, zone), zone },
    tableName: text('tableName'),
    version: text('version'),
    marks: (input.source as TextFacts['marks'] | undefined) ?? null,
  };
}

/** As JSON has it. */
function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

function isWanted(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === 'string' && wanted.startsWith('matches ')) {
    return typeof found === 'string' && new RegExp(wanted.slice('matches '.length)).test(found);
  }
  return JSON.stringify(wanted) === JSON.stringify(found);
}
