import Type, { type Static } from 'typebox';
import { ConfigIn, ConfigOut, ConnectorName, ExtendedConfigs, extendedConfigsIn } from './config-values.ts';
import { CdmErrorMembers } from './errors.ts';
import {
  answer,
  flag,
  int32,
  listOf,
  notLookedAt,
  oneOfTexts,
  orNull,
  part,
  request,
  requestPart,
  text,
  timestamp,
} from './wire-types.ts';

export const ValidationMessage = answer(
  'ValidationMessage',
  {
    message: Type.Optional(text('What was found.')),
    status: Type.Optional(oneOfTexts(['ERROR', 'WARNING'], 'How grave it is.')),
  },
  'A finding.',
);
export type ValidationMessage = Static<typeof ValidationMessage>;

export const LinkValidationResult = answer(
  'LinkValidationResult',
  {
    linkConfig: Type.Optional(listOf(ValidationMessage, 'Findings on the group linkConfig.')),
  },
  'Findings by group of settings; empty when there are none.',
);
export type LinkValidationResult = Static<typeof LinkValidationResult>;

export const LinkValidationFailure = answer(
  'LinkValidationFailure',
  {
    'validation-result': listOf(LinkValidationResult, 'What was found, by group of settings.', {
      minItems: 1,
    }),
    ...CdmErrorMembers,
  },
  'A link that did not pass its check: the findings beside the usual members of an error.',
);
export type LinkValidationFailure = Static<typeof LinkValidationFailure>;

export const LinkIn = request(
  'LinkIn',
  {
    name: text('Name of the link.'),
    'connector-name': ConnectorName,
    'link-config-values': requestPart({
      configs: listOf(ConfigIn, 'The groups of settings.'),
      'extended-configs': extendedConfigsIn(),
      validators: Type.Optional(orNull(listOf(text()), 'Names of checks.')),
    }),
    enabled: Type.Optional(flag('Whether it may be used.', { default: true })),
    id: notLookedAt(),
    'creation-user': notLookedAt(),
    'creation-date': notLookedAt(),
    'update-user': notLookedAt(),
    'update-date': notLookedAt(),
  },
  'A link as sent.',
);
export type LinkIn = Static<typeof LinkIn>;

export const LinkOut = answer(
  'LinkOut',
  {
    name: text('Name of the link.'),
    'connector-name': ConnectorName,
    'link-config-values': part({
      configs: listOf(ConfigOut, 'The groups of settings.'),
      'extended-configs': Type.Optional(ExtendedConfigs),
      validators: Type.Optional(listOf(text(), 'Names of checks.')),
    }),
    id: Type.Optional(int32('Number of the link.')),
    enabled: Type.Optional(flag('Whether it may be used.')),
    'creation-user': Type.Optional(text('Who made it.')),
    'creation-date': Type.Optional(timestamp('Made at this time.')),
    'update-user': Type.Optional(text('Who last changed it.')),
    'update-date': Type.Optional(timestamp('Last changed at this time.')),
  },
  'A link as shown.',
);
export type LinkOut = Static<typeof LinkOut>;

export const LinksRequest = request(
  'LinksRequest',
  {
    links: listOf(LinkIn, 'The link; one in a call.', { minItems: 1 }),
  },
  'A link to make or to change.',
);
export type LinksRequest = Static<typeof LinksRequest>;

export const CreateLinkResponse = answer(
  'CreateLinkResponse',
  {
    name: text('Name of the new link.'),
    'validation-result': listOf(LinkValidationResult, 'Empty when nothing was found.'),
  },
  'The new link.',
);
export type CreateLinkResponse = Static<typeof CreateLinkResponse>;

export const UpdateLinkResponse = answer(
  'UpdateLinkResponse',
  {
    'validation-result': listOf(LinkValidationResult, 'Empty when nothing was found.'),
  },
  'The link was changed.',
);
export type UpdateLinkResponse = Static<typeof UpdateLinkResponse>;

export const ShowLinkResponse = answer(
  'ShowLinkResponse',
  {
    links: listOf(LinkOut, 'The links.'),
    'fromTo-unMapping': Type.Optional(
      text('Pairs of connectors that cannot work together; with the name all.'),
    ),
    'batchFromTo-mapping': Type.Optional(
      text('Pairs of connectors that can copy a whole database; with the name all.'),
    ),
  },
  'One link or all of them.',
);
export type ShowLinkResponse = Static<typeof ShowLinkResponse>;
