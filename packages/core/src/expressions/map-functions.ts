import { ExpressionRunError, MapNeeded } from './expression-error.ts';
import { anyText, type FunctionEntry, requiredText, textAt, truth, wholeNumber } from './function-entry.ts';
import { expressionLimits } from './limits.ts';
import { shownValue } from './values.ts';

/** IPv4 as its number. */
function addressNumber(text: string): bigint {
  const parts = text.split('.');
  const isAddress =
    parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  if (isAddress) return BigInt(parts.reduce((sum, part) => sum * 256 + Number(part), 0));
  const shown = shownValue(text);
  throw new ExpressionRunError({ en: `${shown} is no IPv4 address`, zh: `${shown} 不是 IPv4 地址` });
}

export const commonFunctions: Readonly<Record<string, FunctionEntry>> = {
  randomUUID: {
    argsMin: 0,
    argsMax: 0,
    result: anyText,
    isRandom: true,
    call: (_args, evaluation) => evaluation.scope.newUuid(),
  },
  ipToLong: {
    argsMin: 1,
    argsMax: 1,
    result: wholeNumber,
    call(args, evaluation) {
      const text = textAt(args, 0, evaluation);
      return text === null ? null : addressNumber(text);
    },
  },
  setCache: {
    argsMin: 2,
    argsMax: 2,
    result: null,
    call(args, evaluation) {
      const { cache } = evaluation.scope;
      const key = requiredText(args, 0, 'the key');
      const map = args[1] ?? null;
      if (!(map instanceof Map)) {
        const shown = shownValue(map);
        throw new ExpressionRunError({ en: `${shown} is no map`, zh: `${shown} 不是映射` });
      }
      if (cache.size >= expressionLimits.mapsMax && !cache.has(key)) {
        const { mapsMax } = expressionLimits;
        throw new ExpressionRunError({
          en: `a run keeps at most ${mapsMax} maps`,
          zh: `一次运行最多保存 ${mapsMax} 个映射`,
        });
      }
      cache.set(key, map);
      return null;
    },
  },
  getCache: {
    argsMin: 1,
    argsMax: 1,
    result: null,
    call: (args, evaluation) => evaluation.scope.cache.get(requiredText(args, 0, 'the key')) ?? null,
  },
  cacheExists: {
    argsMin: 1,
    argsMax: 1,
    result: truth,
    call: (args, evaluation) => evaluation.scope.cache.has(requiredText(args, 0, 'the key')),
  },
};

export const httpsFunctions: Readonly<Record<string, FunctionEntry>> = {
  downloadMap: {
    argsMin: 1,
    argsMax: 1,
    result: null,
    call(args, evaluation) {
      const url = requiredText(args, 0, 'the address');
      const file = evaluation.scope.files.get(url);
      if (file === undefined) throw new MapNeeded(url);
      return file;
    },
  },
};
