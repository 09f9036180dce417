import type { Spread } from './measure/statistics.ts';
import type { Conditions } from './report/conditions.ts';
import type { TargetResult } from './targets.ts';

export interface CandidateResult {
  readonly name: string;
  readonly role: 'sluice' | 'limit' | 'peer';
  readonly how: string;
  readonly version: string;
  /** Each measured run, in the order they took place. */
  readonly runSeconds: readonly number[];
  readonly seconds: Spread;
  /** By the median. */
  readonly rowsPerSecond: number;
  /** Medians, in seconds. `worker` is a part of `candidate`; a server that the case does not have is missing. */
  readonly cpuSeconds: {
    readonly candidate: number;
    readonly worker?: number;
    readonly postgres?: number;
    readonly mariadb?: number;
  };
  /** Of all runs; see CopyCost. */
  readonly peakRssMb: number;
  /** Row count and checksum equal the source's. */
  readonly isRight: boolean;
  /** Why it is not right, or was measured less often than the others. */
  readonly remark?: string;
  readonly p95Ms?: number;
}

export interface CaseResult {
  readonly case: string;
  /** Whether all targets were met that the caller did not exclude. */
  readonly ok: boolean;
  readonly table: string;
  readonly rows: number;
  /** The share of the table's rows that were copied; targets hold for 1. */
  readonly scale: number;
  readonly runs: number;
  readonly checksum: string;
  readonly candidates: readonly CandidateResult[];
  readonly unavailable: readonly { readonly name: string; readonly reason: string }[];
  readonly targets: readonly TargetResult[];
  readonly conditions: Conditions;
}

/** Whether a case can be called met: nothing missed, and nothing unmeasured that was asked for. */
export function isOk(targets: readonly TargetResult[]): boolean {
  return targets.every(({ state }) => state === 'met' || state === 'excluded');
}
