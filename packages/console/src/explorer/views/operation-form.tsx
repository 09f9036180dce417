import { type ComponentChildren, Fragment } from 'preact';
import { described } from '../member-texts.ts';
import type { Finding } from '../model/body-check.ts';
import { bodyExample } from '../model/body-example.ts';
import type { ApiDescription, OperationEntry, ParameterField } from '../model/operation-entry.ts';
import type { Draft } from '../model/request-draft.ts';
import type { SignOn } from '../model/signed-on.ts';
import { suggestionNeeds, suggestionsFor } from '../model/suggestions.ts';
import { groupName, type TextName } from '../texts.ts';
import { BodyEditor } from './body-editor.tsx';
import { CopyButton } from './copy-button.tsx';
import { ChevronIcon, KeyIcon, SendIcon, StopIcon, WarningIcon } from './icons.tsx';
import { MethodBadge } from './method-badge.tsx';
import { usePage } from './page-context.ts';
import { ParameterInput } from './parameter-input.tsx';
import { SchemaOutline } from './schema-outline.tsx';

const places: readonly (readonly [ParameterField['in'], TextName])[] = [
  ['path', 'pathParameters'],
  ['query', 'queryParameters'],
  ['header', 'headerParameters'],
];

/** One operation: what it is, its form, and the button that sends it. */
export function OperationForm({
  entry,
  api,
  draft,
  findings,
  signOn,
  isSending,
  onValue,
  onBody,
  onSend,
  onStop,
  onReset,
  onSignOn,
}: {
  readonly entry: OperationEntry;
  readonly api: ApiDescription;
  readonly draft: Draft;
  readonly findings: readonly Finding[];
  readonly signOn: SignOn | null;
  readonly isSending: boolean;
  readonly onValue: (name: string, value: string) => void;
  readonly onBody: (text: string) => void;
  readonly onSend: () => void;
  readonly onStop: () => void;
  readonly onReset: () => void;
  readonly onSignOn: () => void;
}) {
  const { say, language, base } = usePage();
  const names = new Set(entry.parameters.map(({ name }) => name));
  const bodyFindings = findings.filter(
    ({ reason, at }) => isOfBody(reason) && !(names.has(at) && reason === 'missing'),
  );
  const suggestFor = (name: string) =>
    signOn === null || suggestionNeeds(name) === null
      ? null
      : () => suggestionsFor(name, { base, signOn, values: draft.values });
  return (
    <form
      class="operation"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <div class="operation-scroll">
        <header class="operation-head">
          <p class="crumbs">
            {say(entry.api === 'cdm' ? 'apiCdm' : 'apiOwn')}
            <span aria-hidden="true">/</span>
            {groupName(entry.tag, language)}
          </p>
          <h2 id="operation-title" tabIndex={-1}>
            {entry.id}
          </h2>
          <p class="operation-summary">{entry.summary[language]}</p>
          <div class="operation-path">
            <MethodBadge method={entry.method} />
            <Path path={entry.path} values={draft.values} />
            <CopyButton text={entry.path} isBare label={say('copyPath')} />
          </div>
          {(entry.isAsync || entry.requestsPerMinute !== null) && (
            <ul class="chips">
              {entry.isAsync && (
                <li class="chip is-accent" title={say('asyncHelp')}>
                  {say('async')}
                </li>
              )}
              {entry.requestsPerMinute !== null && (
                <li class="chip" title={say('rateHelp')}>
                  {say('rate', { count: entry.requestsPerMinute })}
                </li>
              )}
            </ul>
          )}
        </header>
        {signOn === null && (
          <div class="callout is-quiet">
            <KeyIcon />
            <p>{say('signOnFirst')}</p>
            <button type="button" class="button is-small" onClick={onSignOn}>
              {say('signOn')}
            </button>
          </div>
        )}
        {entry.parameters.length === 0 && <p class="hint">{say('noParameters')}</p>}
        {places.map(([place, title]) => {
          const shown = entry.parameters.filter((parameter) => parameter.in === place);
          return shown.length === 0 ? null : (
            <fieldset key={place} class="form-section">
              <legend>{say(title)}</legend>
              {shown.map((parameter) => (
                <ParameterInput
                  key={`${entry.id} ${parameter.name}`}
                  parameter={parameter}
                  value={draft.values[parameter.name] ?? ''}
                  findings={findings.filter(
                    ({ at, reason }) => at === parameter.name && !reason.startsWith('member'),
                  )}
                  onValue={(value) => onValue(parameter.name, value)}
                  suggest={suggestFor(parameter.name)}
                />
              ))}
            </fieldset>
          );
        })}
        {entry.body !== null && (
          <>
            <BodyEditor
              field={entry.body}
              example={bodyExample(entry.body, api.schemas)}
              text={draft.bodyText}
              findings={bodyFindings}
              onText={onBody}
            />
            <Disclosure key={`${entry.id} members`} title={say('members')}>
              <SchemaOutline schema={entry.body.schema} schemas={api.schemas} />
            </Disclosure>
          </>
        )}
        <Answers key={entry.id} entry={entry} api={api} />
      </div>
      <SendBar
        entry={entry}
        isBlocked={findings.some(({ kind }) => kind === 'error')}
        isSending={isSending}
        isSignedOn={signOn !== null}
        onStop={onStop}
        onReset={onReset}
      />
    </form>
  );
}

