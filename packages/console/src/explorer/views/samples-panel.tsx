import type { SampleLanguage } from '@sluice/contract/samples/languages';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Language } from '../model/operation-entry.ts';
import type { SampleInput, ShownSample } from '../model/sample-source.ts';
import { CodeBlock } from './code-block.tsx';
import { CopyButton } from './copy-button.tsx';
import { DownloadIcon, WarningIcon } from './icons.tsx';
import { usePage } from './page-context.ts';
import { TabPanel, Tabs } from './tabs.tsx';

const languageNames: Readonly<Record<SampleLanguage, string>> = {
  java: 'Java',
  python: 'Python',
  go: 'Go',
  nodejs: 'Node.js',
  php: 'PHP',
  curl: 'curl',
  terraform: 'Terraform',
};

/** The generator knows the whole contract; it comes in a file of its own, so that the page does not wait for it. */
type Generator = typeof import('../model/sample-source.ts');

/** The call as source, a tab for each language. */
export function SamplesPanel({
  input,
  isBodyReadable,
  chosen,
  onChoose,
}: {
  readonly input: SampleInput;
  /** false: the body is no JSON, so there is nothing to write down. */
  readonly isBodyReadable: boolean;
  readonly chosen: SampleLanguage;
  readonly onChoose: (language: SampleLanguage) => void;
}) {
  const { say, language: shownIn } = usePage();
  const [generator, setGenerator] = useState<Generator | null>(null);
  useEffect(() => {
    void import('../model/sample-source.ts').then((loaded) => setGenerator(() => loaded));
  }, []);
  const languages = useMemo(() => generator?.languagesOf(input.entry) ?? [], [generator, input.entry]);
  const selected = languages.includes(chosen) ? chosen : languages[0];
  const made = useMemo(
    () =>
      generator === null || selected === undefined ? null : sampleOf(generator, input, selected, shownIn),
    [generator, input, selected, shownIn],
  );
  if (selected === undefined || made === null) return <div class="empty" aria-busy="true" />;
  return (
    <div class="samples">
      <Tabs
        name="sample"
        label={say('samplesFor')}
        look="pill"
        tabs={languages.map((id) => ({ id, label: languageNames[id] }))}
        selected={selected}
        onSelect={onChoose}
      />
      <TabPanel name="sample" selected={selected}>
        {!isBodyReadable && (
          <div class="callout is-warning">
            <WarningIcon />
            <p>{say('samplesNeedJson')}</p>
          </div>
        )}
        {isBodyReadable && 'error' in made && (
          <div class="callout is-error">
            <WarningIcon />
            <p>{`${say('sampleFailed')}: ${made.error}`}</p>
          </div>
        )}
        {isBodyReadable && 'sample' in made && <Sample sample={made.sample} entryApi={input.entry.api} />}
      </TabPanel>
    </div>
  );
}

function Sample({ sample, entryApi }: { readonly sample: ShownSample; readonly entryApi: string }) {
  const { say } = usePage();
  return (
    <>
      <div class="section-head">
        <code class="file-name">{sample.fileName}</code>
        <div class="section-actions">
          <button type="button" class="quiet-button" onClick={() => download(sample)}>
            <DownloadIcon />
            <span>{say('download')}</span>
          </button>
          <CopyButton text={sample.source} />
        </div>
      </div>
      <CodeBlock source={sample.source} language={sample.language} label={sample.fileName} hasLines />
      {sample.notes.length > 0 && (
        <div class="notes">
          <h4>{say('sampleNotes')}</h4>
          <ul>
            {sample.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </div>
      )}
      <p class="hint">
        {entryApi === 'own' && `${say('ownNoSdk')} `}
        {say('secretsFromEnvironment')}
      </p>
    </>
  );
}

function sampleOf(
  generator: Generator,
  input: SampleInput,
  language: SampleLanguage,
  shownIn: Language,
): { readonly sample: ShownSample } | { readonly error: string } {
  try {
    return { sample: generator.shownSample(input, language, shownIn) };
  } catch (error) {
    // The contract's errors carry a sentence in both languages.
    const facts = (error as { readonly facts?: Readonly<Record<string, unknown>> }).facts ?? {};
    const sentence = shownIn === 'zh' ? facts.explanationZh : facts.explanationEn;
    return { error: typeof sentence === 'string' ? sentence : String(error) };
  }
}

function download({ source, fileName }: ShownSample): void {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
