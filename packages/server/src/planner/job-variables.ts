import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { variableContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { JobRecord, RunRecord, VariableRecord } from '../store/model.ts';
import type { Store } from '../store/store.ts';

// The one place in which `${name}` in a job's settings becomes text. First come the variables of the start, then those of the
// cluster, then those of its project. Values are inserted once, as they are: nothing in them is looked up again.

export const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** Names that mean something of their own in settings and are left as they stand. */
export const reservedNames: ReadonlySet<string> = new Set([
  'dateformat',
  'timestamp',
  'tableName',
  'version',
  'custom',
  'value',
]);

const reference = /\$\{([A-Za-z_][A-Za-z0-9_.-]{0,127})\}/g;

/** Behind the name of a secret variable, in the variables of a run: when it was set. No variable has such a name. */
const secretMark = '#';

/** Names that the settings of both ends refer to. */
export function variablesIn(job: Pick<JobRecord, 'fromOptions' | 'toOptions'>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const options of [job.fromOptions, job.toOptions]) {
    mapTexts(options, (text) => {
      for (const [, name = ''] of text.matchAll(reference)) if (!reservedNames.has(name)) names.add(name);
      return text;
    });
  }
  return names;
}

/** Settings with their variables filled in. @param values has every name that they refer to. */
function filledIn(options: OptionValues, values: ReadonlyMap<string, string>): OptionValues {
  return mapTexts(options, (text) =>
    text.replace(reference, (found, name: string) => values.get(name) ?? found),
  ) as OptionValues;
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each: Json) => mapTexts(each, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each as Json, change)]),
  );
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
export interface FilledJob {
  readonly fromOptions: OptionValues;
  readonly toOptions: OptionValues;
  /** Values of secret variables in them, in clear: never stored or logged, and to be masked wherever a text of the run is shown. */
  readonly secretTexts: readonly string[];
}

/**
 * Fills in the variables of a run's job.
 * @throws Cdm.0014 naming a variable that is nowhere, or a secret one that was set anew after the run was planned: what was
 * moved and what is left would not belong together.
 */
export async function fillInVariables(
  run: RunRecord,
  store: Variables,
  secrets: SecretBox,
): Promise<FilledJob> {
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
  return {
    fromOptions: filledIn(job.fromOptions, values),
    toOptions: filledIn(job.toOptions, values),
    secretTexts,
  };
}

/** A text with the values of secret variables taken out. */
export function maskSecrets(text: string, secretTexts: readonly string[]): string {
  // The longest first: one may be a part of another.
  const longestFirst = [...secretTexts].sort((one, other) => other.length - one.length);
  return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, '******'), text);
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
