import { BATCH_CHECKS, EXPECTED_CHECKS, RELAYED_REFUSAL, STATES_SEEN } from './checks.ts';

/** One line that an SDK program prints. */
export type CheckLine = {
  readonly sdk: string;
  readonly operation: string;
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly requestId?: string;
};

export type Totals = { passed: number; failed: number; skipped: number };

/** The check lines in what a program printed; an SDK's own log lines in between are left aside. */
export function readCheckLines(output: string, sdk: string): CheckLine[] {
  const lines: CheckLine[] = [];
  for (const text of output.split('\n')) {
    if (!text.startsWith('{"sdk"')) continue;
    const line = parse(text);
    if (line !== null && line.sdk === sdk) lines.push(line);
  }
  return lines;
}

function parse(text: string): CheckLine | null {
  try {
    return JSON.parse(text) as CheckLine;
  } catch (error) {
    // A line cut off by the end of its program: the check then counts as missing.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * What a program's lines amount to: its own lines, a failed one for each expected check that is missing or came twice,
 * the refusal over the relay failed when the request id it read is not one that the server sent, and the list of states
 * failed when one is missing.
 * @param hasBatch the scenario has an entire-database job.
 */
export function judge(
  sdk: string,
  lines: readonly CheckLine[],
  sentRequestIds: ReadonlySet<string>,
  hasBatch = false,
): CheckLine[] {
  const judged: CheckLine[] = [];
  const known = new Set<CheckLine>();
  for (const [operation, checks] of Object.entries(EXPECTED_CHECKS)) {
    for (const check of [...checks, ...(hasBatch ? (BATCH_CHECKS[operation] ?? []) : [])]) {
      const found = lines.filter((line) => line.operation === operation && line.check === check);
      for (const line of found) known.add(line);
      const [first] = found;
      if (first === undefined || found.length > 1) {
        const detail =
          first === undefined ? 'the program did not report it' : 'the program reported it twice';
        judged.push({ sdk, operation, check, ok: false, detail });
      } else {
        judged.push(withComparedStates(withComparedRequestId(first, sentRequestIds)));
      }
    }
  }
  for (const line of lines) {
    if (!known.has(line))
      judged.push({ ...line, ok: false, detail: `not an expected check: ${line.detail}` });
  }
  return judged;
}

function withComparedRequestId(line: CheckLine, sent: ReadonlySet<string>): CheckLine {
  if (line.operation !== RELAYED_REFUSAL.operation || line.check !== RELAYED_REFUSAL.check || !line.ok)
    return line;
  if (line.requestId !== undefined && sent.has(line.requestId)) return line;
  return {
    ...line,
    ok: false,
    detail: `request id ${line.requestId} is not an X-Request-Id that the server sent`,
  };
}

function withComparedStates(line: CheckLine): CheckLine {
  if (line.check !== STATES_SEEN.check || !line.ok) return line;
  const seen = line.detail.split(', ');
  const missing = STATES_SEEN.needed.filter((state) => !seen.includes(state));
  return missing.length === 0 ? line : { ...line, ok: false, detail: `never read: ${missing.join(', ')}` };
}

/** One line per operation, `python  ShowJobStatus  ok (15 checks)`, and one more for each failed check. */
export function operationLines(lines: readonly CheckLine[]): string[] {
  const printed: string[] = [];
  for (const [operation, group] of Map.groupBy(lines, (line) => line.operation)) {
    const failed = group.filter((line) => !line.ok);
    const [{ sdk } = { sdk: '' }] = group;
    const size = `${group.length} ${group.length === 1 ? 'check' : 'checks'}`;
    const verdict = failed.length === 0 ? `ok (${size})` : `FAILED (${failed.length} of ${size})`;
    printed.push(`${sdk.padEnd(6)}  ${operation.padEnd(30)}  ${verdict}`);
    for (const line of failed) printed.push(`        ${line.check}: ${line.detail}`);
  }
  return printed;
}

export function addTo(totals: Totals, lines: readonly CheckLine[]): void {
  for (const line of lines) {
    if (line.ok) totals.passed += 1;
    else totals.failed += 1;
  }
}

/** The run states that an SDK has read, as its program listed them. */
export function statesSeen(lines: readonly CheckLine[]): string {
  return lines.find((line) => line.check === STATES_SEEN.check)?.detail ?? 'none';
}
