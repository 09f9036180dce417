import type { SampleLanguage } from '@sluice/contract/samples/languages';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { bodyExample } from '../model/body-example.ts';
import type { ApiDescription, Language, OperationEntry } from '../model/operation-entry.ts';
import { type Draft, type PreparedRequest, prepareRequest } from '../model/request-draft.ts';
import type { SampleInput } from '../model/sample-source.ts';
import { CallFailed, type SentCall, sendCall } from '../model/send-call.ts';
import { regionOf, type SignOn } from '../model/signed-on.ts';
import { AnswerPanel, type CallState, StatusBadge } from './answer-panel.tsx';
import { OperationForm } from './operation-form.tsx';
import { OperationList } from './operation-list.tsx';
import { usePage } from './page-context.ts';
import { RequestPanel } from './request-panel.tsx';
import { SamplesPanel } from './samples-panel.tsx';
import { TabPanel, Tabs } from './tabs.tsx';

type PanelTab = 'answer' | 'request' | 'code';

/** Typed values by parameter name. Those of the path are shared by all operations: a cluster is typed in once. */
type Values = Readonly<Record<string, string>>;

const idle: CallState = { kind: 'idle' };

/** List, form and panels of the operation that the address names. */
export function Explorer({
  apis,
  signOn,
  isMenuOpen,
  onSignOn,
  onMenuClose,
}: {
  readonly apis: readonly ApiDescription[];
  readonly signOn: SignOn | null;
  readonly isMenuOpen: boolean;
  readonly onSignOn: () => void;
  readonly onMenuClose: () => void;
}) {
  const { language, base, say } = usePage();
  const [query, setQuery] = useState('');
  const [shared, setShared] = useState<Values>({});
  const [own, setOwn] = useState<Readonly<Record<string, Values>>>({});
  const [bodies, setBodies] = useState<Values>({});
  const [calls, setCalls] = useState<Readonly<Record<string, CallState>>>({});
  const [tab, setTab] = useState<PanelTab>('code');
  const [sampleLanguage, setSampleLanguage] = useState<SampleLanguage>('python');
  const abort = useRef<AbortController | null>(null);
  const { api, entry } = useSelected(apis);
  useEffect(() => {
    const first = signOn?.projects[0];
    if (first !== undefined) setShared((before) => ({ ...before, project_id: first.id }));
  }, [signOn]);
  useEffect(() => onMenuClose(), [entry.id]);

  const draft = useMemo<Draft>(() => {
    const values = { ...shared, ...own[entry.id] };
    const bodyText = bodies[entry.id] ?? (entry.body === null ? '' : bodyExample(entry.body, api.schemas));
    return { values, bodyText };
  }, [shared, own, bodies, entry, api]);
  const prepared = useMemo(() => prepareRequest(entry, draft, api, base), [entry, draft, api, base]);
  const sample = useSampleInput(entry, draft, prepared, signOn);
  const state = calls[entry.id] ?? idle;
  const isSending = state.kind === 'sending' || (state.kind === 'answered' && !state.isComplete);

  const onValue = (name: string, value: string) => {
    const isPath = entry.parameters.some((parameter) => parameter.name === name && parameter.in === 'path');
    if (isPath) setShared((before) => ({ ...before, [name]: value }));
    else setOwn((before) => ({ ...before, [entry.id]: { ...before[entry.id], [name]: value } }));
  };
  const onReset = () => {
    setOwn(({ [entry.id]: _, ...others }) => others);
    setBodies(({ [entry.id]: _, ...others }) => others);
    setShared(({ project_id }) => (project_id === undefined ? {} : { project_id }));
    setCalls(({ [entry.id]: _, ...others }) => others);
  };
  const onSend = async () => {
    if (signOn === null) return onSignOn();
    if (isSending || prepared.findings.some(({ kind }) => kind === 'error')) return;
    const to = entry.id;
    const set = (next: CallState) => setCalls((before) => ({ ...before, [to]: next }));
    const controller = new AbortController();
    abort.current = controller;
    set({ kind: 'sending' });
    setTab('answer');
    try {
      const answer = await sendCall(base, withLanguage(prepared, language), {
        signOn,
        projectId: draft.values.project_id ?? '',
        signal: controller.signal,
        onProgress: (part) => set({ kind: 'answered', answer: part, isComplete: false }),
      });
      set({ kind: 'answered', answer, isComplete: true });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      set({ kind: 'failed', failure: error });
    }
  };
  useSendKey(onSend);

  return (
    <div class="columns">
      <div class={`column-list ${isMenuOpen ? 'is-open' : ''}`}>
        <OperationList
          apis={apis}
          selected={entry.id}
          query={query}
          onQuery={setQuery}
          onClose={onMenuClose}
        />
      </div>
      {isMenuOpen && <div class="scrim" aria-hidden="true" onClick={onMenuClose} />}
      <main class="column-form" id="operation" aria-labelledby="operation-title">
        <OperationForm
          key={entry.id}
          entry={entry}
          api={api}
          draft={draft}
          findings={shownFindings(prepared, signOn)}
          signOn={signOn}
          isSending={isSending}
          onValue={onValue}
          onBody={(text) => setBodies((before) => ({ ...before, [entry.id]: text }))}
          onSend={() => void onSend()}
          onStop={() => abort.current?.abort()}
          onReset={onReset}
          onSignOn={onSignOn}
        />
      </main>
      <aside class="column-panel">
        <Tabs<PanelTab>
          name="panel"
          label={say('answers')}
          tabs={[
            { id: 'code', label: say('tabCode') },
            { id: 'request', label: say('tabRequest') },
            { id: 'answer', label: <AnswerTab state={state} /> },
          ]}
          selected={tab}
          onSelect={setTab}
        />
        <TabPanel name="panel" selected={tab}>
          {tab === 'answer' && <AnswerPanel state={state} />}
          {tab === 'request' && (
            <RequestPanel sent={sentOf(state)} draft={withLanguage(prepared, language)} />
          )}
          {tab === 'code' && (
            <SamplesPanel
              input={sample}
              isBodyReadable={!prepared.findings.some(({ reason }) => reason === 'json')}
              chosen={sampleLanguage}
              onChoose={setSampleLanguage}
            />
          )}
        </TabPanel>
      </aside>
    </div>
  );
}

