import { useEffect, useState } from 'preact/hooks';
import { CheckIcon, CopyIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** How long the button says that it worked, in milliseconds. */
const saidMs = 1_600;

/** Copies a text and says so, to the eye and to a screen reader. */
export function CopyButton({
  text,
  label,
  isBare = false,
}: {
  readonly text: string;
  readonly label?: string;
  readonly isBare?: boolean;
}) {
  const { say } = usePage();
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), saidMs);
    return () => clearTimeout(timer);
  }, [state]);
  const shown = { idle: label ?? say('copy'), copied: say('copied'), failed: say('copyFailed') }[state];
  return (
    <button
      type="button"
      class={`quiet-button ${isBare ? 'icon-only' : ''} ${state === 'copied' ? 'is-done' : ''}`}
      aria-label={isBare ? shown : undefined}
      title={isBare ? shown : undefined}
      onClick={async () => setState((await copied(text)) ? 'copied' : 'failed')}
    >
      {state === 'copied' ? <CheckIcon /> : <CopyIcon />}
      {isBare ? null : <span>{shown}</span>}
      <span class="visually-hidden" role="status">
        {state === 'idle' ? '' : shown}
      </span>
    </button>
  );
}

/** The clipboard belongs to secure pages only; elsewhere a selected text is copied the old way. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'visually-hidden';
    area.readOnly = true;
    const holder = document.querySelector('dialog[open]') ?? document.body;
    const before = document.activeElement;
    holder.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    if (before instanceof HTMLElement) before.focus();
    return isCopied;
  }
}
