import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../tools/servers/free-port.ts';
import { startMariadb } from '../tools/servers/mariadb.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { type RunningServer, ServerUnavailable } from '../tools/servers/running-server.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { lookUpProject } from './node/look-up-project.ts';
import { storeVariable } from './node/store-variable.ts';
import { judgeObservations, readObservations, valuesCompared } from './observations.ts';
import { buildScenario, type DatabaseAddress, unfitColumns } from './program-inputs.ts';
import { startRelay } from './relay.ts';
import {
  addTo,
  type CheckLine,
  judge,
  operationLines,
  readCheckLines,
  statesSeen,
  type Totals,
} from './report.ts';
import {
  countSourceRows,
  differenceInCopy,
  makeDatabase,
  makeSourceTable,
  makeTargetTables,
  SOURCE_ROWS,
} from './tables.ts';
import { PREPARATIONS, type Program, SdkUnavailable } from './toolchain.ts';

/*
 * `npm run conformance [-- --only python,go]`: the vendor's own SDKs, unmodified, against a real server with real databases.
 * Prints a line per SDK and operation and ends with `N passed, N failed, N skipped`.
 */

/** Programs at once. The machine has two cores in the smallest case, and three servers besides. */
const PROGRAMS_AT_ONCE = 2;
/** How long a program waits for one run or cluster to get where it should, in seconds. */
const WAIT_S = 60;
/** After this a program hangs, in milliseconds. */
const PROGRAM_LIMIT_MS = 5 * 60_000;
/** What a program wrote beside its check lines is shown from the end, in characters. */
const SHOWN_OUTPUT_MAX = 2_000;

const DATABASE = 'conformance';

const totals: Totals = { passed: 0, failed: 0, skipped: 0 };

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(PREPARATIONS);
const unknown = wanted.filter((sdk) => !(sdk in PREPARATIONS));
if (unknown.length > 0) {
  console.error(`no such SDK: ${unknown.join(', ')}; there are ${Object.keys(PREPARATIONS).join(', ')}`);
  process.exit(2);
}

