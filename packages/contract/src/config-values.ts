import Type, { type Static } from 'typebox';
import { answer, flag, int32, listOf, notLookedAt, request, text } from './wire-types.ts';

export const InputIn = request(
  'InputIn',
  {
    name: text('Full name of the setting: linkConfig.host.'),
    value: Type.Optional(Type.Unknown({ description: 'Text, number, boolean or object.' })),
    type: notLookedAt(),
  },
  'A setting as sent.',
);
export type InputIn = Static<typeof InputIn>;

export const InputOut = answer(
  'InputOut',
  {
    name: text('Full name of the setting.'),
    value: Type.Optional(
      Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
        description: 'Text, or an object for a map. Absent for a secret.',
      }),
    ),
    type: Type.Optional(text('Kind of value.')),
    size: Type.Optional(int32('Longest text allowed.')),
    mandatory: Type.Optional(flag('Whether it must be set.')),
    sensitive: Type.Optional(flag('Whether it is secret and so never shown.')),
    defaultValue: Type.Optional(text('Value when it is not set, as text.')),
  },
  'A setting as shown.',
);
export type InputOut = Static<typeof InputOut>;

export const ConfigIn = request(
  'ConfigIn',
  {
    name: text(
      'Name of the group: linkConfig, fromJobConfig, toJobConfig, throttlingConfig, schedulerConfig, retryJobConfig, groupJobConfig.',
    ),
    inputs: Type.Optional(
      Type.Union([listOf(InputIn), Type.Object({}, { maxProperties: 0 })], {
        description: 'The settings; an empty object stands for none.',
      }),
    ),
    id: notLookedAt(),
    type: notLookedAt(),
  },
  'A group of settings as sent.',
);
export type ConfigIn = Static<typeof ConfigIn>;

export const ConfigOut = answer(
  'ConfigOut',
  {
    name: text('Name of the group.'),
    inputs: listOf(InputOut, 'The settings, always a list.'),
    id: Type.Optional(int32('Number of the group.')),
    type: Type.Optional(text('Kind of group.')),
  },
  'A group of settings as shown.',
);
export type ConfigOut = Static<typeof ConfigOut>;

export const ExtendedConfigs = request(
  'ExtendedConfigs',
  {
    name: Type.Optional(text('Name of the attribute.')),
    value: Type.Optional(text('Its value, Base64.')),
  },
  'A further attribute; one object, never a list.',
);
export type ExtendedConfigs = Static<typeof ExtendedConfigs>;

/** Published samples show a list where an object is meant, and people copy them. */
export const extendedConfigsIn = () =>
  Type.Optional(Type.Unknown({ description: 'A further attribute, in any form.' }));

export const ConfigValuesIn = request(
  'ConfigValuesIn',
  {
    configs: Type.Optional(listOf(ConfigIn, 'The groups of settings.')),
    'extended-configs': extendedConfigsIn(),
  },
  'Groups of settings as sent.',
);
export type ConfigValuesIn = Static<typeof ConfigValuesIn>;

export const ConfigValuesOut = answer(
  'ConfigValuesOut',
  {
    configs: listOf(ConfigOut, 'The groups of settings.'),
    'extended-configs': Type.Optional(ExtendedConfigs),
  },
  'Groups of settings as shown.',
);
export type ConfigValuesOut = Static<typeof ConfigValuesOut>;

export const ConnectorName = text('Name of a connector: generic-jdbc-connector, obs-connector and others.');
