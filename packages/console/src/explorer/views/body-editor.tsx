import { useId } from 'preact/hooks';
import type { Finding } from '../model/body-check.ts';
import type { BodyField } from '../model/operation-entry.ts';
import { Coloured } from './code-block.tsx';
import { findingText } from './finding-text.ts';
import { WarningIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** Longest body that is coloured while it is typed, in characters. */
const colouredMax = 60_000;

/** The body as text, coloured: a transparent text area lies over the coloured copy of what it holds. */
export function BodyEditor({
  field,
  example,
  text,
  findings,
  onText,
}: {
  readonly field: BodyField;
  /** What the editor begins with; empty when there is none. */
  readonly example: string;
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly onText: (text: string) => void;
}) {
  const { say } = usePage();
  const id = useId();
  const hasError = findings.some(({ kind }) => kind === 'error');
  const format = () => {
    try {
      onText(JSON.stringify(JSON.parse(text), null, 2));
    } catch {
      return; // the finding below the editor says where it breaks
    }
  };
  return (
    <section class="form-section" aria-labelledby={`${id}-title`}>
      <div class="section-head">
        <h3 id={`${id}-title`}>{say('body')}</h3>
        {field.isRequired ? (
          <span class="required">{say('required')}</span>
        ) : (
          <span class="hint">{say('bodyOptional')}</span>
        )}
        <div class="section-actions">
          {example !== '' && (
            <button type="button" class="quiet-button" onClick={() => onText(example)}>
              {say('useExample')}
            </button>
          )}
          <button type="button" class="quiet-button" disabled={hasError || text === ''} onClick={format}>
            {say('format')}
          </button>
          <button type="button" class="quiet-button" disabled={text === ''} onClick={() => onText('')}>
            {say('clear')}
          </button>
        </div>
      </div>
      <div class={`editor ${hasError ? 'has-error' : ''}`}>
        <div class="editor-sheet">
          <pre aria-hidden="true">
            {text.length > colouredMax ? text : <Coloured source={text} language="json" />}
            {'\n'}
          </pre>
          <textarea
            value={text}
            aria-label={say('bodyEditor')}
            aria-invalid={hasError}
            aria-describedby={`${id}-findings`}
            placeholder={say('bodyEmpty')}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            wrap="off"
            onInput={(event) => onText(event.currentTarget.value)}
          />
        </div>
      </div>
      <ul class="findings" id={`${id}-findings`} aria-live="polite">
        {findings.map((finding) => (
          <li key={`${finding.reason} ${finding.at}`} class={`is-${finding.kind}`}>
            <WarningIcon />
            <span>
              {finding.at !== '' && <code>{finding.at}</code>} {findingText(finding, say)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
