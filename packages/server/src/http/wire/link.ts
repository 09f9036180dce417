import type { OptionValues } from '@sluice/core/options/option';
import { readConfigValues, type WireConfigValues, writeConfigValues } from '../../jobs/config-values.ts';
import type { LinkDraft, LinkView } from '../../jobs/link-service.ts';
import { type Document, flagMember, onlyDocument, requiredText } from './documents.ts';
import { int32 } from './submission.ts';

/** A link in an answer. */
export interface WireLink {
  readonly name: string;
  readonly id: number;
  readonly 'connector-name': string;
  readonly 'link-config-values': WireConfigValues;
  readonly enabled: boolean;
  readonly 'creation-user': string;
  readonly 'creation-date': number;
  readonly 'update-user': string;
  readonly 'update-date': number;
}

/** Reads the body of link create and update calls. @throws Cdm.0018, Cdm.0238, Cdm.0004 for its shape. */
export function readLink(body: unknown): LinkDraft {
  return readLinkDocument(onlyDocument(body, 'links'));
}

/** Reads one link. @throws as `readLink`. */
export function readLinkDocument(link: Document): LinkDraft {
  return {
    name: requiredText(link, 'name'),
    connector: requiredText(link, 'connector-name'),
    values: readConfigValues(link['link-config-values'], 'link-config-values'),
    isEnabled: flagMember(link, 'enabled', true),
  };
}

export interface LinkWriteRules {
  /** Writes a bare `%` in values as `%25`, for the one client that percent-decodes what it reads. */
  readonly isPercentEncoded: boolean;
}

/** Secrets keep their entry and lose their value. */
export function writeLink({ link, secretNames }: LinkView, rules: LinkWriteRules): WireLink {
  const values: OptionValues = rules.isPercentEncoded
    ? Object.fromEntries(
        Object.entries(link.options).map(([name, value]) => [
          name,
          typeof value === 'string' ? value.replaceAll('%', '%25') : value,
        ]),
      )
    : link.options;
  const block = writeConfigValues(values, ['linkConfig'], link.connector);
  const configs = block.configs.map((config) =>
    config.name === 'linkConfig'
      ? { ...config, inputs: [...config.inputs, ...secretNames.map((name) => ({ name }))] }
      : config,
  );
  return {
    name: link.name,
    id: int32(link.id),
    'connector-name': link.connector,
    'link-config-values': { ...block, configs },
    enabled: link.isEnabled,
    'creation-user': link.createdBy,
    'creation-date': link.createdAt,
    'update-user': link.updatedBy,
    'update-date': link.updatedAt,
  };
}
