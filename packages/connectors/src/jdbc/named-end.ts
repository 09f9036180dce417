import type { Host } from '@sluice/core/connector/contract';
import type { ErrorCode } from '@sluice/core/errors/codes';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Codes whose sentences hold for the source as for the destination of a run. */
const eitherEnd: ReadonlySet<ErrorCode> = new Set(['Cdm.0901', 'Cdm.0902', 'Cdm.0903', 'Cdm.0950']);

/**
 * Says in an error's cause which end of the run it is about, and which server, where its code does not: two links may
 * lead to the same kind of database.
 * @param server `host:port`.
 * @returns the error itself where there is nothing to add.
 */
export function nameEnd(error: unknown, end: Host['end'], server: string): unknown {
  if (end === undefined || !(error instanceof SluiceError) || !eitherEnd.has(error.code)) return error;
  const name = `${end} ${server}`;
  const said = String(error.facts.cause ?? '');
  if (said.startsWith(name)) return error;
  const cause = said.startsWith(`${server}: `) ? said.slice(server.length + 2) : said;
  const facts = { ...error.facts, cause: cause === '' ? name : `${name}: ${cause}` };
  return new SluiceError(error.code, facts, { cause: error.cause, retry: error.retry });
}
