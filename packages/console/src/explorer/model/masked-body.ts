/** Names of settings whose values are secret, by what the connectors call theirs. */
const secretName =
  /password|passwd|passphrase|secret|token|credential|(?:^|[._-])sk$|accessKey|securityKey|privateKey|keytab/i;
const mask = '********';

/**
 * A body without its passwords: values of members with such a name, and of settings in the form `{ name, value }`.
 * What is empty stays empty. Pure.
 */
export function maskedBody(body: unknown): { readonly body: unknown; readonly isMasked: boolean } {
  let isMasked = false;
  const hidden = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) return masked(value);
    if (value === '' || value === null || value === undefined || typeof value === 'boolean' || value === mask)
      return value;
    isMasked = true;
    return mask;
  };
  const masked = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(masked);
    if (typeof value !== 'object' || value === null) return value;
    const members = value as Readonly<Record<string, unknown>>;
    const isSecretSetting = typeof members.name === 'string' && secretName.test(members.name);
    return Object.fromEntries(
      Object.entries(members).map(([name, of]) => [
        name,
        secretName.test(name) || (isSecretSetting && name === 'value') ? hidden(of) : masked(of),
      ]),
    );
  };
  const shown = masked(body);
  return { body: shown, isMasked };
}
