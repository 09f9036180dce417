import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { MacroClock } from '@sluice/core/macros/time-macro';
import type { OptionValues } from '@sluice/core/options/option';
import { variableContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, ResolvedSetting, RunRecord, VariableRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { maskFragments } from './mask-fragments.ts';
import { filledIn, filledText, mapTexts, reservedNames, type SourceMark } from './setting-texts.ts';

// The one place in which `${…}` in a job's settings becomes text: variables and macros, each once. Of variables first come
// those of the start, then those of the cluster, then those of its project.

const reference = /\$\{([A-Za-z_][A-Za-z0-9_.-]{0,127})\}/g;

/** Behind the name of a secret variable, in the variables of a run: when it was set. No variable has such a name. */
const secretMark = '#';

/** A variable of the start that puts the run's clock: when an orchestrator meant it to begin, in Unix milliseconds. */
export const planTimeName = 'planTime';
/** Latest time that can be planned: the end of the year 9998. */
const planTimeMax = 253_370_764_799_999;

/** Groups of settings that are about the job and not about one of its runs: nothing is filled in there. */
const unfilledGroups =
  /^(?:schedulerConfig|retryJobConfig|groupJobConfig|smnConfig|jarConfig|partitionConfig)\./;

/** Whether variables and macros in this setting are filled in. */
export function isFilledIn(name: string): boolean {
  return !unfilledGroups.test(name);
}

/** What a run is told of the service that it runs in. */
export interface ServiceFacts {
  /** Zone in which macros write dates: IANA name, or an offset. */
  readonly zone: string;
  /** Version of clusters that have none of their own. */
  readonly version: string;
}

/** The settings of a job as a whole that are filled in. */
function filledDriver(driverOptions: OptionValues): OptionValues {
  return Object.fromEntries(Object.entries(driverOptions).filter(([name]) => isFilledIn(name)));
}

type Settings = Pick<JobRecord, 'fromOptions' | 'toOptions' | 'driverOptions'>;

/** Names that the settings refer to. */
export function variablesIn(job: Settings): ReadonlySet<string> {
  const names = new Set<string>();
  for (const options of [job.fromOptions, job.toOptions, filledDriver(job.driverOptions)]) {
    mapTexts(options, (text) => {
      for (const [, name = ''] of text.matchAll(reference)) if (!reservedNames.has(name)) names.add(name);
      return text;
    });
  }
  return names;
}

/**
 * Looks at the macros of settings that are to be saved, as they would be at this moment.
 * @throws Cdm.0014 naming a setting with a macro that says nothing.
 */
export function requireMacros(job: Settings, clock: MacroClock): void {
  const nothing = { variable: () => undefined, clock, tableName: null, version: null, marks: null };
  for (const options of [job.fromOptions, job.toOptions, filledDriver(job.driverOptions)]) {
    filledIn(options, nothing);
  }
}

/**
 * Settings with the variables of a start filled in, as far as they are known before the run begins: secrets are not.
 * @throws Cdm.0014 as `requireMacros`.
 */
export function knownSettings(
  job: Settings,
  variables: Readonly<Record<string, string>>,
  clock: MacroClock,
): Settings {
  const variable = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
  const facts = { variable, clock, tableName: null, version: null, marks: null };
  return {
    fromOptions: filledIn(job.fromOptions, facts),
    toOptions: filledIn(job.toOptions, facts),
    driverOptions: { ...job.driverOptions, ...filledIn(filledDriver(job.driverOptions), facts) },
  };
}

/**
 * The time for which a run was planned, where its start says one.
 * @returns Unix milliseconds; null: the run's own beginning counts.
 * @throws Cdm.0014 when it is no such time.
 */
export function plannedTime(variables: Readonly<Record<string, string>>): number | null {
  if (!Object.hasOwn(variables, planTimeName)) return null;
  const text = variables[planTimeName] ?? '';
  const at = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (at <= planTimeMax) return at;
  throw new SluiceError('Cdm.0014', {
    name: planTimeName,
    ...explained({
      en: `${planTimeName} must be a time in Unix milliseconds, up to the year 9998; it is "${text}".`,
      zh: `${planTimeName} 必须是 Unix 毫秒时间（最晚到 9998 年），当前为“${text}”。`,
    }),
  });
}

type Variables = Pick<Store, 'variables'>;

async function find(
  store: Variables,
  projectId: string,
  clusterId: string,
  name: string,
): Promise<VariableRecord | null> {
  return (
    (await store.variables.find({ kind: 'cluster', id: clusterId }, name)) ??
    (await store.variables.find({ kind: 'project', id: projectId }, name))
  );
}

/**
 * What a run of the job keeps of its variables, so that a change of them does not reach it: the values that are no
 * secrets, and when the secret ones were set.
 * @param given with the start.
 * @returns names that are nowhere are `missing`.
 */
export async function keptVariables(
  store: Variables,
  projectId: string,
  job: Omit<JobRecord, 'id'>,
  given: Readonly<Record<string, string>>,
): Promise<{ readonly variables: Readonly<Record<string, string>>; readonly missing: readonly string[] }> {
  const variables: Record<string, string> = { ...given };
  const missing: string[] = [];
  for (const name of variablesIn(job)) {
    if (Object.hasOwn(given, name)) continue;
    const found = await find(store, projectId, job.clusterId, name);
    if (found === null) missing.push(name);
    else if (found.value !== null) variables[name] = found.value;
    else variables[name + secretMark] = String(found.updatedAt);
  }
  return { variables, missing };
}

/** A run's settings as they are carried out. */
export interface FilledJob extends Settings {
  /** Values of secret variables in them, in clear: never stored or logged, and to be masked wherever a text of the run is shown. */
  readonly secretTexts: readonly string[];
  /** The settings in which something was filled in, as they may be shown: without secrets. */
  readonly resolved: readonly ResolvedSetting[];
}

/** The time that the macros of a run stand for: that of the first attempt. A run that was not begun yet begins now. */
export function clockOf(run: RunRecord, zone: string): MacroClock {
  return { now: run.clockAt ?? run.startedAt ?? run.createdAt, zone };
}

/**
 * Fills in the variables and macros of a run's job.
 * @param run its `clockAt` is the time that macros stand for.
 * @throws Cdm.0014 naming a variable that is nowhere, or a secret one that was set anew after the run was planned: what was
 * moved and what is left would not belong together; or a setting whose macro says nothing. Cdm.0101 the source's link is gone and a
 * setting asks where it leads.
 */
export async function fillIn(
  run: RunRecord,
  store: Pick<Store, 'variables' | 'links' | 'clusters'>,
  secrets: SecretBox,
  service: ServiceFacts,
): Promise<FilledJob> {
  const { job, fixed } = withoutFixedNames(run);
  const { values, secretTexts } = await valuesOf({ ...run, job }, store, secrets);
  const early = {
    variable: (name: string) => values.get(name),
    clock: clockOf(run, service.zone),
    tableName: null,
    version: null,
    marks: null,
  };
  const sourceText = (name: string): string => {
    const found = fixed.from[name];
    if (typeof found === 'string') return found;
    const text = job.fromOptions[name];
    return typeof text === 'string' ? filledText(name, text, early) : '';
  };
  const tableName = sourceText('fromJobConfig.tableName');
  const facts = {
    ...early,
    tableName: tableName === '' ? null : tableName,
    version: usesText(job, '{version}') ? await versionOf(run, store, service) : null,
    marks: usesText(job, 'custom(')
      ? await marksOf(job, store, { tableName, schemaName: sourceText('fromJobConfig.schemaName') })
      : null,
  };
  const driver = filledIn(filledDriver(job.driverOptions), facts);
  const filled = {
    fromOptions: { ...filledIn(job.fromOptions, facts), ...fixed.from },
    toOptions: { ...filledIn(job.toOptions, facts), ...fixed.to },
    driverOptions: { ...job.driverOptions, ...driver },
  };
  return { ...filled, secretTexts, resolved: resolvedSettings(run.job, filled, secretTexts) };
}

/** The tables of an entire-database job are named by the catalog: a name is a name, whatever signs are in it. */
function withoutFixedNames({ job, parentRunId }: RunRecord): {
  readonly job: JobRecord;
  readonly fixed: { readonly from: OptionValues; readonly to: OptionValues };
} {
  if (parentRunId === null) return { job, fixed: { from: {}, to: {} } };
  const { 'fromJobConfig.tableName': source, ...fromOptions } = job.fromOptions;
  const { 'toJobConfig.tableName': target, ...toOptions } = job.toOptions;
  return {
    job: { ...job, fromOptions, toOptions },
    fixed: {
      from: source === undefined ? {} : { 'fromJobConfig.tableName': source },
      to: target === undefined ? {} : { 'toJobConfig.tableName': target },
    },
  };
}

/** Values of the variables that the settings of a run refer to. */
async function valuesOf(
  run: RunRecord,
  store: Variables,
  secrets: SecretBox,
): Promise<{ readonly values: ReadonlyMap<string, string>; readonly secretTexts: readonly string[] }> {
  const { job, variables } = run;
  const values = new Map<string, string>();
  const secretTexts: string[] = [];
  for (const name of variablesIn(job)) {
    const kept = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (kept !== undefined) {
      values.set(name, kept);
      continue;
    }
    const found = await find(store, run.projectId, job.clusterId, name);
    if (found === null) throw undefinedVariables([name]);
    if (found.sealedValue === null) {
      values.set(name, found.value ?? '');
      continue;
    }
    const setAt = variables[name + secretMark];
    if (run.plan !== null && setAt !== undefined && setAt !== String(found.updatedAt)) throw changed(name);
    const clear = secrets.open(found.sealedValue, variableContext(found.scope.id, name));
    values.set(name, clear);
    secretTexts.push(clear);
  }
  return { values, secretTexts };
}

function usesText(job: Settings, wanted: string): boolean {
  return [job.fromOptions, job.toOptions, filledDriver(job.driverOptions)].some((options) =>
    JSON.stringify(options).includes(wanted),
  );
}

async function versionOf(
  { clusterId }: RunRecord,
  store: Pick<Store, 'clusters'>,
  service: ServiceFacts,
): Promise<string> {
  const version = (await store.clusters.findById(clusterId))?.settings.datastoreVersion;
  return typeof version === 'string' && version !== '' ? version : service.version;
}

async function marksOf(
  job: JobRecord,
  store: Pick<Store, 'links'>,
  table: Pick<Record<SourceMark, string>, 'tableName' | 'schemaName'>,
): Promise<Record<SourceMark, string>> {
  const link = await store.links.find(job.clusterId, job.fromLink);
  if (link === null) throw new SluiceError('Cdm.0101', { link: job.fromLink });
  const option = (name: string): string => {
    const value = link.options[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    host: option('linkConfig.host'),
    database: option('linkConfig.database'),
    fromLinkName: job.fromLink,
    ...table,
  };
}

/** Settings that are carried out as another text than they were written. */
function resolvedSettings(
  job: Settings,
  filled: Settings,
  secretTexts: readonly string[],
): readonly ResolvedSetting[] {
  const shown: ResolvedSetting[] = [];
  for (const group of ['fromOptions', 'toOptions', 'driverOptions'] as const) {
    for (const [name, value] of Object.entries(filled[group])) {
      if (asText(value) === asText(job[group][name])) continue;
      // As JSON a secret may be spelt otherwise: it goes out of the texts before they become a part of one.
      const masked = mapTexts(value, (text) => maskSecrets(text, secretTexts));
      shown.push({ name, text: asText(masked) });
    }
  }
  return shown;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** What stands in place of a secret. */
const secretMask = '******';

/** A text with the values of secret variables taken out, and what is left of them where a text was cut. */
export function maskSecrets(text: string, secretTexts: readonly string[]): string {
  // The longest first: one may be a part of another.
  const longestFirst = [...secretTexts].sort((one, other) => other.length - one.length);
  const whole = longestFirst.reduce((masked, secret) => masked.replaceAll(secret, secretMask), text);
  return longestFirst.reduce((masked, secret) => maskFragments(masked, secret, secretMask), whole);
}

/** The same for an error that a caller may see. @returns other errors as they are. */
export function maskError(error: unknown, secretTexts: readonly string[]): unknown {
  if (secretTexts.length === 0 || !(error instanceof Error)) return error;
  const mask = (text: string) => maskSecrets(text, secretTexts);
  if (!(error instanceof SluiceError)) {
    const masked = new Error(mask(error.message));
    masked.name = error.name;
    masked.stack = mask(error.stack ?? '');
    return masked;
  }
  const facts = Object.entries(error.facts).map(([name, fact]) => {
    return [name, typeof fact === 'string' ? mask(fact) : fact] as const;
  });
  const { code, status, retry } = error;
  const cause = maskError(error.cause, secretTexts);
  return new SluiceError(code, Object.fromEntries(facts), {
    cause,
    retry,
    ...(status === null ? {} : { status }),
  });
}

export function undefinedVariables(names: readonly string[]): SluiceError {
  const list = names.join(', ');
  return new SluiceError('Cdm.0014', {
    name: names[0] ?? '',
    ...explained({
      en: `The job refers to variables that neither the start nor the cluster nor its project sets: ${list}.`,
      zh: `作业引用了以下变量，但启动参数、集群和项目均未设置：${list}。`,
    }),
  });
}

function changed(name: string): SluiceError {
  return new SluiceError('Cdm.0014', {
    name,
    ...explained({
      en: `The secret variable ${name} was set anew after the run was planned: start the job afresh.`,
      zh: `加密变量 ${name} 在运行规划后被重新设置：请重新启动作业。`,
    }),
  });
}
