import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { DestinationWork, RunEnd, RunPlan, RunWork } from '@sluice/engine/work';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, LinkRecord, ResolvedSetting, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { columnListsOf } from './column-lists.ts';
import { dirtyRulesOf } from './dirty-rules.ts';
import { extractorsOf, rateLimitOf, sliceRetriesOf, watermarkOf } from './job-pace.ts';
import { refuseSecretPrograms, transformOf, withoutAdded } from './job-transform.ts';
import { clockOf, fillIn, maskError, type ServiceFacts } from './job-variables.ts';
import { refuseSelfCopy } from './self-copy.ts';

/** A link's options with its secrets in clear. Never store or log the result. */
function openLinkOptions(link: LinkRecord, secrets: SecretBox): OptionValues {
  if (link.sealedSecrets === null) return link.options;
  let clear: string;
  try {
    clear = secrets.open(link.sealedSecrets, linkSecretContext(link.clusterId));
  } catch (error) {
    const cause = `the secrets of link ${link.name} cannot be opened with the master key of this server`;
    throw new SluiceError('Cdm.0036', { cause }, { cause: error });
  }
  return { ...link.options, ...(JSON.parse(clear) as OptionValues) };
}

/** What workers need of a run, and what must not be shown of it. */
export interface ResolvedWork extends RunWork {
  /** Values of secret variables in the settings: to be masked wherever a text of the run is shown. */
  readonly secretTexts: readonly string[];
  /** Settings in which something was filled in, as they may be shown. */
  readonly resolved: readonly ResolvedSetting[];
  /** The settings as they are carried out: with secrets in clear. */
  readonly settings: Pick<JobRecord, 'fromOptions' | 'toOptions' | 'driverOptions'>;
}

/** A run with its job's settings as they are carried out. Not to be stored or shown. @param settings null: not known yet. */
export function carriedOut(run: RunRecord, settings: ResolvedWork['settings'] | null): RunRecord {
  return settings === null ? run : { ...run, job: { ...run.job, ...settings } };
}

/**
 * Turns a run's frozen job into what workers need: both ends with their secrets, variables and macros filled in, the column pairs,
 * the parallelism, the rate, and from where on an incremental job reads.
 * Links are read anew, so a run that goes on after a restart signs in with the link as it is then.
 * @throws Cdm.0101 a link is gone; Cdm.0060 a link is disabled; Cdm.0931 the two column lists differ in length;
 * Cdm.0036 a link's secrets cannot be opened; Cdm.0014 a variable is not set, or a macro says nothing; Cdm.0024 a setting that a variable
 * gave a value which cannot be. Whatever else is thrown is the store's.
 */
export async function resolveWork(
  run: RunRecord,
  store: Store,
  secrets: SecretBox,
  service: ServiceFacts,
): Promise<ResolvedWork> {
  const { secretTexts, resolved, ...filled } = await fillIn(run, store, secrets, service);
  try {
    refuseSecretPrograms(run.job, filled, secretTexts);
    const transform = transformOf(filled, clockOf(run, service.zone));
    const { fromLinkId, ...ends } = await resolveEnds(
      { ...run, job: { ...run.job, ...filled } },
      store,
      secrets,
    );
    return {
      ...ends,
      from: { ...ends.from, options: withoutAdded(ends.from.options, transform) },
      ...(transform === null ? {} : { transform }),
      ...(await resolvePace(run, filled.driverOptions, fromLinkId, store, service)),
      secretTexts,
      resolved,
      settings: filled,
    };
  } catch (error) {
    throw maskError(error, secretTexts);
  }
}

