import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSample, sampleLanguagesOf, sampleOperationIds } from '@sluice/contract/samples/build-sample';
import { type NamesFound, phpNamesIn, terraformNamesIn } from '../conformance/published-names.ts';
import { SdkUnavailable } from '../conformance/toolchain.ts';
import { SignedClient } from '../tools/demo/signed-client.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import type { ProofOptions, ProofResult } from './proof.ts';
import { makeCases, type SampleCase } from './samples/cases.ts';
import { SampleDatabase } from './samples/database.ts';
import {
  type RunLanguage,
  type Runner,
  type RunnerSettings,
  runLanguages,
  runnerOf,
  sampleFolder,
} from './samples/runners.ts';
import { type Tried, type TryTools, tryCases, withWrongName } from './samples/tried.ts';

export const promise =
  'The SDK samples do what they show: those of every operation, compiled and run in Python, Go, Java and curl, against a real server, with hostile values';

export const choices = { language: runLanguages } as const;

/** Without these the promise is not held. The others are run as well, and must not fail. */
const promised: readonly RunLanguage[] = ['python', 'go', 'java', 'curl'];
/** Languages at work at once: the smallest machine has two cores. */
const languagesAtOnce = 2;

export interface LanguageResult {
  readonly title: string;
  /** Operations all of whose samples passed. */
  readonly operationsPassed: number;
  readonly samplesPassed: number;
  readonly samples: number;
  readonly failed: readonly string[];
  readonly plantedBugSeen: boolean;
}

