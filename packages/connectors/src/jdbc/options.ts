import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { Option, OptionGroup, OptionValues } from '@sluice/core/options/option';
import { readDwsStorage } from '../gauss/dws-table.ts';
import { fromOptions } from './from-options.ts';
import { linkOptions } from './link-options.ts';
import { readSqlLink, readSqlSink, readSqlSource } from './sql-options.ts';
import { toOptions } from './to-options.ts';

/**
 * The three option groups of `generic-jdbc-connector`. The rows are in files of their own; here are the checks that
 * one row cannot say: what is needed together, and what is not built yet and would change the result.
 */

export const jdbcLinkGroup: OptionGroup = {
  name: 'linkConfig',
  options: linkOptions,
  check(values) {
    refuseUnbuilt(linkOptions, values);
    readSqlLink(values);
  },
};

export const jdbcFromGroup: OptionGroup = {
  name: 'fromJobConfig',
  options: fromOptions,
  check(values) {
    refuseUnbuilt(fromOptions, values);
    readSqlSource(values);
  },
};

export const jdbcToGroup: OptionGroup = {
  name: 'toJobConfig',
  options: toOptions,
  check(values) {
    refuseUnbuilt(toOptions, values);
    readSqlSink(values);
    readDwsStorage(values);
  },
};

/**
 * Refuses what would change the result and is not built, as soon as it is set to anything but its default.
 * @throws Cdm.0024 where only the default works; Cdm.0089 where nothing does.
 */
export function refuseUnbuilt(options: readonly Option[], values: OptionValues): void {
  for (const option of options) {
    if (option.support !== 'refused') continue;
    const value = values[option.name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'object' && Object.keys(value).length === 0) continue;
    // A plain no asks for nothing.
    if (option.type === 'boolean' && String(value).toLowerCase() === 'false') continue;
    if (option.default === undefined) throw new SluiceError('Cdm.0089', { names: option.name });
    if (String(value).toLowerCase() !== option.default.toLowerCase()) {
      throw new SluiceError('Cdm.0024', { name: option.name, range: option.default });
    }
  }
}