function AnswerTab({ state }: { readonly state: CallState }) {
  const { say } = usePage();
  return (
    <>
      {say('tabAnswer')}
      {state.kind === 'answered' && <StatusBadge status={state.answer.status} text="" />}
    </>
  );
}

/** The operation that stands behind the hash of the address; the first one when it names none. */
function useSelected(apis: readonly ApiDescription[]): { api: ApiDescription; entry: OperationEntry } {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = () => setHash(location.hash);
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  const id = hash.replace(/^#\/?/, '');
  for (const api of apis) {
    const entry = api.operations.find((operation) => operation.id === id);
    if (entry !== undefined) return { api, entry };
  }
  const api = apis[0];
  const entry = api?.operations[0];
  if (api === undefined || entry === undefined) throw new Error('a description without operations');
  return { api, entry };
}

/** Ctrl or Cmd with Enter sends, from wherever one is. */
function useSendKey(send: () => unknown): void {
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      void latest.current();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function useSampleInput(
  entry: OperationEntry,
  draft: Draft,
  prepared: PreparedRequest,
  signOn: SignOn | null,
): SampleInput {
  const { base } = usePage();
  return useMemo(() => {
    const project = signOn?.projects.find(({ id }) => id === draft.values.project_id) ?? signOn?.projects[0];
    return {
      entry,
      base,
      values: draft.values,
      body: prepared.body,
      region: project === undefined ? null : regionOf(project),
      signOn: signOn?.kind === 'token' ? 'token' : 'keys',
    };
  }, [entry, base, draft, prepared, signOn]);
}

/** The server's sentences come in the page's language, unless the form says which. */
function withLanguage({ request }: PreparedRequest, language: Language): PreparedRequest['request'] {
  const isSaid = request.headers.some(([name]) => name.toLowerCase() === 'x-language');
  if (language === 'en' || isSaid) return request;
  return { ...request, headers: [...request.headers, ['X-Language', 'zh-cn']] };
}

function sentOf(state: CallState): SentCall | null {
  if (state.kind === 'answered') return state.answer;
  return state.kind === 'failed' ? state.failure.call : null;
}

/** Nobody is told that fields are empty before there is a way to send them. */
function shownFindings({ findings }: PreparedRequest, signOn: SignOn | null): PreparedRequest['findings'] {
  return signOn === null ? findings.filter(({ reason }) => reason !== 'missing') : findings;
}
