import { renderError, unknownToSluiceError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { RunFailure } from '../store/model.ts';
import { WorkerDied, WorkerStartFailed } from './worker-process.ts';

/**
 * What a caller reads about a run that did not succeed: the cause in one sentence, and in the details what to do.
 * Texts are made here once in both languages and stored; a bug's own words stay in the log.
 */
export function failureOf(error: unknown): RunFailure {
  const known = asSluiceError(error);
  const en = renderError(known, 'en');
  const zh = renderError(known, 'zh');
  const cause = known.cause instanceof Error ? known.cause.message : '';
  const detail = (text: { message: string; remedy: string }) =>
    [
      `${known.code} : ${text.message}`,
      cause === '' || text.message.includes(cause) ? '' : cause,
      text.remedy,
    ]
      .filter((line) => line !== '')
      .join('\n');
  return {
    code: known.code,
    summary: { en: `${known.code} : ${en.message}`, zh: `${known.code} : ${zh.message}` },
    details: { en: detail(en), zh: detail(zh) },
  };
}

/** A stopped run reads FAILED on the wire; the summary names who stopped it. */
export function stoppedBy(user: string): RunFailure {
  const summary = { en: `stopped by ${user}`, zh: `已由 ${user} 停止` };
  return {
    code: 'Cdm.0053',
    summary,
    details: {
      en: `The run was stopped by ${user}. Rows committed before the stop remain at the destination.`,
      zh: `本次运行已由 ${user} 停止。停止前已提交的数据保留在目的端。`,
    },
  };
}

function asSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error instanceof WorkerDied)
    return new SluiceError('Cdm.0232', { cause: error.message }, { cause: error });
  if (error instanceof WorkerStartFailed) return new SluiceError('Cdm.0037', {}, { cause: error });
  return unknownToSluiceError(error);
}