function isOfBody(reason: Finding['reason']): boolean {
  return reason === 'json' || reason === 'body-missing' || reason.startsWith('member');
}

/** The path with its parameters: those that are filled in show their value. */
function Path({
  path,
  values,
}: {
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
}) {
  return (
    <code class="path">
      {path.split(/(\{\w+\})/).map((part, index) => {
        const name = /^\{(\w+)\}$/.exec(part)?.[1];
        if (name === undefined) return <Breakable key={`${index} ${part}`} path={part} />;
        const value = values[name] ?? '';
        return (
          <span key={name} class={value === '' ? 'path-open' : 'path-filled'} title={name}>
            {value === '' ? part : value}
          </span>
        );
      })}
    </code>
  );
}

/** A long path is broken behind its slashes. */
function Breakable({ path }: { readonly path: string }) {
  return (
    <>
      {path.split(/(?<=\/)/).map((part, index) => (
        <Fragment key={`${index} ${part}`}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </>
  );
}

function Answers({ entry, api }: { readonly entry: OperationEntry; readonly api: ApiDescription }) {
  const { say, language } = usePage();
  const success = entry.answers.find(({ status }) => status.startsWith('2'));
  return (
    <Disclosure title={say('answers')} aside={entry.answers.map(({ status }) => status).join(' · ')}>
      <ul class="answer-list">
        {entry.answers.map(({ status, description }) => (
          <li key={status}>
            <span class={`status status-${status.charAt(0)}`}>
              <span class="state-dot" aria-hidden="true" />
              {status}
            </span>
            <span>{described(description, language)}</span>
          </li>
        ))}
      </ul>
      {success?.schema != null && (
        <>
          <h4 class="outline-title">{say('answerMembers')}</h4>
          <SchemaOutline schema={success.schema} schemas={api.schemas} />
        </>
      )}
    </Disclosure>
  );
}

function Disclosure({
  title,
  aside = '',
  children,
}: {
  readonly title: string;
  readonly aside?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <details class="disclosure">
      <summary>
        <ChevronIcon />
        <span>{title}</span>
        <span class="disclosure-aside">{aside}</span>
      </summary>
      <div class="disclosure-content">{children}</div>
    </details>
  );
}

function SendBar({
  entry,
  isBlocked,
  isSending,
  isSignedOn,
  onStop,
  onReset,
}: {
  readonly entry: OperationEntry;
  readonly isBlocked: boolean;
  readonly isSending: boolean;
  readonly isSignedOn: boolean;
  readonly onStop: () => void;
  readonly onReset: () => void;
}) {
  const { say } = usePage();
  const isDeleting = entry.method === 'DELETE';
  // Writing samples reads nothing and changes nothing.
  const isChanging = entry.method !== 'GET' && entry.id !== 'BuildSamples';
  const note = isBlocked
    ? say('fixFirst')
    : isDeleting
      ? say('deletesThings')
      : isChanging
        ? say('changesThings')
        : '';
  return (
    <div class="send-bar">
      {isSending ? (
        <button type="button" class="button is-primary" onClick={onStop}>
          <StopIcon />
          {say('stop')}
        </button>
      ) : (
        <button
          type="submit"
          class={`button is-primary ${isDeleting ? 'is-danger' : ''}`}
          disabled={isBlocked}
        >
          <SendIcon />
          {say('send')}
        </button>
      )}
      <button type="button" class="button" onClick={onReset}>
        {say('reset')}
      </button>
      <p class={`send-note ${isDeleting && isSignedOn ? 'is-danger' : ''}`} aria-live="polite">
        {note !== '' && <WarningIcon />}
        {note}
      </p>
      {note === '' && <kbd class="send-keys">Ctrl ⏎</kbd>}
    </div>
  );
}
