import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { SignOnRefused, signOnWithKeys, signOnWithPassword, signOnWithToken } from '../model/sign-on.ts';
import type { SignOn } from '../model/signed-on.ts';
import { CloseIcon, WarningIcon } from './icons.tsx';
import { usePage } from './page-context.ts';
import { TabPanel, Tabs } from './tabs.tsx';

type Way = 'password' | 'token' | 'keys';

/** What is typed here is forgotten as soon as it has been used. */
const nothingTyped: Readonly<Record<string, string>> = {
  account: '',
  user: '',
  password: '',
  project: '',
  token: '',
  accessKey: '',
  secretKey: '',
  securityToken: '',
};

/** How somebody proves who they are: by password, by a token that they have, or by AK and SK. */
export function SignOnDialog({
  signOn,
  onSignOn,
  onClose,
}: {
  readonly signOn: SignOn | null;
  readonly onSignOn: (signOn: SignOn | null) => void;
  readonly onClose: () => void;
}) {
  const { say } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard closes a dialog with Escape
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-sheet">
        <div class="dialog-head">
          <h2 id={id}>{say('signOnTitle')}</h2>
          <button
            type="button"
            class="quiet-button icon-only"
            aria-label={say('close')}
            onClick={() => dialog.current?.close()}
          >
            <CloseIcon />
          </button>
        </div>
        <p class="dialog-lead">{say('signOnLead')}</p>
        {signOn === null ? (
          <Ways onSignOn={onSignOn} onDone={() => dialog.current?.close()} />
        ) : (
          <Present
            signOn={signOn}
            onSignOff={() => {
              onSignOn(null);
            }}
          />
        )}
      </div>
    </dialog>
  );
}

function Present({ signOn, onSignOff }: { readonly signOn: SignOn; readonly onSignOff: () => void }) {
  const { say, language } = usePage();
  const until =
    signOn.expiresAt === null
      ? null
      : new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
          dateStyle: 'medium',
          timeStyle: 'short',
        }).format(signOn.expiresAt);
  const kind =
    signOn.kind === 'keys'
      ? say('signedByKeys')
      : until === null
        ? say('tokenNoEnd')
        : say('tokenUntil', { time: until });
  return (
    <div class="signed-on">
      <p class="signed-on-user">
        <span class="state-dot" aria-hidden="true" />
        {say('signedOnAs', { user: signOn.user })}
      </p>
      <p class="hint">{kind}</p>
      <ul class="projects">
        {signOn.projects.map(({ id, name }) => (
          <li key={id}>
            <span>{name}</span>
            <code>{id}</code>
          </li>
        ))}
      </ul>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onSignOff}>
          {say('signOff')}
        </button>
      </div>
    </div>
  );
}

function Ways({
  onSignOn,
  onDone,
}: {
  readonly onSignOn: (signOn: SignOn) => void;
  readonly onDone: () => void;
}) {
  const { say, base } = usePage();
  const [way, setWay] = useState<Way>('password');
  const [typed, setTyped] = useState(nothingTyped);
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly problem: readonly string[] }>({
    isBusy: false,
    problem: [],
  });
  const textOf = (name: string) => typed[name] ?? '';
  const line = (
    name: string,
    label: string,
    more: Omit<LineProps, 'name' | 'label' | 'value' | 'onValue'> = {},
  ) => (
    <Line
      key={name}
      name={name}
      label={label}
      value={textOf(name)}
      onValue={(value) => setTyped((before) => ({ ...before, [name]: value }))}
      {...more}
    />
  );
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setState({ isBusy: true, problem: [] });
    try {
      const signOn =
        way === 'password'
          ? await signOnWithPassword(base, {
              account: textOf('account').trim(),
              user: textOf('user').trim(),
              password: textOf('password'),
              project: textOf('project').trim(),
            })
          : way === 'token'
            ? await signOnWithToken(base, textOf('token').trim())
            : await signOnWithKeys(
                base,
                textOf('accessKey').trim(),
                textOf('secretKey').trim(),
                textOf('securityToken').trim(),
              );
      setTyped(nothingTyped);
      onSignOn(signOn);
      onDone();
    } catch (error) {
      const problem =
        error instanceof SignOnRefused
          ? [
              error.status === 401 ? say('refused401') : say('refusedOther', { status: error.status }),
              error.message,
            ]
          : [say('noAnswer')];
      setState({ isBusy: false, problem });
    }
  };
  return (
    <form onSubmit={submit} autocomplete="off">
      <Tabs
        name="sign-on"
        label={say('signOnTitle')}
        look="pill"
        tabs={[
          { id: 'password', label: say('byPassword') },
          { id: 'token', label: say('byToken') },
          { id: 'keys', label: say('byKeys') },
        ]}
        selected={way}
        onSelect={(next) => {
          setWay(next);
          setState({ isBusy: false, problem: [] });
        }}
      />
      <TabPanel name="sign-on" selected={way}>
        {way === 'password' && [
          line('account', say('account'), { isRequired: true, help: say('accountHelp') }),
          line('user', say('user'), { isRequired: true }),
          line('password', say('password'), { isRequired: true, isSecret: true }),
          line('project', say('project'), { help: say('projectHelp') }),
        ]}
        {way === 'token' &&
          line('token', say('token'), { isRequired: true, isSecret: true, help: say('tokenHelp') })}
        {way === 'keys' && [
          line('accessKey', say('accessKey'), { isRequired: true }),
          line('secretKey', say('secretKey'), {
            isRequired: true,
            isSecret: true,
            help: say('secretKeyHelp'),
          }),
          line('securityToken', say('securityToken'), { isSecret: true, help: say('securityTokenHelp') }),
        ]}
      </TabPanel>
      {state.problem.length > 0 && (
        <div class="callout is-error" role="alert">
          <WarningIcon />
          <div>
            {state.problem.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
          </div>
        </div>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onDone}>
          {say('cancel')}
        </button>
        <button type="submit" class="button is-primary" disabled={state.isBusy}>
          {say(state.isBusy ? 'signingOn' : 'signOn')}
        </button>
      </div>
    </form>
  );
}

interface LineProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly help?: ComponentChildren;
  readonly isRequired?: boolean;
  readonly isSecret?: boolean;
}

function Line({ name, label, value, onValue, help, isRequired = false, isSecret = false }: LineProps) {
  const { say } = usePage();
  const id = useId();
  const shared = {
    id,
    name: `sluice-${name}`,
    value,
    required: isRequired,
    'aria-describedby': help === undefined ? undefined : `${id}-help`,
    spellcheck: false,
    autocapitalize: 'off',
    // Password managers keep what they see: these belong to a server, not to this page.
    autocomplete: isSecret ? 'new-password' : 'off',
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
  } as const;
  return (
    <div class="field">
      <div class="field-head">
        <label htmlFor={id}>{label}</label>
        {!isRequired && <span class="hint">{say('optional')}</span>}
      </div>
      {isSecret ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
      {help !== undefined && (
        <p class="field-about" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
