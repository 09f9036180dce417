import { buildSample } from '@sluice/contract/samples/build-sample';
import { snakeCase } from '@sluice/contract/samples/names';
import type { SampleRequest } from '@sluice/contract/samples/sample-call';
import type { SdkOperationId } from '@sluice/contract/samples/sdk-models';
import type { SampleCase } from './cases.ts';
import type { PlacedSample, RunLanguage, Runner } from './runners.ts';

/** What came of one sample. */
export interface Tried {
  readonly operationId: SdkOperationId;
  readonly what: string;
  /** Why it counts as failed; null: it was compiled, ran, and what it printed and did is right. */
  readonly failure: string | null;
}

export interface TryTools {
  readonly language: RunLanguage;
  readonly runner: Runner;
  readonly endpoint: string;
  readonly region: string;
  readonly projectId: string;
  readonly log: (line: string) => void;
}

/** Makes the samples, compiles them together and runs one after the other. */
export async function tryCases(cases: readonly SampleCase[], tools: TryTools): Promise<readonly Tried[]> {
  const placed = cases.map((one) => placedSample(one, tools));
  const uncompiled = await tools.runner.prepare(placed);
  const tried: Tried[] = [];
  for (const [index, one] of cases.entries()) {
    const sample = placed[index] as PlacedSample;
    const failure = uncompiled.get(sample.id) ?? (await failureOf(one, sample, tools.runner));
    if (failure !== null) {
      tools.log(`${tools.language}  ${one.operationId} ${one.what}: ${failure}`);
    }
    tried.push({ operationId: one.operationId, what: one.what, failure });
  }
  return tried;
}

/** The text that users see. */
function placedSample(one: SampleCase, tools: TryTools): PlacedSample {
  const request: SampleRequest = {
    operationId: one.operationId,
    endpoint: tools.endpoint,
    region: tools.region,
    projectId: tools.projectId,
    signOn: tools.language === 'curl-token' ? 'token' : 'keys',
    parameters: one.parameters,
    body: one.body,
  };
  const language = tools.language === 'curl-token' ? 'curl' : tools.language;
  const sample = buildSample(request, language);
  const peculiar = one.what === '' ? '' : `-${one.what.replaceAll(' ', '-')}`;
  if (sample.notes.length > 0) {
    const places = sample.notes.map(({ reason, at }) => `${reason} ${at}`);
    throw new Error(`the sample of ${one.operationId} differs from the call: ${places.join(', ')}`);
  }
  return { id: `${snakeCase(one.operationId)}${peculiar}`, sample };
}

async function failureOf(one: SampleCase, placed: PlacedSample, runner: Runner): Promise<string | null> {
  try {
    await one.before?.();
    const { failure, output } = await runner.run(placed);
    if (failure !== null) return failure;
    const wanted = await one.after();
    const printed = runner.read(output);
    const missing = wanted.filter((text) => !printed.holds(text));
    return missing.length === 0 ? null : `${JSON.stringify(missing)} is not in what was printed: ${output}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same samples with a name that the vendor does not have, or for curl a header that the service does not know. */
export function withWrongName(language: RunLanguage, source: string): string {
  if (language === 'nodejs') return source.replaceAll('BasicCredentials', 'BasicCredential');
  if (language === 'curl') return source.replace('--header "Authorization:', '--header "Authorisation:');
  if (language === 'curl-token') return source.replace('X-Auth-Token: ', 'X-Auth-Tokens: ');
  return source.replace(/ListClustersRequest/g, 'ListClusterRequest');
}
