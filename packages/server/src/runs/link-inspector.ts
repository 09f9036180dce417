import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { InspectAnswers, InspectQuestion, InspectTask } from '@sluice/engine/work';
import type { TaskPools } from './cluster-pools.ts';
import { runLimits } from './limits.ts';
import { ProjectShares } from './project-shares.ts';
import { silentListener, within } from './run-traces.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

export interface LinkInspectorTools {
  readonly pools: TaskPools;
  /** Whose a cluster is; null: there is no such cluster. */
  readonly projectOf: (clusterId: string) => Promise<string | null>;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What the rest of the server may ask about the systems behind links. */
export interface LinkInspection {
  /**
   * Has a worker process look at the system behind a link. It always ends, and changes nothing there.
   * @param link options with secrets in clear.
   * @throws APIGW.0308 when too many ask at once; Cdm.0941 without an answer in time; what the connector finds.
   */
  ask<W extends keyof InspectAnswers>(
    clusterId: string,
    connector: string,
    link: OptionValues,
    question: InspectQuestion & { readonly what: W },
  ): Promise<InspectAnswers[W]>;
}

/** Staged link tests, lists of tables and previews, in worker processes of a lane of their own. */
export class LinkInspector implements LinkInspection {
  readonly #tools: LinkInspectorTools;
  readonly #shares = new ProjectShares(runLimits.inspectionsMax, runLimits.inspectionsPerProjectMax);

  constructor(tools: LinkInspectorTools) {
    this.#tools = tools;
  }

  async ask<W extends keyof InspectAnswers>(
    clusterId: string,
    connector: string,
    link: OptionValues,
    question: InspectQuestion & { readonly what: W },
  ): Promise<InspectAnswers[W]> {
    const projectId = (await this.#tools.projectOf(clusterId)) ?? '';
    return await this.#shares.run(projectId, async () => {
      const task = { kind: 'inspect', connector, link, question } as const;
      return (await this.#answer(clusterId, task)) as InspectAnswers[W];
    });
  }

  async #answer(clusterId: string, task: InspectTask): Promise<InspectAnswers[keyof InspectAnswers]> {
    const { what } = task.question;
    const ownMs = what === 'stages' ? runLimits.stagedTestMs : runLimits.previewMs;
    const limitMs = ownMs + runLimits.inspectSlackMs;
    try {
      return await within(limitMs, (signal) => this.#run(clusterId, task, signal));
    } catch (error) {
      if (error instanceof WorkerDied || error instanceof WorkerStartFailed) {
        throw new SluiceError('Cdm.0941', { cause: error.message }, { cause: error });
      }
      if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
      throw new SluiceError('Cdm.0941', { cause: `no answer within ${limitMs / 1000} s` }, { cause: error });
    }
  }

  /** A worker that dies under the question says nothing about the link: a second one is asked. */
  async #run(
    clusterId: string,
    task: InspectTask,
    signal: AbortSignal,
  ): Promise<InspectAnswers[keyof InspectAnswers]> {
    const { pools, log } = this.#tools;
    const pool = pools.of(clusterId);
    const listener = silentListener('', (_event, { line }) => log('link.inspect', { line }));
    try {
      return await pool.run(task, listener, signal);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      return await pool.run(task, listener, signal);
    }
  }
}
