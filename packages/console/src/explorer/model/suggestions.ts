import { percentEncoded } from './request-draft.ts';
import { sendCall } from './send-call.ts';
import type { SignOn } from './signed-on.ts';

/** A value that fits a parameter, as the server knows it. */
export interface Suggestion {
  readonly value: string;
  /** What it stands for; empty when the value says it. */
  readonly label: string;
}

export interface SuggestionSource {
  readonly base: string;
  readonly signOn: SignOn;
  readonly values: Readonly<Record<string, string>>;
}

/** Entries that are offered at most. */
const suggestionsMax = 100;

type Members = Readonly<Record<string, unknown>>;

/** Where values of a parameter come from: a call, what of the form it needs, and how its answer is read. */
const askers: Readonly<
  Record<string, { readonly path: string; readonly read: (answer: Members) => readonly Suggestion[] }>
> = {
  cluster_id: {
    path: '/v1.1/{project_id}/clusters',
    read: (answer) => listOf(answer.clusters).map(({ id, name }) => suggestion(id, name)),
  },
  instance_id: {
    path: '/v1.1/{project_id}/clusters/{cluster_id}',
    read: (answer) => listOf(answer.instances).map(({ id, name }) => suggestion(id, name)),
  },
  link_name: {
    path: '/v1.1/{project_id}/clusters/{cluster_id}/cdm/link/all',
    read: (answer) => listOf(answer.links).map(({ name }) => suggestion(name)),
  },
  job_name: {
    path: '/v1.1/{project_id}/clusters/{cluster_id}/cdm/job/all?page_size=100',
    read: (answer) => listOf(answer.jobs).map(({ name, status }) => suggestion(name, status)),
  },
  datastore_id: {
    path: '/v1.1/{project_id}/datastores',
    read: (answer) => listOf(answer.datastores).map(({ id, name }) => suggestion(id, name)),
  },
};

/** Names under which other parameters mean the same. */
const aliases: Readonly<Record<string, string>> = { jname: 'job_name' };

/** The parameters that must be filled in before values of this one can be asked for; null: nobody knows its values. */
export function suggestionNeeds(parameter: string): readonly string[] | null {
  if (parameter === 'project_id') return [];
  const path = askers[aliases[parameter] ?? parameter]?.path;
  return path === undefined ? null : [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

/** Asks the server for values of a parameter. Empty when it does not tell: the field can be typed into all the same. */
export async function suggestionsFor(
  parameter: string,
  { base, signOn, values }: SuggestionSource,
): Promise<readonly Suggestion[]> {
  if (parameter === 'project_id') return signOn.projects.map(({ id, name }) => suggestion(id, name));
  const asker = askers[aliases[parameter] ?? parameter];
  const needs = suggestionNeeds(parameter) ?? [];
  if (asker === undefined || needs.some((name) => !values[name])) return [];
  const path = asker.path.replace(/\{(\w+)\}/g, (_whole, name: string) => percentEncoded(values[name] ?? ''));
  try {
    const url = new URL(`${base}${path}`);
    const answer = await sendCall(
      base,
      { method: 'GET', target: `${url.pathname}${url.search}`, headers: [], body: null },
      { signOn, projectId: values.project_id ?? '' },
    );
    if (answer.status !== 200) return [];
    return asker.read(JSON.parse(answer.bodyText)).slice(0, suggestionsMax);
  } catch {
    return []; // suggestions are a courtesy: the call itself will say what is wrong
  }
}

function suggestion(value: unknown, label: unknown = ''): Suggestion {
  return { value: String(value ?? ''), label: String(label ?? '') };
}

function listOf(value: unknown): readonly Members[] {
  return Array.isArray(value)
    ? value.filter((item): item is Members => typeof item === 'object' && item !== null)
    : [];
}