/** @param run its settings with variables filled in. */
async function resolveEnds(
  run: RunRecord,
  store: Store,
  secrets: SecretBox,
): Promise<RunWork & { readonly fromLinkId: number }> {
  const { job } = run;
  const end = async (
    connector: string,
    linkName: string,
    options: OptionValues,
  ): Promise<RunEnd & { readonly id: number }> => {
    const link = await store.links.find(job.clusterId, linkName);
    if (link === null) throw new SluiceError('Cdm.0101', { link: linkName });
    if (!link.isEnabled) throw new SluiceError('Cdm.0060', { link: linkName });
    return { id: link.id, connector, link: openLinkOptions(link, secrets), options };
  };
  const mapping = columnListsOf(job);
  const { id: fromLinkId, ...from } = await end(job.fromConnector, job.fromLink, job.fromOptions);
  const { id: _, ...to } = await end(job.toConnector, job.toLink, job.toOptions);
  refuseSelfCopy(from, to);
  const dirty = dirtyRulesOf(job.driverOptions);
  const sliceRetries = sliceRetriesOf(job.driverOptions);
  return {
    runId: run.id,
    // A run that carries on another goes by that one's name.
    runKey: run.plan?.target.runKey ?? runKeyOf(run.id),
    from,
    to,
    mapping,
    extractors: extractorsOf(job.driverOptions),
    ...(dirty !== undefined && { dirty }),
    ...(sliceRetries > 0 && { sliceRetries }),
    fromLinkId,
  };
}

/** @param run as it was written. @param driver its settings as a whole, filled in. */
async function resolvePace(
  run: RunRecord,
  driver: OptionValues,
  fromLinkId: number,
  store: Pick<Store, 'watermarks'>,
  { zone }: ServiceFacts,
): Promise<Pick<RunWork, 'watermark' | 'rateLimit'>> {
  const rateLimit = rateLimitOf(driver);
  // A run that was planned has its window in its plan.
  const mark =
    run.plan === null && 'sluiceConfig.watermarkColumn' in driver
      ? await store.watermarks.find(run.jobId)
      : null;
  const watermark = watermarkOf(run.job, fromLinkId, driver, mark, zone);
  return { ...(rateLimit === null ? {} : { rateLimit }), ...(watermark === null ? {} : { watermark }) };
}

/**
 * What a worker needs to remove the traces of an ended run.
 * @param link the run's destination link, as it is now.
 * @throws Cdm.0036 its secrets cannot be opened; Cdm.0014 a variable is not set any more.
 */
export async function resolveTraces(
  run: RunRecord,
  plan: RunPlan,
  link: LinkRecord,
  store: Pick<Store, 'variables' | 'links' | 'clusters'>,
  secrets: SecretBox,
  service: ServiceFacts,
): Promise<DestinationWork> {
  const { toConnector } = run.job;
  const { toOptions } = await fillIn(run, store, secrets, service);
  const to = { connector: toConnector, link: openLinkOptions(link, secrets), options: toOptions };
  return { runId: run.id, runKey: plan.target.runKey, to };
}

/**
 * What a worker needs to write rows of an ended run that were set aside: its destination as it is, without what a run does
 * ahead of its rows and behind them.
 * @throws Cdm.0101 the link is gone; Cdm.0060 it is disabled; what `resolveTraces` throws.
 */
export async function resolveReplay(
  run: RunRecord,
  plan: RunPlan,
  replayId: string,
  store: Pick<Store, 'variables' | 'links' | 'clusters'>,
  secrets: SecretBox,
  service: ServiceFacts,
): Promise<DestinationWork> {
  const link = await store.links.find(run.clusterId, run.job.toLink);
  if (link === null) throw new SluiceError('Cdm.0101', { link: run.job.toLink });
  if (!link.isEnabled) throw new SluiceError('Cdm.0060', { link: link.name });
  const { to } = await resolveTraces(run, plan, link, store, secrets, service);
  const options = { ...to.options, ...nothingAround };
  return { runId: replayId, runKey: runKeyOf(replayId), to: { ...to, options } };
}

/** The table is taken as it is: not made, not cleared, no statements, no stage. */
const nothingAround = {
  'toJobConfig.tablePreparation': 'DO_NOTHING',
  'toJobConfig.beforeImportType': 'none',
  'toJobConfig.shouldClearTable': 'false',
  'toJobConfig.whereClause': '',
  'toJobConfig.preSql': '',
  'toJobConfig.postSql': '',
  'toJobConfig.useStageTable': 'false',
} as const;

/** The run's name at the destination: the last 12 hex digits of its id, which for a random UUID are random ones. */
export function runKeyOf(runId: string): string {
  return runId.replaceAll('-', '').slice(-12).toLowerCase();
}
