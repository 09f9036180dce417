import { parameters } from '@sluice/contract/parameters';
import { buildSample, sampleLanguagesOf, sampleOperationIds } from '@sluice/contract/samples/build-sample';
import { curlSample } from '@sluice/contract/samples/curl-sample';
import type { SampleLanguage } from '@sluice/contract/samples/languages';
import { noteText } from '@sluice/contract/samples/sample-note';
import { maskedBody } from './masked-body.ts';
import type { Language, OperationEntry } from './operation-entry.ts';
import { percentEncoded } from './request-draft.ts';

/** What the samples are of: what was typed in, without anything secret of the sign-on. */
export interface SampleInput {
  readonly entry: OperationEntry;
  /** Where the server is reached, without a slash at the end. */
  readonly base: string;
  readonly values: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** null: the contract's example stands in. */
  readonly region: string | null;
  readonly signOn: 'keys' | 'token';
}

export interface ShownSample {
  readonly language: SampleLanguage;
  readonly fileName: string;
  readonly source: string;
  readonly notes: readonly string[];
}

/** The languages of an operation, in the order of the tabs. The vendor's packages know only the CDM API. */
export function languagesOf(entry: OperationEntry): readonly SampleLanguage[] {
  const id = sdkId(entry);
  return id === null ? ['curl'] : sampleLanguagesOf(id);
}

/** Writes one sample. Passwords in the body are masked. @throws SluiceError for what is too long or nested too deep. */
export function shownSample(input: SampleInput, language: SampleLanguage, shown: Language): ShownSample {
  const { entry, base, values, region, signOn } = input;
  const { body, isMasked } = maskedBody(input.body);
  const masked = isMasked ? [maskNote[shown]] : [];
  const id = sdkId(entry);
  if (id === null) return { ...plainCurl(input, body), notes: masked };
  const typed = Object.entries(values).filter(
    ([name, value]) => value !== '' && entry.parameters.some((parameter) => parameter.name === name),
  );
  const projectId = values.project_id || exampleOf(entry, 'project_id');
  const sample = buildSample(
    {
      operationId: id,
      endpoint: base,
      region: region ?? parameters.RegionId.example,
      projectId,
      signOn,
      parameters: Object.fromEntries(typed.filter(([name]) => name !== 'project_id')),
      body,
    },
    language,
  );
  const notes = sample.notes.map(
    ({ reason, at }) => `${at === '' ? '' : `${at}: `}${noteText(reason, shown)}`,
  );
  return { language, fileName: sample.fileName, source: sample.source, notes: [...notes, ...masked] };
}

const maskNote = {
  en: 'Passwords in the body are masked here.',
  zh: '请求体中的密码在此已屏蔽。',
} as const;

function sdkId(entry: OperationEntry) {
  return entry.api === 'cdm' ? (sampleOperationIds.find((id) => id === entry.id) ?? null) : null;
}

function exampleOf(entry: OperationEntry, name: string): string {
  return entry.parameters.find((parameter) => parameter.name === name)?.example ?? '';
}

/** A call that no package of the vendor knows. */
function plainCurl(
  { entry, base, values, signOn }: SampleInput,
  body: unknown,
): Pick<ShownSample, 'language' | 'fileName' | 'source'> {
  const filledIn = (name: string) => values[name] || exampleOf(entry, name);
  const given = (place: 'query' | 'header') =>
    entry.parameters.flatMap(({ name, in: where, isRequired }) => {
      const value = isRequired ? filledIn(name) : (values[name] ?? '');
      return where === place && value !== '' ? [[name, value] as const] : [];
    });
  const source = curlSample({
    endpoint: base,
    path: entry.path.replace(/\{(\w+)\}/g, (_whole, name: string) => percentEncoded(filledIn(name))),
    query: given('query'),
    headers: given('header').filter(([, value]) => /^[ -~]*$/.test(value)),
    body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
    signOn,
    operation: { method: entry.method },
  });
  const fileName = entry.id.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  return { language: 'curl', fileName: `${fileName}.sh`, source };
}
