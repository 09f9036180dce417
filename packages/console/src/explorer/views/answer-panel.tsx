import { useMemo, useState } from 'preact/hooks';
import type { Answer, CallFailed } from '../model/send-call.ts';
import { answerBytesMax } from '../model/send-call.ts';
import type { TextName } from '../texts.ts';
import { CodeBlock } from './code-block.tsx';
import { CopyButton } from './copy-button.tsx';
import { HeaderTable } from './header-table.tsx';
import { EmptyDrawing, WarningIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** How the last call of an operation stands. */
export type CallState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'answered'; readonly answer: Answer; readonly isComplete: boolean }
  | { readonly kind: 'failed'; readonly failure: CallFailed };

/** What came back: status, time, headers and body as they are. */
export function AnswerPanel({ state }: { readonly state: CallState }) {
  const { say } = usePage();
  if (state.kind === 'idle') {
    return (
      <div class="empty">
        <EmptyDrawing />
        <h3>{say('noAnswerYet')}</h3>
        <p>{say('noAnswerYetHelp')}</p>
      </div>
    );
  }
  if (state.kind === 'sending') {
    return (
      <div class="empty" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{say('waiting')}</p>
      </div>
    );
  }
  if (state.kind === 'failed') {
    const sentences: Record<CallFailed['reason'], TextName> = {
      network: 'failedNetwork',
      timeout: 'failedTimeout',
      cancelled: 'failedCancelled',
    };
    return (
      <div class="callout is-error" role="alert">
        <WarningIcon />
        <p>{say(sentences[state.failure.reason])}</p>
      </div>
    );
  }
  return <Shown answer={state.answer} />;
}

function Shown({ answer }: { readonly answer: Answer }) {
  const { say } = usePage();
  const [form, setForm] = useState<'pretty' | 'raw'>('pretty');
  const pretty = useMemo(() => prettyJson(answer.bodyText), [answer.bodyText]);
  const error = answer.status >= 400 ? errorOf(answer.bodyText) : null;
  const shown = form === 'pretty' && pretty !== null ? pretty : answer.bodyText;
  const requestId = answer.headers.find(([name]) => name === 'x-request-id')?.[1];
  return (
    <div class="answer">
      <div class="answer-facts" role="status">
        <StatusBadge status={answer.status} text={answer.statusText} />
        <span class="fact">
          <span class="visually-hidden">{say('took')} </span>
          {timeText(answer.tookMs)}
        </span>
        <span class="fact">
          <span class="visually-hidden">{say('size')} </span>
          {sizeText(answer.bodyBytes)}
        </span>
        {requestId !== undefined && (
          <span class="fact request-id">
            <span>{say('requestId')}</span>
            <code>{requestId}</code>
            <CopyButton text={requestId} isBare />
          </span>
        )}
      </div>
      {error !== null && (
        <div class="callout is-error">
          <WarningIcon />
          <p>
            {error.code !== '' && <code>{error.code}</code>} {error.message}
          </p>
        </div>
      )}
      <section class="panel-section">
        <div class="section-head">
          <h3>{say('answerBody')}</h3>
          <div class="section-actions">
            {pretty !== null && (
              <fieldset class="segments is-small">
                <legend class="visually-hidden">{say('answerBody')}</legend>
                {(['pretty', 'raw'] as const).map((one) => (
                  <button key={one} type="button" aria-pressed={form === one} onClick={() => setForm(one)}>
                    {say(one)}
                  </button>
                ))}
              </fieldset>
            )}
            {answer.bodyText !== '' && <CopyButton text={shown} />}
          </div>
        </div>
        {answer.bodyText === '' ? (
          <p class="hint">{say('emptyBody')}</p>
        ) : (
          <CodeBlock
            source={shown}
            language={pretty === null ? 'text' : 'json'}
            label={say('answerBody')}
            hasLines={form === 'pretty' && pretty !== null}
          />
        )}
        {answer.isCut && <p class="hint">{say('isCut', { size: sizeText(answerBytesMax) })}</p>}
      </section>
      <section class="panel-section">
        <div class="section-head">
          <h3>{say('headers')}</h3>
          <span class="count">{answer.headers.length}</span>
          <div class="section-actions">
            <CopyButton text={answer.headers.map(([name, value]) => `${name}: ${value}`).join('\n')} />
          </div>
        </div>
        <HeaderTable headers={answer.headers} />
      </section>
    </div>
  );
}

/** The status in the colour of its class. */
export function StatusBadge({ status, text }: { readonly status: number; readonly text: string }) {
  return (
    <span class={`status status-${Math.floor(status / 100)}`}>
      <span class="state-dot" aria-hidden="true" />
      {`${status}${text === '' ? '' : ` ${text}`}`}
    </span>
  );
}

function prettyJson(text: string): string | null {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return null;
  try {
    const value: unknown = JSON.parse(trimmed);
    const pretty = JSON.stringify(value, null, 2);
    // A number that does not survive the parser would be shown as another one: then the text stays as it came.
    return pretty.replace(/\s/g, '') === trimmed.replace(/\s/g, '') ? pretty : null;
  } catch {
    return null; // no JSON: shown as text
  }
}

/** Code and sentence of an error, wherever the answer keeps them. */
function errorOf(text: string): { readonly code: string; readonly message: string } | null {
  try {
    const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const keystone = body.error as Readonly<Record<string, unknown>> | undefined;
    const message = body.externalMessage ?? body.error_msg ?? body.message ?? keystone?.message;
    const code = body.errCode ?? body.error_code ?? body.code ?? '';
    return typeof message === 'string' ? { code: String(code), message } : null;
  } catch {
    return null; // the body below says what there is to say
  }
}

function timeText(ms: number): string {
  return ms < 1_000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < 1_024 ** 2 ? `${(bytes / 1_024).toFixed(1)} KB` : `${(bytes / 1_024 ** 2).toFixed(1)} MB`;
}
