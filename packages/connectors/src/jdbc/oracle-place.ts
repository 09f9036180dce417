import { SluiceError } from '@sluice/core/errors/sluice-error';

/** How an Oracle database is named to its listener. */
export interface OraclePlace {
  readonly place: 'service' | 'sid';
  readonly database: string;
}

/** What a service or an instance may be called here; brackets would change the connect descriptor around it. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._$#-]{0,254}$/;

/**
 * The options of a link that only Oracle has. `version` names the generation of a server, for the choice of a driver: there is one
 * driver here, which speaks to 12.1 and later.
 * @param text reads an option, '' when it is absent.
 * @throws Cdm.0024 LOW_VERSION, another way of naming; Cdm.0964 no name; Cdm.0011 a name that is none.
 */
export function readOraclePlace(text: (option: string) => string): OraclePlace {
  const version = text('linkConfig.version');
  if (version !== '' && version !== 'HIGH_VERSION' && version !== 'MED_VERSION')
    throw new SluiceError('Cdm.0024', { name: 'linkConfig.version', range: 'HIGH_VERSION, MED_VERSION' });
  const way = text('linkConfig.databaseconfig') || 'SERVICENAME';
  if (way !== 'SERVICENAME' && way !== 'SID')
    throw new SluiceError('Cdm.0024', { name: 'linkConfig.databaseconfig', range: 'SERVICENAME, SID' });
  const isSid = way === 'SID';
  const option = isSid ? 'linkConfig.sidname' : 'linkConfig.database';
  const database = text(option).trim();
  if (database === '')
    throw isSid ? new SluiceError('Cdm.0238', { name: option }) : new SluiceError('Cdm.0964');
  if (!nameForm.test(database)) throw new SluiceError('Cdm.0011');
  return { place: isSid ? 'sid' : 'service', database };
}
