// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import Type, { type Static } from 'typebox';
import { answer, flag, int64, listOf, oneOfTexts, orNull, request, text } from './wire-types.ts';

// Variables of clusters and projects. Members are in snake_case throughout; times are Unix milliseconds.

/** Characters of a value. */
export const variableValueCharsMax = 4_096;

/** Characters that a secret value has at least: a shorter one could not be told from other text when it is masked. */
export const secretValueCharsMin = 6;

export const Variable = answer(
  'Variable',
  {
    name: text('Name, as jobs refer to it: ${name}.'),
    scope: oneOfTexts(
      ['cluster', 'project'],
      'Whose it is; a variable of a cluster comes before one of its project.',
    ),
    value: orNull(Type.String(), 'Its value; null: it is secret.'),
    is_secret: flag('Whether its value is never shown.'),
    updated_by: text('Who last set it.'),
    updated_at: int64('Last set at this time. Unix milliseconds.'),
  },
  'A variable that jobs may use in their settings.',
);
export type Variable = Static<typeof Variable>;

export const ListVariablesResponse = answer(
  'ListVariablesResponse',
  { variables: listOf(Variable, 'By name.') },
  'Variables of a cluster or of a project.',
);
export type ListVariablesResponse = Static<typeof ListVariablesResponse>;

export const PutVariableRequest = request(
  'PutVariableRequest',
  {
    value: text('The value. Secret ones have 6 characters at least.', { maxLength: variableValueCharsMax }),
    is_secret: Type.Optional(
      flag('Whether the value is kept sealed, never shown, and masked in texts of runs.', { default: false }),
    ),
  },
  'The value of a variable.',
);
export type PutVariableRequest = Static<typeof PutVariableRequest>;

export const DeleteVariableResponse = answer('DeleteVariableResponse', {}, 'The variable is gone.');
export type DeleteVariableResponse = Static<typeof DeleteVariableResponse>;
