import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { Text } from '@sluice/core/data/text';
import type { OptionGroup, OptionValues } from '@sluice/core/options/option';
import { validateOptions } from '@sluice/core/options/validate';
import type { JobRecord } from '../store/model.ts';
import { driverGroups } from './driver-options.ts';

/** What of a job is read for it: settings as they were saved. */
export type SavedSettings = Pick<
  JobRecord,
  'fromConnector' | 'toConnector' | 'fromOptions' | 'toOptions' | 'driverOptions'
>;

/**
 * Settings that a job says something with, and that do nothing here: they are kept for the system that the job came from, and
 * whoever looks at a run is told so.
 */
export function ignoredSettings(
  job: SavedSettings,
  connectors: readonly Pick<ConnectorSpec, 'name' | 'from' | 'to'>[],
): readonly Text[] {
  const of = (name: string) => connectors.find((connector) => connector.name === name);
  const [from, to] = [of(job.fromConnector)?.from, of(job.toConnector)?.to];
  return [
    ...ignoredOf(from ? [from] : [], job.fromOptions),
    ...ignoredOf(to ? [to] : [], job.toOptions),
    ...ignoredOf(driverGroups, job.driverOptions),
  ];
}

/** Of a job that this program would not save any more nothing is said: its run says what is wrong. */
function ignoredOf(groups: readonly OptionGroup[], options: OptionValues): readonly Text[] {
  try {
    return validateOptions(groups, options, { isPartial: true, takesReferences: () => true }).warnings;
  } catch {
    return [];
  }
}
