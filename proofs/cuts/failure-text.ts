import type { SideName } from './phases.ts';

/** Codes that tell a user nothing but that something is wrong inside. */
const internalCodes = new Set(['Cdm.0000', 'Cdm.0001', 'Cdm.0037', 'Cdm.0056']);
/** Codes whose own sentence says that the destination is meant, or the source. */
const sentences: Readonly<Record<SideName, RegExp>> = {
  source: /\bsource\b/i,
  destination: /\bdestination\b/i,
};
const causes =
  /cut|reset|closed|terminat|lost|refused|unreachable|time-?out|timed out|silent|no answer|broke|hang up/i;

/** Whether a failed run's summary has a code, names the side that failed and its cause, and holds nothing of our insides. */
export function isClearFailure(summary: string | null, side: SideName): boolean {
  const code = /^(Cdm\.\d{4}) : ./.exec(summary ?? '')?.[1];
  if (summary === null || code === undefined || internalCodes.has(code)) return false;
  if (/\n\s+at |undefined|\[object|\{\w+\}|node:|\.ts\b/.test(summary)) return false;
  return sentences[side].test(summary) && causes.test(summary);
}
