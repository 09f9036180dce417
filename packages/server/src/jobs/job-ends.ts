import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionGroup, OptionValues } from '@sluice/core/options/option';
import { isBlank, type ValidationRules, validateOptions } from '@sluice/core/options/validate';
import type { LinkRecord } from '../store/model.ts';
import { secretNames } from './secret-values.ts';

/** Jobs have nowhere to keep a secret sealed, so an option that is one is not taken. */
export function endValues(group: OptionGroup, given: OptionValues, rules: ValidationRules): OptionValues {
  const { values } = validateOptions([group], given, rules);
  const secrets = secretNames(group);
  const secret = Object.entries(values).find(([name, value]) => secrets.has(name) && !isBlank(value));
  if (secret === undefined) return values;
  const [name] = secret;
  throw new SluiceError('Cdm.0014', {
    name,
    ...explained({
      en: `${name}: this version keeps secrets in links only.`,
      zh: `${name}：当前版本只在连接中保存密钥。`,
    }),
  });
}

/** The connector of a job's end: its link's. @throws Cdm.0317 when the job names another; Cdm.0102 when there is none of that name. */
export function connectorOf(link: LinkRecord, named: string | null, registry: ConnectorRegistry): string {
  if (named !== null && named !== link.connector) {
    registry.get(named);
    throw new SluiceError('Cdm.0317', { link: link.name });
  }
  return link.connector;
}
