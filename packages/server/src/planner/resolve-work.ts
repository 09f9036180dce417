import type { Json } from '@sluice/core/data/json';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { DestinationWork, RunEnd, RunPlan, RunWork } from '@sluice/engine/work';
import { linkSecretContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { LinkRecord, RunRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { dirtyRulesOf } from './dirty-rules.ts';
import { fillInVariables, maskError } from './job-variables.ts';
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
}

/**
 * Turns a run's frozen job into what workers need: both ends with their secrets, variables filled in, the column pairs, the parallelism.
 * Links are read anew, so a run that goes on after a restart signs in with the link as it is then.
 * @throws Cdm.0101 a link is gone; Cdm.0060 a link is disabled; Cdm.0931 the two column lists differ in length;
 * Cdm.0036 a link's secrets cannot be opened; Cdm.0014 a variable is not set. Whatever else is thrown is the store's.
 */
export async function resolveWork(run: RunRecord, store: Store, secrets: SecretBox): Promise<ResolvedWork> {
  const { secretTexts, ...filled } = await fillInVariables(run, store, secrets);
  try {
    return {
      ...(await resolveEnds({ ...run, job: { ...run.job, ...filled } }, store, secrets)),
      secretTexts,
    };
  } catch (error) {
    throw maskError(error, secretTexts);
  }
}

/** @param run its settings with variables filled in. */
async function resolveEnds(run: RunRecord, store: Store, secrets: SecretBox): Promise<RunWork> {
  const { job } = run;
  const end = async (connector: string, linkName: string, options: OptionValues): Promise<RunEnd> => {
    const link = await store.links.find(job.clusterId, linkName);
    if (link === null) throw new SluiceError('Cdm.0101', { link: linkName });
    if (!link.isEnabled) throw new SluiceError('Cdm.0060', { link: linkName });
    return { connector, link: openLinkOptions(link, secrets), options };
  };
  const mapping = {
    from: columnList(job.fromOptions['fromJobConfig.columnList']),
    to: columnList(job.toOptions['toJobConfig.columnList']),
  };
  if (mapping.from !== null && mapping.to !== null && mapping.from.length !== mapping.to.length) {
    throw new SluiceError('Cdm.0931', { schema: mapping.to.join(', '), result: mapping.from.join(', ') });
  }
  const from = await end(job.fromConnector, job.fromLink, job.fromOptions);
  const to = await end(job.toConnector, job.toLink, job.toOptions);
  refuseSelfCopy(from, to);
  const dirty = dirtyRulesOf(job.driverOptions);
  return {
    runId: run.id,
    // A run that carries on another goes by that one's name.
    runKey: run.plan?.target.runKey ?? runKeyOf(run.id),
    from,
    to,
    mapping,
    extractors: extractorsOf(job.driverOptions),
    ...(dirty !== undefined && { dirty }),
  };
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
  store: Pick<Store, 'variables'>,
  secrets: SecretBox,
): Promise<DestinationWork> {
  const { toConnector } = run.job;
  const { toOptions } = await fillInVariables(run, store, secrets);
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
  store: Pick<Store, 'variables' | 'links'>,
  secrets: SecretBox,
): Promise<DestinationWork> {
  const link = await store.links.find(run.clusterId, run.job.toLink);
  if (link === null) throw new SluiceError('Cdm.0101', { link: run.job.toLink });
  if (!link.isEnabled) throw new SluiceError('Cdm.0060', { link: link.name });
  const { to } = await resolveTraces(run, plan, link, store, secrets);
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

/** `a&b&c` to its names as typed, for blanks may belong to a name; null when absent or empty: all columns in order. */
function columnList(value: Json | undefined): readonly string[] | null {
  return typeof value !== 'string' || value.trim() === '' ? null : value.split('&');
}

/** `throttlingConfig.numExtractors`, 1 when unset; its range was checked when the job was saved. */
function extractorsOf(driver: OptionValues): number {
  const value = Number(driver['throttlingConfig.numExtractors'] ?? 1);
  return Number.isInteger(value) && value >= 1 ? value : 1;
}