/** Runs the samples of all languages, or of the one that was chosen: then nothing is proved, for the promise is of all. */
export async function run({ choice, log }: ProofOptions): Promise<ProofResult> {
  const asked = choice?.language === undefined ? runLanguages : [choice.language as RunLanguage];
  const results: Partial<Record<RunLanguage, LanguageResult>> = {};
  const skipped: Partial<Record<RunLanguage, string>> = {};
  await withServer(log, async (surroundings) => {
    const waiting = [...asked];
    const work = async (): Promise<void> => {
      for (let language = waiting.shift(); language; language = waiting.shift()) {
        try {
          results[language] = await runLanguage(language, surroundings);
        } catch (error) {
          if (!(error instanceof SdkUnavailable)) throw error;
          skipped[language] = error.message;
          log(`skipped: ${language}: ${error.message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: languagesAtOnce }, work));
  });
  const names = { php: namesIn('php', phpNamesIn), terraform: namesIn('terraform', terraformNamesIn) };
  const all = sampleOperationIds.length;
  const passed = Object.fromEntries(
    Object.entries(results).map(([language, { operationsPassed }]) => [language, operationsPassed]),
  );
  const isHeld =
    promised.every((language) => passed[language] === all) &&
    Object.values(results).every((result) => result.failed.length === 0 && result.plantedBugSeen) &&
    Object.values(names).every(({ wrong }) => wrong.length === 0);
  return {
    ok: isHeld,
    figures: {
      operations: all,
      operationsPassed: passed,
      operationsTimesLanguages: `${promised.reduce((sum, one) => sum + (passed[one] ?? 0), 0)} of ${all * promised.length}`,
      languages: results,
      publishedNames: names,
      skipped: {
        ...skipped,
        ...unasked(asked),
        php: 'not run: no PHP here; its names are held against the published ones',
      },
    },
  };
}

function unasked(asked: readonly RunLanguage[]): Partial<Record<RunLanguage, string>> {
  const others = runLanguages.filter((language) => !asked.includes(language));
  return Object.fromEntries(others.map((language) => [language, 'not asked for']));
}

export interface Surroundings {
  readonly server: SluiceProcess;
  readonly client: SignedClient;
  readonly token: string;
  readonly database: SampleDatabase;
  readonly folder: string;
  readonly log: (line: string) => void;
}

/** A server and a database for samples, for as long as `work` lasts. */
export async function withServer(
  log: (line: string) => void,
  work: (surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-samples-'));
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = cleanUp.adopt(await startPostgres(), (server) => server.stop());
  const database = await SampleDatabase.make(postgres);
  const server = cleanUp.adopt(await SluiceProcess.start({ dataFolder: path.join(folder, 'data') }), (one) =>
    one.stop(),
  );
  const client = await SignedClient.connect(server);
  const token = await tokenOf(server, client.projectId);
  await work({ server, client, token, database, folder, log });
}

/** A token as the sample's user would get it: from the identity service, with the keys. */
async function tokenOf(server: SluiceProcess, projectId: string): Promise<string> {
  const body = {
    auth: {
      identity: {
        methods: ['hw_ak_sk'],
        hw_ak_sk: { access: { key: server.accessKey }, secret: { key: server.secretKey } },
      },
      scope: { project: { id: projectId } },
    },
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.endpoint}/v3/auth/tokens`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const token = answer.headers.get('x-subject-token');
  if (token === null) throw new Error(`the server gave no token: ${answer.status} ${await answer.text()}`);
  return token;
}

/** Runs the samples of one language; `only` leaves out the cases that it says no to. @throws SdkUnavailable */
export async function runLanguage(
  language: RunLanguage,
  surroundings: Surroundings,
  only: (one: SampleCase) => boolean = () => true,
): Promise<LanguageResult> {
  const { server, client, token, database, log } = surroundings;
  const parent =
    language === 'nodejs' ? path.join(import.meta.dirname, '..', 'conformance') : surroundings.folder;
  await using place = await sampleFolder(parent);
  const settings = {
    folder: place.folder,
    credentials:
      language === 'curl-token'
        ? { X_AUTH_TOKEN: token }
        : { HUAWEICLOUD_SDK_AK: server.accessKey, HUAWEICLOUD_SDK_SK: server.secretKey },
    log,
  };
  const runner = await runnerOf(language, settings);
  log(`${language}: ${runner.title}`);
  const name = language.replaceAll('-', '_');
  const cases = (await makeCases({ client, database, region: server.region, name })).filter(only);
  const { endpoint, region } = server;
  const tools: TryTools = { language, runner, endpoint, region, projectId: client.projectId, log };
  const tried = await tryCases(cases, tools);
  const planted = await isPlantedBugSeen(cases, tools, settings);
  if ((await readdir(place.folder, { recursive: true })).some((file) => file.endsWith('PWNED'))) {
    throw new Error(`a hostile value was run as a command in ${language}`);
  }
  return resultOf(runner, tried, planted);
}

function resultOf(runner: Runner, tried: readonly Tried[], plantedBugSeen: boolean): LanguageResult {
  const failed = tried.filter(({ failure }) => failure !== null);
  const bad = new Set(failed.map(({ operationId }) => operationId));
  const good = new Set(tried.map(({ operationId }) => operationId).filter((id) => !bad.has(id)));
  return {
    title: runner.title,
    operationsPassed: good.size,
    samplesPassed: tried.length - failed.length,
    samples: tried.length,
    failed: failed.map(
      ({ operationId, what, failure }) => `${[operationId, what].join(' ').trim()}: ${failure}`,
    ),
    plantedBugSeen,
  };
}

/** A sample with a wrong name must not pass for one that works. */
async function isPlantedBugSeen(
  cases: readonly SampleCase[],
  tools: TryTools,
  settings: RunnerSettings,
): Promise<boolean> {
  const { folder } = await sampleFolder(settings.folder);
  const honest = await runnerOf(tools.language, { ...settings, folder });
  const prepare: Runner['prepare'] = (samples) =>
    honest.prepare(
      samples.map(({ id, sample }) => {
        const source = withWrongName(tools.language, sample.source);
        if (source === sample.source) throw new Error('the bug was not planted');
        return { id, sample: { ...sample, source } };
      }),
    );
  const plain = cases.filter(({ operationId }) => operationId === 'ListClusters');
  const tried = await tryCases(plain, { ...tools, runner: { ...honest, prepare }, log: () => undefined });
  return tried.length > 0 && tried.every(({ failure }) => failure !== null);
}

interface LanguageNames extends NamesFound {
  readonly samples: number;
}

/** Names in the samples of every operation, from the contract's examples. */
function namesIn(language: 'php' | 'terraform', find: (source: string) => NamesFound): LanguageNames {
  const sources = sampleOperationIds
    .filter((id) => sampleLanguagesOf(id).includes(language))
    .map((operationId) => {
      const request = {
        operationId,
        endpoint: 'https://cdm.example.com',
        region: 'region-1',
        projectId: 'project',
        signOn: 'keys',
        parameters: {},
        body: undefined,
      } as const;
      return find(buildSample(request, language).source);
    });
  return {
    samples: sources.length,
    known: sources.reduce((sum, { known }) => sum + known, 0),
    wrong: sources.flatMap(({ wrong }) => wrong),
  };
}
