import type { Language } from '../model/operation-entry.ts';
import type { SignOn } from '../model/signed-on.ts';
import type { Theme } from '../preferences.ts';
import { KeyIcon, LogoMark, MenuIcon, MoonIcon, SunIcon, SystemIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

const themes: readonly Theme[] = ['system', 'light', 'dark'];

export function TopBar({
  version,
  signOn,
  theme,
  onLanguage,
  onTheme,
  onSignOn,
  onMenu,
}: {
  /** Of the product; empty while it is not known. */
  readonly version: string;
  readonly signOn: SignOn | null;
  readonly theme: Theme;
  readonly onLanguage: (language: Language) => void;
  readonly onTheme: (theme: Theme) => void;
  readonly onSignOn: () => void;
  readonly onMenu: () => void;
}) {
  const { say, language } = usePage();
  const themeText = {
    system: say('themeSystem'),
    light: say('themeLight'),
    dark: say('themeDark'),
  }[theme];
  const nextTheme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  return (
    <header class="top-bar">
      <button
        type="button"
        class="quiet-button icon-only menu-button"
        aria-label={say('menu')}
        onClick={onMenu}
      >
        <MenuIcon />
      </button>
      <div class="brand">
        <LogoMark />
        <span class="brand-name">Sluice</span>
        <h1 class="brand-title">{say('title')}</h1>
        {version !== '' && <span class="version">{version}</span>}
      </div>
      <div class="top-actions">
        <fieldset class="segments">
          <legend class="visually-hidden">{say('language')}</legend>
          {(['en', 'zh'] as const).map((one) => (
            <button
              key={one}
              type="button"
              lang={one === 'zh' ? 'zh-CN' : 'en'}
              aria-pressed={language === one}
              onClick={() => onLanguage(one)}
            >
              {one === 'zh' ? '中文' : 'EN'}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          class="quiet-button icon-only"
          aria-label={themeText}
          title={themeText}
          onClick={() => onTheme(nextTheme)}
        >
          {theme === 'system' ? <SystemIcon /> : theme === 'light' ? <SunIcon /> : <MoonIcon />}
        </button>
        <button
          type="button"
          class={`sign-on-button ${signOn === null ? 'is-off' : 'is-on'}`}
          aria-haspopup="dialog"
          onClick={onSignOn}
        >
          {signOn === null ? <KeyIcon /> : <span class="state-dot" aria-hidden="true" />}
          <span class="sign-on-text">{signOn === null ? say('signOn') : <SignedOn signOn={signOn} />}</span>
        </button>
      </div>
    </header>
  );
}

function SignedOn({ signOn }: { readonly signOn: SignOn }) {
  const { say } = usePage();
  return (
    <>
      <span class="visually-hidden">{say('signedOnAs', { user: '' })}</span>
      <span class="sign-on-user">{signOn.user}</span>
      <span class="sign-on-kind">{signOn.kind === 'keys' ? 'AK/SK' : 'Token'}</span>
    </>
  );
}
