import type { OpenApiDocument } from '@sluice/contract/openapi';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type ApiDescription, type ApiId, type Language, readDescription } from '../model/operation-entry.ts';
import type { SignOn } from '../model/signed-on.ts';
import { firstLanguage, firstTheme, keepLanguage, keepTheme, type Theme } from '../preferences.ts';
import { sayIn } from '../texts.ts';
import { Explorer } from './explorer.tsx';
import { Page } from './page-context.ts';
import { SignOnDialog } from './sign-on-dialog.tsx';
import { TopBar } from './top-bar.tsx';

const documents: readonly (readonly [ApiId, string])[] = [
  ['cdm', '/openapi.json'],
  ['own', '/api/v1/openapi.json'],
];

/** A description must be here within this time. */
const loadLimitMs = 30_000;

type Loaded = readonly ApiDescription[] | 'loading' | 'failed';

/** The whole page. @param base where the server is reached, without a slash at the end. */
export function App({ base }: { readonly base: string }) {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [theme, setTheme] = useState<Theme>(firstTheme);
  const [apis, setApis] = useState<Loaded>('loading');
  const [signOn, setSignOn] = useState<SignOn | null>(null);
  const [isSigningOn, setSigningOn] = useState(false);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const say = useMemo(() => sayIn(language), [language]);
  const page = useMemo(() => ({ language, say, base }), [language, say, base]);
  const load = () => {
    setApis('loading');
    loadDescriptions(base).then(setApis, () => setApis('failed'));
  };
  useEffect(load, [base]);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = say('pageTitle');
  }, [language, say]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <Page.Provider value={page}>
      <button type="button" class="skip-link" onClick={toContent}>
        {say('skipToContent')}
      </button>
      <TopBar
        version={typeof apis === 'string' ? '' : (apis[0]?.version ?? '')}
        signOn={signOn}
        theme={theme}
        onLanguage={(next) => {
          setLanguage(next);
          keepLanguage(next);
        }}
        onTheme={(next) => {
          setTheme(next);
          keepTheme(next);
        }}
        onSignOn={() => setSigningOn(true)}
        onMenu={() => setMenuOpen(!isMenuOpen)}
      />
      {typeof apis === 'string' ? (
        <main class="empty whole-page" aria-busy={apis === 'loading'}>
          {apis === 'loading' ? (
            <>
              <span class="spinner" aria-hidden="true" />
              <p role="status">{say('loading')}</p>
            </>
          ) : (
            <>
              <div role="alert">
                <h2>{say('loadFailed')}</h2>
              </div>
              <button type="button" class="button is-primary" onClick={load}>
                {say('tryAgain')}
              </button>
            </>
          )}
        </main>
      ) : (
        <Explorer
          apis={apis}
          signOn={signOn}
          isMenuOpen={isMenuOpen}
          onSignOn={() => setSigningOn(true)}
          onMenuClose={() => setMenuOpen(false)}
        />
      )}
      {isSigningOn && (
        <SignOnDialog signOn={signOn} onSignOn={setSignOn} onClose={() => setSigningOn(false)} />
      )}
    </Page.Provider>
  );
}

/** No link: the hash of the address names the operation. */
function toContent(): void {
  document.getElementById('operation-title')?.focus();
}

async function loadDescriptions(base: string): Promise<ApiDescription[]> {
  return Promise.all(
    documents.map(async ([api, path]) => {
      const response = await fetch(`${base}${path}`, {
        credentials: 'omit',
        signal: AbortSignal.timeout(loadLimitMs),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return readDescription(api, (await response.json()) as OpenApiDocument);
    }),
  );
}
