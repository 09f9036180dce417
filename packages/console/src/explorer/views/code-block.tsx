import { useMemo } from 'preact/hooks';
import { highlighted } from '../model/highlight.ts';

/** Longest text that is coloured, in characters; a longer one is shown plain, at once. */
const colouredMax = 300_000;

/** Source with colours. Texts only ever become text nodes, whatever they hold. */
export function CodeBlock({
  source,
  language,
  label,
  hasLines = false,
}: {
  readonly source: string;
  readonly language: string;
  readonly label: string;
  readonly hasLines?: boolean;
}) {
  const lines = hasLines ? source.replace(/\n$/, '').split('\n').length : 0;
  return (
    // A long line is scrolled to, so the block must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region needs focus
    <section class="code-block" aria-label={label} tabIndex={0}>
      {hasLines && (
        <pre class="code-lines" aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => index + 1).join('\n')}
        </pre>
      )}
      <pre class="code-text">
        <code>
          <Coloured source={source} language={language} />
        </code>
      </pre>
    </section>
  );
}

/** The coloured pieces alone. */
export function Coloured({ source, language }: { readonly source: string; readonly language: string }) {
  const tokens = useMemo(
    () => (source.length > colouredMax ? [{ kind: 'plain', text: source }] : highlighted(source, language)),
    [source, language],
  );
  return (
    <>
      {tokens.map(({ kind, text }) =>
        kind === 'plain' ? text : <span class={`token-${kind}`}>{text}</span>,
      )}
    </>
  );
}