try {
  await main();
} catch (error) {
  // Servers that do not start, tables that cannot be made: nothing was shown, so it cannot pass.
  totals.failed += 1;
  console.log(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

async function main(): Promise<void> {
  const programs: Program[] = [];
  for (const sdk of wanted) {
    const program = await prepare(sdk);
    if (program) programs.push(program);
  }
  if (programs.length === 0) return;
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-conformance-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const target = cleanUp.adopt(await startPostgres(), (server) => server.stop());
  const source = await startSource(target);
  if (source !== target) cleanUp.defer(() => source.stop());
  const targetAddress = await makeDatabase(target, DATABASE);
  const sourceAddress = source === target ? targetAddress : await makeDatabase(source, DATABASE);
  const server = await SluiceProcess.start({ dataFolder: path.join(folder, 'data') });
  cleanUp.defer(() => server.stop());
  const projectId = await lookUpProject(server.endpoint, server, server.region);
  await storeVariable(server.endpoint, server, projectId, unfitColumns);

  const waiting = [...programs];
  const seen: string[] = [];
  async function work(): Promise<void> {
    for (let program = waiting.shift(); program; program = waiting.shift()) {
      const lines = await walk(program, {
        folder,
        server,
        projectId,
        source: sourceAddress,
        target: targetAddress,
      });
      console.log(operationLines(lines).join('\n'));
      addTo(totals, lines);
      seen.push(`${program.sdk.padEnd(6)}  states of ShowJobStatus seen: ${statesSeen(lines)}`);
      seen.push(`${program.sdk.padEnd(6)}  values compared with the wire: ${valuesCompared(lines)}`);
    }
  }
  await Promise.all(Array.from({ length: PROGRAMS_AT_ONCE }, work));
  console.log(seen.sort().join('\n'));
}

async function prepare(sdk: string): Promise<Program | null> {
  try {
    const program = (await PREPARATIONS[sdk]?.(console.log)) ?? null;
    if (program) console.log(`${sdk.padEnd(6)}  ${program.title}`);
    return program;
  } catch (error) {
    const isSkip = error instanceof SdkUnavailable;
    totals[isSkip ? 'skipped' : 'failed'] += 1;
    console.log(`${sdk.padEnd(6)}  ${isSkip ? 'SKIPPED' : 'FAILED'}: ${(error as Error).message}`);
    return null;
  }
}

/** MariaDB where it can be had, so that a run crosses from one kind of database to the other. */
async function startSource(target: RunningServer): Promise<RunningServer> {
  try {
    return await startMariadb({ say: console.log });
  } catch (error) {
    if (!(error instanceof ServerUnavailable)) throw error;
    console.log(`NOTE: the jobs read from PostgreSQL instead of MariaDB: ${error.message}`);
    return target;
  }
}

type Surroundings = {
  readonly folder: string;
  readonly server: SluiceProcess;
  readonly projectId: string;
  readonly source: DatabaseAddress;
  readonly target: DatabaseAddress;
};

/** Runs one program through all its checks; the runner adds what only the databases can tell. */
async function walk(program: Program, around: Surroundings): Promise<CheckLine[]> {
  const { sdk } = program;
  await makeSourceTable(around.source, sdk);
  await makeTargetTables(around.target, sdk);
  const scenario = buildScenario({
    sdk,
    source: around.source,
    target: around.target,
    closedPort: await freePort(),
    rows: SOURCE_ROWS,
    withBatch: around.source !== around.target,
  });
  const scenarioFile = path.join(around.folder, `${sdk}.json`);
  await writeFile(scenarioFile, JSON.stringify(scenario), { mode: 0o600 });
  const relay = await startRelay(around.server.endpoint, false);
  const observingRelay = await startRelay(around.server.endpoint, false);
  const tamperingRelay = await startRelay(around.server.endpoint, true);
  try {
    const output = await runProgram(program, {
      SLUICE_ENDPOINT: around.server.endpoint,
      SLUICE_RELAY: relay.endpoint,
      SLUICE_OBSERVING_RELAY: observingRelay.endpoint,
      SLUICE_TAMPERING_RELAY: tamperingRelay.endpoint,
      SLUICE_AK: around.server.accessKey,
      SLUICE_SK: around.server.secretKey,
      SLUICE_PROJECT_ID: around.projectId,
      SLUICE_REGION: around.server.region,
      SLUICE_SCENARIO: scenarioFile,
      SLUICE_WAIT_S: String(WAIT_S),
    });
    const lines = judge(sdk, readCheckLines(output, sdk), relay.requestIds, scenario.batch !== null);
    const observations = readObservations(output, sdk);
    lines.push(...judgeObservations(sdk, observations, observingRelay.exchanges, scenario));
    lines.push(await comparedCopy(sdk, around));
    return lines;
  } finally {
    await relay.stop();
    await observingRelay.stop();
    await tamperingRelay.stop();
  }
}

/** The oracle of the copy: the rows as PostgreSQL has them, against the rows that were put into the source. */
async function comparedCopy(sdk: string, around: Surroundings): Promise<CheckLine> {
  const line = { sdk, operation: 'Databases', check: 'copied table equals the source, row by row' };
  const inSource = await countSourceRows(around.source, sdk);
  const difference =
    inSource === SOURCE_ROWS ? await differenceInCopy(around.target, sdk) : `the source has ${inSource} rows`;
  return { ...line, ok: difference === null, detail: difference ?? `${SOURCE_ROWS} rows` };
}

/** Settings of this machine's user for the cloud, or for a proxy, must not reach a program: it talks to loopback alone. */
function programEnvironment(inputs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HUAWEICLOUD_SDK_'));
  return { ...Object.fromEntries(inherited), NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...inputs };
}

/** @returns what the program wrote to stdout. Whether it went well is in there; an unexpected end is shown. */
async function runProgram(program: Program, inputs: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(program.command, program.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: programEnvironment(inputs),
    timeout: PROGRAM_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) {
    console.log(
      `${program.sdk.padEnd(6)}  the program ended with ${signal ?? code}: ${complaints.slice(-SHOWN_OUTPUT_MAX)}`,
    );
  }
  return output;
}
