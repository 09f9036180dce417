import { SluiceError } from '@sluice/core/errors/sluice-error';

/**
 * How a link to SQL Server is encrypted, by the names of its JDBC driver.
 * @param isWanted the link's own `useSSL`.
 * @returns null: not at all.
 * @throws Cdm.0024 settings that contradict each other.
 */
export function sqlServerTls(
  isWanted: boolean,
  properties: ReadonlyMap<string, string>,
  authorities: string | null,
): { readonly verification: 'none' | 'full'; readonly authorities: string | null } | null {
  const encrypt = properties.get('encrypt');
  const trusts = properties.get('trustServerCertificate') === 'true';
  // Of two settings that contradict each other the one that would send a password in clear must not win in silence.
  if (isWanted && encrypt === 'false') refuse('encrypt', 'true, strict');
  // The driver knows no way to encrypt strictly and verify nothing.
  if (encrypt === 'strict' && trusts) refuse('trustServerCertificate', 'false');
  if (!isWanted && encrypt !== 'true' && encrypt !== 'strict') return null;
  return { verification: trusts ? 'none' : 'full', authorities };
}

function refuse(property: string, range: string): never {
  throw new SluiceError('Cdm.0024', { name: `linkConfig.jdbcProperties.${property}`, range });
}
