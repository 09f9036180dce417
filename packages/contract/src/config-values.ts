import Type, { type Static } from 'typebox';
import { answer, flag, int32, listOf, notLookedAt, request, text } from './wire-types.ts';

export const InputIn = request('InputIn', {
  name: text(),
  value: Type.Optional(Type.Unknown()),
  type: notLookedAt(),
});
export type InputIn = Static<typeof InputIn>;

export const InputOut = answer('InputOut', {
  name: text(),
  value: Type.Optional(
    Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown()), Type.Null()], { description: '' }),
  ),
  type: Type.Optional(text()),
  size: Type.Optional(int32()),
  mandatory: Type.Optional(flag()),
  sensitive: Type.Optional(flag()),
  defaultValue: Type.Optional(text()),
});
export type InputOut = Static<typeof InputOut>;

export const ConfigIn = request('ConfigIn', {
  name: text(),
  inputs: Type.Optional(
    Type.Union([listOf(InputIn), Type.Object({}, { maxProperties: 0 })], { description: '' }),
  ),
  id: notLookedAt(),
  type: notLookedAt(),
});
export type ConfigIn = Static<typeof ConfigIn>;

export const ConfigOut = answer('ConfigOut', {
  name: text(),
  inputs: listOf(InputOut),
  id: Type.Optional(int32()),
  type: Type.Optional(text()),
});
export type ConfigOut = Static<typeof ConfigOut>;

export const ExtendedConfigs = request('ExtendedConfigs', {
  name: Type.Optional(text()),
  value: Type.Optional(text()),
});
export type ExtendedConfigs = Static<typeof ExtendedConfigs>;

export const ConfigValuesIn = request('ConfigValuesIn', {
  configs: Type.Optional(listOf(ConfigIn)),
  'extended-configs': Type.Optional(ExtendedConfigs),
});
export type ConfigValuesIn = Static<typeof ConfigValuesIn>;

export const ConfigValuesOut = answer('ConfigValuesOut', {
  configs: listOf(ConfigOut),
  'extended-configs': Type.Optional(ExtendedConfigs),
});
export type ConfigValuesOut = Static<typeof ConfigValuesOut>;

export const ConnectorName = text('');
