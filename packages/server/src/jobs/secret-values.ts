import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionGroup, OptionValues } from '@sluice/core/options/option';
import { isBlank } from '@sluice/core/options/validate';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';

/** What stands in place of a secret in exports. */
export const secretPlaceholder = 'Add password here';

/** The same in answers and exports of other systems; some write a full stop behind it. */
const placeholder = /^\s*add password here\.?\s*$/i;

/** Names of the options that are secrets: passwords and keys, and the content of files, which are key tables here. */
export function secretNames(group: OptionGroup): ReadonlySet<string> {
  return new Set(
    group.options.filter(({ type }) => type === 'password' || type === 'file').map(({ name }) => name),
  );
}

/** The values without secrets that are blank or only the placeholder: both mean that nothing was sent. */
export function withoutPlaceholders(group: OptionGroup, values: OptionValues): OptionValues {
  const secrets = secretNames(group);
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      if (!secrets.has(name)) return true;
      return !isBlank(value) && !(typeof value === 'string' && placeholder.test(value));
    }),
  );
}

/** @throws Cdm.0238 naming the first secret that nobody has put in place of its placeholder. */
export function requireFilledIn(group: OptionGroup, values: OptionValues): void {
  const name = [...secretNames(group)].find((secret) => {
    const value = values[secret];
    return typeof value === 'string' && placeholder.test(value);
  });
  if (name === undefined) return;
  throw new SluiceError('Cdm.0238', {
    name,
    ...explained({
      en: `Put the secret in place of "${secretPlaceholder}" before the import.`,
      zh: `导入前请将“${secretPlaceholder}”替换为实际的密钥。`,
    }),
  });
}

export interface SplitValues {
  readonly plain: OptionValues;
  readonly secret: OptionValues;
}

export function splitSecrets(group: OptionGroup, values: OptionValues): SplitValues {
  const secrets = secretNames(group);
  const entries = Object.entries(values);
  return {
    plain: Object.fromEntries(entries.filter(([name]) => !secrets.has(name))),
    secret: Object.fromEntries(entries.filter(([name]) => secrets.has(name))),
  };
}

/** @returns sealed JSON text, or null when there is no secret. */
export function sealSecrets(box: SecretBox, clusterId: string, secret: OptionValues): string | null {
  return Object.keys(secret).length === 0
    ? null
    : box.seal(JSON.stringify(secret), linkSecretContext(clusterId));
}

/** @throws when the box cannot open it: another key, another cluster, or changed text. */
export function openSecrets(box: SecretBox, clusterId: string, sealed: string | null): OptionValues {
  return sealed === null ? {} : (JSON.parse(box.open(sealed, linkSecretContext(clusterId))) as OptionValues);
}
