import Type, { type Static } from 'typebox';
import { ConfigIn, ConfigOut, ConnectorName, ExtendedConfigs } from './config-values.ts';
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

export const ValidationMessage = answer('ValidationMessage', {
  message: Type.Optional(text()),
  status: Type.Optional(oneOfTexts(['ERROR', 'WARNING'])),
});
export type ValidationMessage = Static<typeof ValidationMessage>;

export const LinkValidationResult = answer('LinkValidationResult', {
  linkConfig: Type.Optional(listOf(ValidationMessage)),
});
export type LinkValidationResult = Static<typeof LinkValidationResult>;

export const LinkValidationFailure = answer('LinkValidationFailure', {
  'validation-result': listOf(LinkValidationResult, '', { minItems: 1 }),
  ...CdmErrorMembers,
});
export type LinkValidationFailure = Static<typeof LinkValidationFailure>;

export const LinkIn = request('LinkIn', {
  name: text(),
  'connector-name': ConnectorName,
  'link-config-values': requestPart({
    configs: listOf(ConfigIn),
    'extended-configs': Type.Optional(ExtendedConfigs),
    validators: Type.Optional(orNull(listOf(text()))),
  }),
  enabled: Type.Optional(flag('', { default: true })),
  id: notLookedAt(),
  'creation-user': notLookedAt(),
  'creation-date': notLookedAt(),
  'update-user': notLookedAt(),
  'update-date': notLookedAt(),
});
export type LinkIn = Static<typeof LinkIn>;

export const LinkOut = answer('LinkOut', {
  name: text(),
  'connector-name': ConnectorName,
  'link-config-values': part({
    configs: listOf(ConfigOut),
    'extended-configs': Type.Optional(ExtendedConfigs),
    validators: Type.Optional(listOf(text())),
  }),
  id: Type.Optional(int32()),
  enabled: Type.Optional(flag()),
  'creation-user': Type.Optional(text()),
  'creation-date': Type.Optional(timestamp('When.')),
  'update-user': Type.Optional(text()),
  'update-date': Type.Optional(timestamp('When.')),
});
export type LinkOut = Static<typeof LinkOut>;

export const LinksRequest = request('LinksRequest', {
  links: listOf(LinkIn, '', { minItems: 1 }),
});
export type LinksRequest = Static<typeof LinksRequest>;

export const CreateLinkResponse = answer('CreateLinkResponse', {
  name: text(),
  'validation-result': listOf(LinkValidationResult),
});
export type CreateLinkResponse = Static<typeof CreateLinkResponse>;

export const UpdateLinkResponse = answer('UpdateLinkResponse', {
  'validation-result': listOf(LinkValidationResult),
});
export type UpdateLinkResponse = Static<typeof UpdateLinkResponse>;

export const ShowLinkResponse = answer('ShowLinkResponse', {
  links: listOf(LinkOut),
  'fromTo-unMapping': Type.Optional(text()),
  'batchFromTo-mapping': Type.Optional(text()),
});
export type ShowLinkResponse = Static<typeof ShowLinkResponse>;
