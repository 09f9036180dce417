import Type, { type TObjectOptions, type TProperties, type TSchema, type TSchemaOptions } from 'typebox';

// The words in which the schemas beside this file are written. A width (`int32`, `int64`, `float`) is written down
// because typed clients reject a number that does not fit, and with it the whole answer.

/** The largest value of a 32-bit member. What is larger must be clamped to it before it is sent. */
export const int32Max = 2_147_483_647;

/** Clamps a count to what a 32-bit member can hold. */
export function clampInt32(value: number): number {
  return Math.max(-int32Max - 1, Math.min(int32Max, Math.trunc(value)));
}

function described(description: string, more: TSchemaOptions): TSchemaOptions {
  return description === '' ? more : { description, ...more };
}

export const text = (description = '', more: TSchemaOptions = {}) =>
  Type.String(described(description, more));

export const textOrNull = (description = '', more: TSchemaOptions = {}) =>
  Type.Union([Type.String(), Type.Null()], described(description, more));

export const flag = (description = '', more: TSchemaOptions = {}) =>
  Type.Boolean(described(description, more));

export const int32 = (description = '', more: TSchemaOptions = {}) =>
  Type.Integer({ ...described(description, more), format: 'int32' });

export const int64 = (description = '', more: TSchemaOptions = {}) =>
  Type.Integer({ ...described(description, more), format: 'int64' });

/** Unix milliseconds as a JSON number. Text, or a number with a decimal point, breaks typed clients. */
export const timestamp = (description: string) => int64(`${description} Unix milliseconds.`);

export const float32 = (description = '', more: TSchemaOptions = {}) =>
  Type.Number({ ...described(description, more), format: 'float' });

export const oneOfTexts = <const Values extends string[]>(
  values: readonly [...Values],
  description = '',
  more: TSchemaOptions = {},
) => Type.Enum<Values>(values, { type: 'string', ...described(description, more) });

export const listOf = <Item extends TSchema>(item: Item, description = '', more: TSchemaOptions = {}) =>
  Type.Array(item, described(description, more));

export const orNull = <Schema extends TSchema>(schema: Schema, description = '') =>
  Type.Union([schema, Type.Null()], described(description, {}));

/**
 * Keyword of a member that is kept and given back while nothing here acts on it: `{ [effectKeyword]: 'none' }`. The
 * compatibility report counts it as ignored.
 */
export const effectKeyword = 'x-effect';

/** A member that clients echo from an answer and that is not looked at: any value passes. */
export const notLookedAt = () =>
  Type.Optional(Type.Unknown({ description: 'Accepted in any form and not looked at.' }));

/**
 * An object of a request: members it does not name are allowed, because clients of other versions send more.
 * The title is the name under which the API description lists it.
 */
export function request<Members extends TProperties>(
  title: string,
  members: Members,
  description = '',
  more: TObjectOptions = {},
) {
  return Type.Object(members, { title, ...described(description, more) });
}

/** An object of an answer: exactly the members it names. */
export function answer<Members extends TProperties>(
  title: string,
  members: Members,
  description = '',
  more: TObjectOptions = {},
) {
  return Type.Object(members, { title, ...described(description, more), additionalProperties: false });
}

/** An object without a name of its own in an answer. */
export function part<Members extends TProperties>(members: Members, description = '') {
  return Type.Object(members, { ...described(description, {}), additionalProperties: false });
}

/** An object without a name of its own in a request. */
export function requestPart<Members extends TProperties>(members: Members, description = '') {
  return Type.Object(members, described(description, {}));
}
