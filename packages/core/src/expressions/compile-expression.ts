import type { Evaluation } from './evaluation.ts';
import { ExpressionRunError } from './expression-error.ts';
import { functionNamed } from './function-table.ts';
import { arithmetic, isEmpty, negated, plus, related } from './operators.ts';
import { parseExpression } from './parse-expression.ts';
import type { Syntax } from './syntax.ts';
import { type ElValue, numberOf, RowValue, shownValue, textOf, truthOf } from './values.ts';

/** Evaluates an expression for one row. @throws ExpressionRunError the row is dirty; MapNeeded fetch a file first. */
export type Evaluate = (evaluation: Evaluation) => ElValue;

export interface CompiledExpression {
  readonly syntax: Syntax;
  readonly evaluate: Evaluate;
}

/** Once per expression and slice. @throws ExpressionSyntaxError */
export function compileExpression(expression: string): CompiledExpression {
  const syntax = parseExpression(expression);
  return { syntax, evaluate: compile(syntax) };
}

function compile(syntax: Syntax): Evaluate {
  switch (syntax.kind) {
    case 'constant': {
      const { value } = syntax;
      return () => value;
    }
    case 'value':
      return (evaluation) => evaluation.value;
    case 'row':
      return (evaluation) => new RowValue(evaluation.row);
    case 'index':
      return compileIndex(syntax);
    case 'call':
      return compileCall(syntax);
    case 'not': {
      const operand = compile(syntax.operand);
      return (evaluation) => !truthOf(operand(evaluation));
    }
    case 'minus': {
      const operand = compile(syntax.operand);
      return (evaluation) => negated(operand(evaluation));
    }
    case 'empty': {
      const operand = compile(syntax.operand);
      return (evaluation) => isEmpty(operand(evaluation));
    }
    case 'and': {
      const operands = syntax.operands.map(compile);
      return (evaluation) => operands.every((operand) => truthOf(operand(evaluation)));
    }
    case 'or': {
      const operands = syntax.operands.map(compile);
      return (evaluation) => operands.some((operand) => truthOf(operand(evaluation)));
    }
    case 'arithmetic':
      return compileArithmetic(syntax);
    case 'relation': {
      const first = compile(syntax.first);
      const rest = syntax.rest.map(({ operator, operand }) => ({ operator, operand: compile(operand) }));
      return (evaluation) => {
        let value = first(evaluation);
        for (const { operator, operand } of rest) value = related(operator, value, operand(evaluation));
        return value;
      };
    }
    case 'choice': {
      const condition = compile(syntax.condition);
      const yes = compile(syntax.yes);
      const no = compile(syntax.no);
      return (evaluation) => (truthOf(condition(evaluation)) ? yes : no)(evaluation);
    }
  }
}

function compileArithmetic(syntax: Syntax & { readonly kind: 'arithmetic' }): Evaluate {
  const first = compile(syntax.first);
  const rest = syntax.rest.map(({ operator, operand }) => ({ operator, operand: compile(operand) }));
  return (evaluation) => {
    let value = first(evaluation);
    for (const { operator, operand } of rest) {
      const right = operand(evaluation);
      value = operator === '+' ? plus(value, right) : arithmetic(operator, value, right);
      evaluation.work(typeof value === 'string' ? value.length : 64);
    }
    return value;
  };
}

function compileCall(syntax: Syntax & { readonly kind: 'call' }): Evaluate {
  const entry = functionNamed(syntax.name);
  if (entry === undefined) throw new RangeError(`no function ${syntax.name}`);
  const { call } = entry;
  const args = syntax.args.map(compile);
  return (evaluation) =>
    call(
      args.map((arg) => arg(evaluation)),
      evaluation,
    );
}

/** `row[0]`, `map[key]`: the only two things that have parts. null of anything is null, as in JSP EL. */
function compileIndex(syntax: Syntax & { readonly kind: 'index' }): Evaluate {
  const base = compile(syntax.base);
  const keys = syntax.keys.map(compile);
  return (evaluation) => {
    let value = base(evaluation);
    for (const key of keys) {
      const isRow = value instanceof RowValue;
      value = partOf(value, key(evaluation));
      if (isRow) evaluation.allow(value);
    }
    return value;
  };
}

function partOf(value: ElValue, key: ElValue): ElValue {
  if (value === null || key === null) return null;
  if (value instanceof Map) return value.get(textOf(key) ?? '') ?? null;
  if (value instanceof RowValue) return fieldAt(value, key);
  const [shown, name] = [shownValue(value), shownValue(key)];
  throw new ExpressionRunError({ en: `${shown} has no part ${name}`, zh: `${shown} 没有成员 ${name}` });
}

function fieldAt(row: RowValue, key: ElValue): ElValue {
  const index = Number(numberOf(key));
  if (Number.isInteger(index) && index >= 0 && index < row.fields.length) return row.fields.at(index);
  const shown = shownValue(key);
  const count = row.fields.length;
  throw new ExpressionRunError({
    en: `the row has no field ${shown}: it has ${count}, counted from 0`,
    zh: `行中没有字段 ${shown}：共 ${count} 个，从 0 开始`,
  });
}
