import type { ArithmeticOperator, RelationalOperator } from './operators.ts';
import type { ElValue } from './values.ts';

/** An expression taken apart. Operators of one level stand in one node, however many they are, so that its depth is that of its brackets. */
export type Syntax =
  | { readonly kind: 'constant'; readonly value: ElValue }
  /** The field's value. */
  | { readonly kind: 'value' }
  | { readonly kind: 'row' }
  | { readonly kind: 'index'; readonly base: Syntax; readonly keys: readonly Syntax[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Syntax[] }
  | { readonly kind: 'not' | 'minus' | 'empty'; readonly operand: Syntax }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Syntax[] }
  | {
      readonly kind: 'arithmetic';
      readonly first: Syntax;
      readonly rest: readonly { readonly operator: ArithmeticOperator; readonly operand: Syntax }[];
    }
  | {
      readonly kind: 'relation';
      readonly first: Syntax;
      readonly rest: readonly { readonly operator: RelationalOperator; readonly operand: Syntax }[];
    }
  | { readonly kind: 'choice'; readonly condition: Syntax; readonly yes: Syntax; readonly no: Syntax };
