import { type FunctionEntry, floatingNumber, textAt, wholeNumber } from './function-entry.ts';
import { numberOf } from './values.ts';

// `NumberUtils` of Apache Commons Lang: text to number, and a default, 0 when none is given, for what is none.

const wholeForm = /^[+-]?\d{1,19}$/;
const floatingForm = /^\s*(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?[dDfF]?|NaN|[+-]?Infinity)\s*$/;

function toWhole(bits: number): FunctionEntry {
  return {
    argsMin: 1,
    argsMax: 2,
    result: wholeNumber,
    call(args, evaluation) {
      const text = textAt(args, 0, evaluation);
      if (text !== null && wholeForm.test(text)) {
        const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
        if (BigInt.asIntN(bits, number) === number) return number;
      }
      if (args.length < 2) return 0n;
      return BigInt.asIntN(bits, BigInt(Math.trunc(Number(numberOf(args[1] ?? null)))));
    },
  };
}

function toFloating(rounded: (number: number) => number): FunctionEntry {
  return {
    argsMin: 1,
    argsMax: 2,
    result: floatingNumber,
    call(args, evaluation) {
      const text = textAt(args, 0, evaluation);
      if (text !== null && text.length <= 1_000 && floatingForm.test(text)) {
        return rounded(Number(text.trim().replace(/[dDfF]$/, '')));
      }
      return args.length < 2 ? 0 : rounded(Number(numberOf(args[1] ?? null)));
    },
  };
}

/** The number of 32 bits next to it, written with no more digits than that needs: 1.1 stays 1.1. */
function shortest(number: number): number {
  const wanted = Math.fround(number);
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(wanted.toPrecision(digits));
    if (Math.fround(candidate) === wanted) return candidate;
  }
  return wanted;
}

export const numberFunctions: Readonly<Record<string, FunctionEntry>> = {
  toByte: toWhole(8),
  toShort: toWhole(16),
  toInt: toWhole(32),
  toLong: toWhole(64),
  toDouble: toFloating((number) => number),
  toFloat: toFloating(shortest),
};
