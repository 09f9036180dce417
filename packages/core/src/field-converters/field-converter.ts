/** One converter of a field, as a job keeps it and a plan carries it. Plain JSON. */
export type FieldConverter =
  /** Keeps so many characters at both ends and replaces each one between. A text that is not longer than both: each one. */
  | {
      readonly kind: 'ANONYMIZATION';
      readonly reserveStart: number;
      readonly reserveEnd: number;
      /** One character. */
      readonly replaceChar: string;
    }
  /** Cuts blanks and control characters off both ends. */
  | { readonly kind: 'TRIM' }
  | { readonly kind: 'REVERSE' }
  /** Replaces every occurrence, literally. */
  | { readonly kind: 'REPLACE'; readonly search: string; readonly replacement: string }
  /** Removes every line feed and carriage return. */
  | { readonly kind: 'REMOVE_LINE_BREAK' }
  /** The result of the expression takes the field's place. */
  | { readonly kind: 'EXPRESSION'; readonly expression: string };
