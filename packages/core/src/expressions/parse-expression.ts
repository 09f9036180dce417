import { ExpressionSyntaxError } from './expression-error.ts';
import { functionNamed, isFunctionClass } from './function-table.ts';
import { expressionLimits } from './limits.ts';
import type { ArithmeticOperator, RelationalOperator } from './operators.ts';
import type { Syntax } from './syntax.ts';
import { type Token, tokensOf } from './tokens.ts';

/**
 * Parses an expression. Names are `value`, `row` and the published functions; there are no others, so nothing else can be reached.
 * @throws ExpressionSyntaxError syntax, unknown names and functions, a wrong number of arguments, limits.
 */
export function parseExpression(expression: string): Syntax {
  const parser = new Parser(tokensOf(expression));
  return parser.parse();
}

const relational = ['<', '<=', '>', '>='] as const;
const equality = ['==', '!='] as const;
const sums = ['+', '-'] as const;
const products = ['*', '/', '%'] as const;
const prefixes: ReadonlyMap<string, 'minus' | 'not' | 'empty'> = new Map([
  ['-', 'minus'],
  ['!', 'not'],
  ['empty', 'empty'],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Syntax {
    const syntax = this.#choice();
    const token = this.#peek();
    if (token.kind !== 'end') throw this.#unexpected(token);
    return syntax;
  }

  /** One level deeper. Conditions behind a condition are as deep as brackets. */
  #deeper(read: () => Syntax): Syntax {
    this.#depth += 1;
    if (this.#depth > expressionLimits.depthMax) {
      const { depthMax } = expressionLimits;
      throw new ExpressionSyntaxError(
        { en: `more than ${depthMax} levels inside each other`, zh: `嵌套超过 ${depthMax} 层` },
        this.#peek().at,
      );
    }
    const syntax = read();
    this.#depth -= 1;
    return syntax;
  }

  #choice(): Syntax {
    const condition = this.#or();
    if (!this.#take('?')) return condition;
    const yes = this.#deeper(() => this.#choice());
    this.#expect(':');
    const no = this.#deeper(() => this.#choice());
    return { kind: 'choice', condition, yes, no };
  }

  #or(): Syntax {
    const operands = [this.#and()];
    while (this.#take('||')) operands.push(this.#and());
    return operands.length === 1 ? (operands[0] as Syntax) : { kind: 'or', operands };
  }

  #and(): Syntax {
    const operands = [this.#equality()];
    while (this.#take('&&')) operands.push(this.#equality());
    return operands.length === 1 ? (operands[0] as Syntax) : { kind: 'and', operands };
  }

  #equality(): Syntax {
    return this.#relation(equality, () => this.#relation(relational, () => this.#sum()));
  }

  #relation(operators: readonly RelationalOperator[], operand: () => Syntax): Syntax {
    const first = operand();
    const rest: { operator: RelationalOperator; operand: Syntax }[] = [];
    for (;;) {
      const operator = operators.find((each) => this.#take(each));
      if (operator === undefined) break;
      rest.push({ operator, operand: operand() });
    }
    return rest.length === 0 ? first : { kind: 'relation', first, rest };
  }

  #sum(): Syntax {
    return this.#arithmetic(sums, () => this.#arithmetic(products, () => this.#unary()));
  }

  #arithmetic(operators: readonly ArithmeticOperator[], operand: () => Syntax): Syntax {
    const first = operand();
    const rest: { operator: ArithmeticOperator; operand: Syntax }[] = [];
    for (;;) {
      const operator = operators.find((each) => this.#take(each));
      if (operator === undefined) break;
      rest.push({ operator, operand: operand() });
    }
    return rest.length === 0 ? first : { kind: 'arithmetic', first, rest };
  }

  #unary(): Syntax {
    const token = this.#peek();
    const kind = token.kind === 'sign' ? prefixes.get(token.text) : undefined;
    if (kind === undefined) return this.#indexed();
    this.#next += 1;
    return { kind, operand: this.#deeper(() => this.#unary()) };
  }

  #indexed(): Syntax {
    const base = this.#primary();
    const keys: Syntax[] = [];
    for (;;) {
      if (this.#take('[')) {
        keys.push(this.#deeper(() => this.#choice()));
        this.#expect(']');
      } else if (this.#take('.')) {
        const name = this.#name();
        keys.push({ kind: 'constant', value: name });
      } else break;
    }
    return keys.length === 0 ? base : { kind: 'index', base, keys };
  }

  #primary(): Syntax {
    const token = this.#peek();
    this.#next += 1;
    switch (token.kind) {
      case 'text':
        return { kind: 'constant', value: token.value };
      case 'number':
        return { kind: 'constant', value: numberOf(token) };
      case 'name':
        return this.#named(token);
      case 'sign':
        if (token.text === '(') {
          const inner = this.#deeper(() => this.#choice());
          this.#expect(')');
          return inner;
        }
        if (token.text === 'true' || token.text === 'false')
          return { kind: 'constant', value: token.text === 'true' };
        if (token.text === 'null') return { kind: 'constant', value: null };
        throw this.#unexpected(token);
      case 'end':
        throw this.#unexpected(token);
    }
  }

  #named(token: Token & { readonly kind: 'name' }): Syntax {
    if (token.text === 'value') return { kind: 'value' };
    if (token.text === 'row') return { kind: 'row' };
    if (!isFunctionClass(token.text)) {
      throw new ExpressionSyntaxError(
        { en: `there is no name ${token.text}`, zh: `不存在名称 ${token.text}` },
        token.at,
      );
    }
    this.#expect('.');
    const name = `${token.text}.${this.#name()}`;
    const entry = functionNamed(name);
    if (entry === undefined) {
      throw new ExpressionSyntaxError(
        { en: `there is no function ${name}`, zh: `不存在函数 ${name}` },
        token.at,
      );
    }
    const args = this.#arguments();
    if (args.length < entry.argsMin || args.length > entry.argsMax) {
      const wanted =
        entry.argsMin === entry.argsMax ? `${entry.argsMin}` : `${entry.argsMin} - ${entry.argsMax}`;
      throw new ExpressionSyntaxError(
        {
          en: `${name} takes ${wanted} arguments, not ${args.length}`,
          zh: `${name} 需要 ${wanted} 个参数，而不是 ${args.length} 个`,
        },
        token.at,
      );
    }
    return { kind: 'call', name, args };
  }

  #arguments(): readonly Syntax[] {
    this.#expect('(');
    const args: Syntax[] = [];
    if (this.#take(')')) return args;
    do args.push(this.#deeper(() => this.#choice()));
    while (this.#take(','));
    this.#expect(')');
    return args;
  }

  #name(): string {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#unexpected(token);
    this.#next += 1;
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(sign: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'sign' || token.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (this.#take(sign)) return;
    const token = this.#peek();
    const found = shownToken(token);
    throw new ExpressionSyntaxError(
      { en: `${sign} is expected, not ${found.en}`, zh: `此处应为 ${sign}，而不是${found.zh}` },
      token.at,
    );
  }

  #unexpected(token: Token): ExpressionSyntaxError {
    const found = shownToken(token);
    return new ExpressionSyntaxError(
      { en: `${found.en} is not expected`, zh: `此处不应出现${found.zh}` },
      token.at,
    );
  }
}

function numberOf(token: Token & { readonly kind: 'number' }): bigint | number {
  if (!token.isFloating) {
    // More digits than any column holds.
    if (token.text.length > 600) {
      throw new ExpressionSyntaxError({ en: 'a number is too long', zh: '数字过长' }, token.at);
    }
    return BigInt(token.text);
  }
  const number = Number(token.text);
  if (Number.isFinite(number)) return number;
  throw new ExpressionSyntaxError({ en: 'a number is too large', zh: '数字过大' }, token.at);
}

function shownToken(token: Token): { readonly en: string; readonly zh: string } {
  switch (token.kind) {
    case 'end':
      return { en: 'the end', zh: '结尾' };
    case 'text':
      return { en: 'a text', zh: '文本' };
    default:
      return { en: token.text, zh: ` ${token.text} ` };
  }
}
