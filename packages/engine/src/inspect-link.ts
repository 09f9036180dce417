import type { Host } from '@sluice/core/connector/contract';
import {
  type CheckPurpose,
  type CheckStage,
  checkStages,
  type Finding,
  type Inspector,
  type StageResult,
} from '@sluice/core/connector/inspection';
import type { ConnectorRegistry } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { InspectAnswers, InspectTask } from './work.ts';

/** Looks at a system through a link, as the task asks. @throws Cdm.0014 its connector cannot; what the connector finds. */
export async function inspectLink(
  { connector, link, question }: InspectTask,
  registry: ConnectorRegistry,
  host: Host,
): Promise<InspectAnswers[keyof InspectAnswers]> {
  // Whoever is still on the way when the answer is there, a session that is being opened, ends with it.
  const done = new AbortController();
  const signal = AbortSignal.any([host.signal, done.signal]);
  const connection = await registry.get(connector).open(link, { ...host, signal });
  try {
    const { inspector } = connection;
    if (inspector === undefined) {
      throw new SluiceError('Cdm.0014', {
        name: 'connector-name',
        ...explained({
          en: `What is behind a link of ${connector} cannot be looked at.`,
          zh: `不支持查看 ${connector} 连接所指系统的内容。`,
        }),
      });
    }
    switch (question.what) {
      case 'stages':
        return await testStages(inspector, question.purpose, question.timeLimitMs, host.signal);
      case 'schemas':
        return await inspector.schemas(question.page);
      case 'tables':
        return await inspector.tables(question.schema, question.page);
      case 'columns':
        return await inspector.describe(question.table);
      case 'rows':
        return await inspector.preview(question.table, question.limits);
    }
  } finally {
    done.abort(new Error('the question was answered'));
    await connection.close();
  }
}

/**
 * Tests a link stage by stage, and never takes longer than the limit: what is not answered by then has failed.
 * @throws the signal's reason; what is no finding but a fault of ours.
 */
export async function testStages(
  inspector: Inspector,
  purpose: CheckPurpose,
  timeLimitMs: number,
  signal: AbortSignal,
): Promise<readonly StageResult[]> {
  const applying = inspector.stages(purpose);
  const passed = new Map<CheckStage, number>();
  let begun = performance.now();
  const sinceLast = (): number => {
    const now = performance.now();
    const ms = Math.max(0, Math.round(now - begun));
    begun = now;
    return ms;
  };
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(noAnswer(timeLimitMs)), timeLimitMs);
  });
  const walk = inspector
    .walk(purpose, (stage) => void passed.set(stage, sinceLast()))
    .then(() => null, findingOf);
  let finding = await Promise.race([walk, overdue]).finally(() => clearTimeout(timer));
  signal.throwIfAborted();
  const ms = sinceLast();
  return checkStages.map((stage): StageResult => {
    if (!applying.includes(stage)) return { stage, state: 'skipped', ms: 0, finding: null };
    const took = passed.get(stage);
    if (took !== undefined) return { stage, state: 'ok', ms: took, finding: null };
    const own = finding;
    // Those behind it were not tried.
    finding = null;
    if (own === null) return { stage, state: 'skipped', ms: 0, finding: null };
    return { stage, state: 'failed', ms, finding: own };
  });
}

function findingOf(error: unknown): Finding {
  if (error instanceof SluiceError) return { code: error.code, facts: error.facts };
  throw error;
}

function noAnswer(timeLimitMs: number): Finding {
  return { code: 'Cdm.0941', facts: { cause: `no answer within ${timeLimitMs / 1000} s` } };
}
