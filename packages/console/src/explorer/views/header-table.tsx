import { useState } from 'preact/hooks';
import { EyeIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** Headers whose values open a door. They are there, and shown when asked for. */
const secretHeaders = new Set(['x-auth-token', 'x-subject-token', 'x-security-token']);

export function HeaderTable({
  headers,
}: {
  readonly headers: readonly (readonly [name: string, value: string])[];
}) {
  return (
    <dl class="headers">
      {headers.map(([name, value]) => (
        <div key={name} class="header-row">
          <dt>{name}</dt>
          <dd>{secretHeaders.has(name.toLowerCase()) ? <SecretValue value={value} /> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function SecretValue({ value }: { readonly value: string }) {
  const { say } = usePage();
  const [isShown, setShown] = useState(false);
  return (
    <span class="secret-value">
      <span>{isShown ? value : '••••••••••••'}</span>
      <button
        type="button"
        class="quiet-button icon-only"
        aria-pressed={isShown}
        aria-label={say(isShown ? 'hideSecret' : 'showSecret')}
        title={say(isShown ? 'hide' : 'show')}
        onClick={() => setShown(!isShown)}
      >
        <EyeIcon />
      </button>
    </span>
  );
}
