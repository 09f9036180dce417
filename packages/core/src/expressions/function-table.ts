import { dateFunctions, nowFunctions } from './date-functions.ts';
import type { FunctionEntry } from './function-entry.ts';
import { commonFunctions, httpsFunctions } from './map-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { stringFunctions } from './string-functions.ts';

/** The published functions by class; there are no others. */
const classes: ReadonlyMap<string, Readonly<Record<string, FunctionEntry>>> = new Map([
  ['StringUtils', stringFunctions],
  ['NumberUtils', numberFunctions],
  ['DateUtils', dateFunctions],
  ['DateUtil', nowFunctions],
  ['CommonUtils', commonFunctions],
  ['HttpsUtils', httpsFunctions],
]);

/** By full name. A map, for an object would have names of its own, such as `constructor`. */
const functions: ReadonlyMap<string, FunctionEntry> = new Map(
  [...classes].flatMap(([className, entries]) =>
    Object.entries(entries).map(([name, entry]) => [`${className}.${name}`, entry] as const),
  ),
);

export function isFunctionClass(name: string): boolean {
  return classes.has(name);
}

/** @param name with its class: `StringUtils.trim`. */
export function functionNamed(name: string): FunctionEntry | undefined {
  return functions.get(name);
}

/** Names with their classes, and the numbers of their arguments, in the table's order. */
export function functionNames(): readonly string[] {
  return [...functions.keys()];
}
