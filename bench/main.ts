// `npm run bench`: lists the cases. `npm run bench -- --case NAME` runs one; a case is a file of data, cases/NAME.json.
import { parseArgs } from 'node:util';
import { caseNames, loadCase } from './bench-case.ts';
import { Cleanups } from './cleanups.ts';
import type { PeersWanted } from './peers/peers.ts';
import { profileCase } from './profile/profile-case.ts';
import { profilePage, saveProfile } from './profile/profile-page.ts';
import { caseReport, titleOf } from './report/case-report.ts';
import { saveResult, writeReport } from './report/saved-results.ts';
import type { CaseResult } from './results.ts';
import { type RunOptions, runCopyCase } from './run-copy-case.ts';
import { runPollersCase } from './run-pollers-case.ts';
import { runSmallJobCase } from './run-small-job-case.ts';
import { runStatusCase } from './service/run-status-case.ts';
import { runStoreCase } from './service/run-store-case.ts';
import { serviceReport, serviceTitleOf } from './service/service-report.ts';
import type { ServiceResult } from './service/service-result.ts';

const USAGE = `usage: npm run bench -- --case NAME [--runs N] [--scale X] [--only-limits | --peers] [--json] [--save]
  --case NAME     which case; without it, the cases are listed
  --runs N        measured runs of each candidate (default 5); for small-job: jobs (default 200);
                  for status: rounds (default 5); for store: questions of a kind (default 200)
  --scale X       share of the table's rows, above 0 up to 1 (default 1); targets are meant for 1
  --only-limits   Sluice and the limits, no peers
  --peers         peers too, installing the missing ones; without either flag: those installed before
  --profile       sample the whole machine during one copy by Sluice, and say who spends the CPU time
  --json          one object on standard output; the progress goes to standard error
  --save          keep the result in docs/benchmarks and write the report there anew
  --report        only write the report anew from the results that are kept`;

interface Call {
  readonly name: string | undefined;
  readonly options: Omit<RunOptions, 'say'>;
  readonly isJson: boolean;
  readonly isSaved: boolean;
  readonly isReport: boolean;
  readonly isProfile: boolean;
}

/** @throws with the reason when the call is wrong */
function readCall(args: readonly string[]): Call {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string' },
      runs: { type: 'string' },
      scale: { type: 'string', default: '1' },
      'only-limits': { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new Error('--scale wants a number above 0 up to 1');
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isSafeInteger(runs) && runs >= 1))
    throw new Error('--runs wants a whole number from 1 on');
  if (values.report && values.case !== undefined) throw new Error('--report runs no case');
  if (values['only-limits'] && values.peers) throw new Error('--only-limits and --peers exclude each other');
  const peers: PeersWanted = values.peers ? 'install' : values['only-limits'] ? 'none' : 'installed';
  return {
    name: values.case,
    options: { scale, peers, ...(runs === undefined ? {} : { runs }) },
    isJson: values.json,
    isSaved: values.save,
    isReport: values.report,
    isProfile: values.profile,
  };
}

async function list(isJson: boolean): Promise<void> {
  const names = await caseNames();
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ ok: true, cases: names })}\n`);
    return;
  }
  for (const name of names) process.stdout.write(`${name.padEnd(12)} ${await titleOfCase(name)}\n`);
  process.stdout.write(`${USAGE}\n`);
}

async function titleOfCase(name: string): Promise<string> {
  const value = await loadCase(name);
  return value.kind === 'status' || value.kind === 'store' ? serviceTitleOf(value) : titleOf(value);
}

async function runCase(name: string, options: RunOptions): Promise<CaseResult | ServiceResult> {
  const value = await loadCase(name);
  switch (value.kind) {
    case 'copy':
      return runCopyCase(value, options);
    case 'small-job':
      return runSmallJobCase(value, options);
    case 'pollers':
      return runPollersCase(value, options);
    case 'status':
      return runStatusCase(value, options);
    case 'store':
      return runStoreCase(value, options);
  }
}

async function profile(name: string, call: Call, say: (line: string) => void): Promise<number> {
  const value = await loadCase(name);
  if (value.kind !== 'copy') throw new Error('--profile wants a case that copies a table');
  const result = await profileCase(value, call.options.scale, say);
  if (call.isSaved) await saveProfile(result);
  process.stdout.write(call.isJson ? `${JSON.stringify(result)}\n` : `\n${profilePage(result)}`);
  return 0;
}

/** @returns the exit code: 0 the targets were met, 1 they were not or the case broke down, 2 a wrong call. */
async function main(args: readonly string[]): Promise<number> {
  let call: Call;
  try {
    call = readCall(args);
    if (call.name !== undefined) await loadCase(call.name);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  if (call.isReport) {
    await writeReport();
    return 0;
  }
  if (call.name === undefined) {
    await list(call.isJson);
    return 0;
  }
  const say = (line: string) => void (call.isJson ? process.stderr : process.stdout).write(`${line}\n`);
  try {
    if (call.isProfile) return await profile(call.name, call, say);
    const result = await runCase(call.name, { ...call.options, say });
    if (call.isSaved) {
      await saveResult(result);
      await writeReport();
    }
    process.stdout.write(
      call.isJson
        ? `${JSON.stringify(result)}\n`
        : `\n${'kind' in result ? serviceReport(result) : caseReport(result)}`,
    );
    return result.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`);
    if (call.isJson) {
      const broken = { case: call.name, ok: false, error: (error as Error).message };
      process.stdout.write(`${JSON.stringify(broken)}\n`);
    }
    return 1;
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => {
    void Cleanups.runAll((line) => void process.stderr.write(`${line}\n`)).then(() => process.exit(code));
  });
}

process.exitCode = await main(process.argv.slice(2));
