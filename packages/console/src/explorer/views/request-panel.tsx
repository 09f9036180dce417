import type { PlainRequest } from '../model/request-draft.ts';
import type { SentCall } from '../model/send-call.ts';
import { CodeBlock } from './code-block.tsx';
import { CopyButton } from './copy-button.tsx';
import { HeaderTable } from './header-table.tsx';
import { MethodBadge } from './method-badge.tsx';
import { usePage } from './page-context.ts';

/** The request: as it was sent, or as it would be. */
export function RequestPanel({
  sent,
  draft,
}: {
  readonly sent: SentCall | null;
  readonly draft: PlainRequest;
}) {
  const { say, base } = usePage();
  const request = sent?.request ?? draft;
  const headers = sent?.sentHeaders ?? [['Host', new URL(base).host] as const, ...draft.headers];
  return (
    <div class="request">
      <p class="panel-lead">
        <strong>{say(sent === null ? 'noRequestYet' : 'requestSent')}</strong>{' '}
        {sent !== null && say('browserAdds')}
      </p>
      <div class="request-line">
        <MethodBadge method={request.method} />
        <code>{request.target}</code>
        <CopyButton text={request.target} isBare label={say('copyPath')} />
      </div>
      <section class="panel-section">
        <div class="section-head">
          <h3>{say('requestHeaders')}</h3>
          <span class="count">{headers.length}</span>
        </div>
        <HeaderTable headers={headers} />
      </section>
      {request.body !== null && (
        <section class="panel-section">
          <div class="section-head">
            <h3>{say('body')}</h3>
            <div class="section-actions">
              <CopyButton text={request.body} />
            </div>
          </div>
          <CodeBlock source={request.body} language="json" label={say('body')} hasLines />
        </section>
      )}
      {sent?.signed != null && (
        <>
          <SignedText title={say('canonicalRequest')} text={sent.signed.canonicalRequest} />
          <SignedText title={say('stringToSign')} text={sent.signed.stringToSign} />
        </>
      )}
    </div>
  );
}

function SignedText({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <section class="panel-section">
      <div class="section-head">
        <h3>{title}</h3>
        <div class="section-actions">
          <CopyButton text={text} />
        </div>
      </div>
      <CodeBlock source={text} language="text" label={title} />
    </section>
  );
}
