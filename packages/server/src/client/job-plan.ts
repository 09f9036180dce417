import type { JobPlan } from '@sluice/contract/plan-views';
import type { Language } from '@sluice/core/data/text';
import { Refusal } from '../telemetry/refusal.ts';
import { notRunnableExitCode, type PlanCommand, parsePlanCommand } from './plan-flags.ts';
import { planPage } from './plan-page.ts';
import { ServerCall } from './server-call.ts';

/**
 * `sluice job plan`: asks a server what a run of a job would do, and prints it.
 * @param words behind `job plan`.
 * @returns the exit code. @throws Refusal.
 */
export async function jobPlan(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  language: Language,
  print: (text: string) => void,
): Promise<number> {
  const command = parsePlanCommand(words, environment);
  const call = new ServerCall(command.server, command.credentials, language);
  const project = command.project ?? (await onlyProject(call));
  const cluster = await clusterId(call, project, command.cluster);
  const { job, pageNo, pageSize, variables } = command;
  const path = `/api/v1/projects/${inPath(project)}/clusters/${inPath(cluster)}/jobs/${inPath(job)}/plan`;
  const plan = (await call.json('POST', `${path}?page_no=${pageNo}&page_size=${pageSize}`, {
    variables,
  })) as JobPlan;
  print(command.isJson ? `${JSON.stringify(plan, null, 2)}\n` : planPage(plan, language));
  return plan.is_runnable ? 0 : notRunnableExitCode;
}

async function onlyProject(call: ServerCall): Promise<string> {
  const { projects = [] } = (await call.json('GET', '/v3/projects')) as {
    readonly projects?: readonly { readonly id: string; readonly name: string }[];
  };
  const [only] = projects;
  if (only !== undefined && projects.length === 1) return only.id;
  const names = projects.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw new Refusal(
    {
      en: `Say which project: --project <id>, one of: ${names === '' ? 'none that you have a part in' : names}.`,
      zh: `请指定项目：--project <id>，可选：${names === '' ? '（没有您可访问的项目）' : names}。`,
    },
    { exitCode: 2 },
  );
}

/** The id of a cluster by that, or by its name. */
async function clusterId(call: ServerCall, project: string, wanted: PlanCommand['cluster']): Promise<string> {
  const { clusters = [] } = (await call.json('GET', `/v1.1/${inPath(project)}/clusters`)) as {
    readonly clusters?: readonly { readonly id: string; readonly name: string }[];
  };
  const found = clusters.filter(({ id, name }) => id === wanted || name === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  const list = (found.length > 1 ? found : clusters).map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new Refusal(
    found.length > 1
      ? {
          en: `Several clusters have the name ${wanted}: ${list}.`,
          zh: `有多个集群名为 ${wanted}：${list}。`,
        }
      : {
          en: `The project has no cluster ${wanted}${list === '' ? '' : `; it has: ${list}`}.`,
          zh: `项目中没有集群 ${wanted}${list === '' ? '' : `，现有：${list}`}。`,
        },
  );
}

function inPath(text: string): string {
  return encodeURIComponent(text);
}
